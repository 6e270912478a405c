/** What the walker keeps of a leaf beside its permissions: fields that no single row has under every setting. */
import { expect, test } from 'vitest';
import type { Stage2Settings } from '../../../src/arm64/descriptors/stage2.ts';
import { stage2Tables } from '../../../src/arm64/walk/tables.ts';

const fieldsOf = (word: bigint, settings: Partial<Stage2Settings>) => {
  const regime = stage2Tables({ settings, startLevel: 1, indexBits: 9, base: 0n });
  return regime.describe(regime.read(word, 0), 0, 0).fields;
};
const PAGE = 0x7ffn; // valid, AF, Inner Shareable, read/write, MemAttr 0b1111

test.each([
  [55n, 1],
  [56n, 2],
  [57n, 4],
  [58n, 8],
])('software’s bit %i counts in `sw`', (bit, sw) => {
  expect(fieldsOf(PAGE | (1n << bit), {})).toMatchObject({ sw });
});

test('in Realm state bit 55 is NS, with AssuredOnly bit 58 is no longer software’s: neither counts in `sw`', () => {
  const all = PAGE | (15n << 55n);
  expect(fieldsOf(all, {})).toMatchObject({ sw: 15 });
  expect(fieldsOf(all, { ss: 'realm' })).toMatchObject({ sw: 14 });
  expect(fieldsOf(all, { assuredOnly: 1 })).toMatchObject({ sw: 7 });
  expect(fieldsOf(all, { ss: 'realm', assuredOnly: 1 })).toMatchObject({ sw: 6 });
});

test.each([
  [0b00n, 1, 0],
  [0b01n, 1, 1],
  [0b11n, 1, 3],
  [0b10n, 0, 2],
  [0b01n, 0, 1],
] as const)('XN = %i with FEAT_XNX = %i is shown as [54:53] stands', (bits, xnx, xn) => {
  expect(fieldsOf(PAGE | (bits << 53n), { xnx })).toMatchObject({ xn });
});

test('every field is taken from its own bits', () => {
  const bare = 0x403n; // AF
  expect(fieldsOf(bare, {})).toMatchObject({ memattr: 0, s2ap: 0, sh: 0, af: 1, dbm: 0, contig: 0, sw: 0 });
  for (const [bit, field, value] of [
    [2n, 'memattr', 1],
    [5n, 'memattr', 8],
    [6n, 's2ap', 1],
    [7n, 's2ap', 2],
    [8n, 'sh', 1],
    [9n, 'sh', 2],
    [51n, 'dbm', 1],
    [52n, 'contig', 1],
  ] as const)
    expect(fieldsOf(bare | (1n << bit), {})[field], `bit ${bit}`).toBe(value);
});
