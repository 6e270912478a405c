/** Names of memory types. */
import { expect, test } from 'vitest';
import { parseType } from '../../../src/x86/memtype/index.ts';

test('types as people write them', () => {
  expect(
    ['WB', 'write-back', 'Write Combining', 'uncached-minus', 'uncachable', '0x6', '7', 'wp'].map(parseType),
  ).toEqual(['WB', 'WB', 'WC', 'UC-', 'UC', 'WB', 'UC-', 'WP']);
  expect(['', '2', '0x3', 'device', 'wb+ipat'].map(parseType)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
