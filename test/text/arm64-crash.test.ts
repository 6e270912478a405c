/** crash on arm64: how large its tables are, from where the entries stand. */
import { expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';

const WALK = `PAGE DIRECTORY: ffff8281e7cc0000
   PGD: ffff8281e7cc0000 => 482dd030003
   PMD: ffff8482dd030000 => 482c8b10003
   PTE: ffff8482c8b18b00 => e80402d5a30f53
  PAGE: 402d5a30000
`;
const entries = (text: string): string[] =>
  readText(text)
    .items.filter(({ is }) => is === 'entry')
    .map(brief);

test('64K: no smaller table has this place', () =>
  expect(entries(WALK)).toEqual([
    'PGD/1, 482dd030003, at va:ffff8281e7cc0000, arm64.stage1 64K',
    'PMD/2, 482c8b10003, at va:ffff8482dd030000, arm64.stage1 64K',
    'PTE/3, e80402d5a30f53, at va:ffff8482c8b18b00, to 402d5a30000, arm64.stage1 64K',
  ]));

test('with the command: the index agrees too', () =>
  expect(entries(`crash> vtop 11600010\n${WALK}`).at(-1)).toBe(
    'PTE/3, e80402d5a30f53, at va:ffff8482c8b18b00, of 11600010, to 402d5a30000, arm64.stage1 64K',
  ));

test('a place that any table has says nothing', () =>
  expect(entries(WALK.replace('18b00', '10b00')).at(-1)).toBe(
    'PTE/3, e80402d5a30f53, at va:ffff8482c8b10b00, to 402d5a30000, arm64.stage1',
  ));
