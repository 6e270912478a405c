import { describe, expect, test } from 'vitest';
import { placeEntries } from '../../src/pasted/place.ts';

interface Word {
  readonly at?: bigint;
  readonly atSpace?: 'pa' | 'va';
  readonly word: bigint;
  readonly width: 32 | 64;
}
const word = (at: bigint, value: bigint, more: Partial<Word> = {}): Word => ({
  at,
  word: value,
  width: 64,
  ...more,
});

const FOUR_LEVELS = new Map([
  ['CR0', 0x8000_0001n],
  ['CR3', 0x1000n],
  ['CR4', 0x20n],
  ['EFER', 0x500n],
]);
const none = new Map<string, bigint>();

/** Level and root of each entry, in order. */
function placesOf(entries: readonly Word[], cpus = [FOUR_LEVELS]) {
  const placed = placeEntries(entries, cpus, none);
  return entries.map(entry => {
    const place = placed.get(entry);
    return place && `${place.root} ${place.level}`;
  });
}

describe('x86: from CR3 down', () => {
  test('tables that were printed are followed, level by level', () => {
    const entries = [word(0x3000n, 0x4067n), word(0x1000n, 0x2067n), word(0x2008n, 0x3067n)];
    expect(placesOf(entries)).toEqual(['paging 2', 'paging 4', 'paging 3']);
  });

  test('a large page leads to no table', () => {
    expect(
      placesOf([word(0x1000n, 0x2067n), word(0x2000n, 0x40_0000_00e7n), word(0x40_0000_0000n, 1n)]),
    ).toEqual(['paging 4', 'paging 3', undefined]);
  });

  test('behind a table that was not printed nothing is known', () => {
    expect(placesOf([word(0x1000n, 0x2067n), word(0x3000n, 0x4067n)])).toEqual(['paging 4', undefined]);
  });

  test('a table is a page: from its first entry to its last', () => {
    const entries = [0xff8n, 0x1000n, 0x1ff8n, 0x2000n].map(at => word(at, 0n));
    expect(placesOf(entries)).toEqual([undefined, 'paging 4', 'paging 4', undefined]);
  });

  test('virtual addresses, and words of another width, are of no table', () => {
    expect(placesOf([word(0x1000n, 0n, { atSpace: 'va' }), word(0x1000n, 0n, { width: 32 })])).toEqual([
      undefined,
      undefined,
    ]);
  });

  test('a table that contains itself ends', () => {
    expect(placesOf([word(0x1000n, 0x1067n)])).toEqual(['paging 4']);
  });

  test('of two CPUs the first that reaches an entry has it', () => {
    const other = new Map([...FOUR_LEVELS, ['CR3', 0x5000n] as const]);
    const entries = [word(0x1000n, 0x2067n), word(0x5000n, 0x2067n), word(0x2000n, 0n)];
    const placed = placeEntries(entries, [other, FOUR_LEVELS], none);
    expect(entries.map(entry => placed.get(entry)?.registers.get('CR3'))).toEqual([
      0x1000n,
      0x5000n,
      0x5000n,
    ]);
  });
});

test('without registers that give a root nothing has a place', () => {
  expect(placesOf([word(0x1000n, 0x2067n)], [new Map([['MAIR_EL1', 0xffn]])])).toEqual([undefined]);
  expect(placesOf([word(0x1000n, 0x2067n)], [])).toEqual([undefined]);
});

test('arm64: both ranges of stage 1, each from its own root', () => {
  // 4K granule, 48 bits in both ranges
  const registers = new Map([
    ['TCR_EL1', (2n << 30n) | (16n << 16n) | 16n],
    ['TTBR0_EL1', 0x1000n],
    ['TTBR1_EL1', 0x2000n],
    ['SCTLR_EL1', 1n],
    ['MAIR_EL1', 0xffn],
  ]);
  const entries = [word(0x1000n, 0x3003n), word(0x2000n, 0x4003n), word(0x4ff8n, 0n)];
  expect(placesOf(entries, [registers])).toEqual(['el1.ttbr0 0', 'el1.ttbr1 0', 'el1.ttbr1 1']);
  const [low, high] = [...placeEntries(entries, [registers], none).values()].map(({ input }) => input);
  expect([low, high]).toEqual([0n, 0xffff_0000_0000_0000n]);
});
