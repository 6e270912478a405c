/** What two stages permit together, and who took what away. */
import { expect, test } from 'vitest';
import { both } from '../../src/walk/effective.ts';

const rights = (text: string) => ({ r: text[0] === 'r', w: text[1] === 'w', x: text[2] === 'x' });

test.each([
  ['rwx', 'rwx', 'rwx', []],
  ['rwx', 'r--', 'r--', ['EL1 write: stage 2', 'EL1 execute: stage 2']],
  ['--x', 'rwx', '--x', ['EL1 read: stage 1', 'EL1 write: stage 1']],
  ['rw-', '-wx', '-w-', ['EL1 read: stage 2', 'EL1 execute: stage 1']],
  ['---', 'rwx', '---', ['EL1 read: stage 1', 'EL1 write: stage 1', 'EL1 execute: stage 1']],
  ['---', '---', '---', []], // nobody took away what nobody gave
])('stage 1 %s, stage 2 %s: %s', (first, second, together, denied) => {
  expect(both({ EL1: rights(first) }, { EL1: rights(second) })).toEqual({
    rights: { EL1: rights(together) },
    denied,
  });
});

test('each side by itself; whom stage 2 does not name gets nothing', () => {
  expect(both({ EL1: rights('rwx'), EL0: rights('r--') }, { EL1: rights('r-x') })).toEqual({
    rights: { EL1: rights('r-x'), EL0: rights('---') },
    denied: ['EL1 write: stage 2', 'EL0 read: stage 2'],
  });
});
