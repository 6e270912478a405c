import { describe, expect, test } from 'vitest';
import { stage2Tables } from '../../src/arm64/walk/tables.ts';
import { records } from '../../src/walk/record.ts';
import { KIND } from '../../src/walk/regime.ts';
import { limitsOf } from '../../src/walk/result.ts';
import { summarise } from '../../src/walk/summary.ts';
import { Through } from '../../src/walk/through.ts';
import { walk } from '../../src/walk/walker.ts';
import { Memory } from '../support/memory.ts';

const PAGE = 0x4c3n | (0xfn << 2n); // AF, S2AP RW, MemAttr 0b1111, page
const regime = stage2Tables({ settings: { granule: '4K' }, startLevel: 2, indexBits: 9, base: 0x1000n });

/** Root at 0x1000, one level 3 table at 0x2000. */
const small = (entries: Readonly<Record<number, bigint>>): Memory => {
  const memory = new Memory();
  memory.write(0x1000, 0x2003n);
  memory.touch(0x2000);
  for (const [index, word] of Object.entries(entries)) memory.write(0x2000 + 8 * Number(index), word);
  return memory;
};

describe('coalescing', () => {
  test('a run needs the same attributes and neighbouring input and output', () => {
    const { leaves, counts } = walk(
      regime,
      small({
        0: 0x8000n | PAGE,
        1: 0x9000n | PAGE,
        2: 0xa000n | (PAGE & ~0x80n),
        3: 0xc000n | PAGE,
        5: 0xd000n | PAGE,
      }),
    );
    expect(counts.leaves).toBe(5);
    expect([...leaves.frames.slice(0, leaves.length)]).toEqual([2, 1, 1, 1]);
    expect([...leaves.output.slice(0, leaves.length)]).toEqual([8, 10, 12, 13]);
  });

  test('a read-only page between two others is its own range in the record', () => {
    const batch = walk(regime, small({ 7: 0x8000n | PAGE, 8: 0x9000n | (PAGE & ~0x80n) })).leaves;
    expect(
      [...records(regime, batch)].map(({ ipa, pa, perm, raw, at }) => ({ ipa, pa, perm, raw, at })),
    ).toEqual([
      { ipa: '0x7000', pa: '0x8000', perm: 'rwx', raw: '0x00000000000084ff', at: '0x2038' },
      { ipa: '0x8000', pa: '0x9000', perm: 'r-x', raw: '0x000000000000947f', at: '0x2040' },
    ]);
  });
});

test('invalid entries that hold something are counted, and listed when asked', () => {
  const memory = small({ 1: 0x400n });
  expect(walk(regime, memory).counts.payload).toBe(1);
  expect(walk(regime, memory).leaves.length).toBe(0);
  const listed = walk(regime, memory, { payload: true }).leaves;
  expect(listed.kind[0]).toBe(KIND.payload);
  expect([...records(regime, listed)][0]?.note).toContain('break-before-make');
});

test('an output address beyond the output size is a fault, not a mapping', () => {
  const narrow = stage2Tables({
    settings: { granule: '4K', oaBits: 40 },
    startLevel: 2,
    indexBits: 9,
    base: 0x1000n,
  });
  const result = walk(narrow, small({ 0: (1n << 40n) | PAGE }));
  expect(result.counts).toMatchObject({ leaves: 0, faults: 1 });
  expect(result.leaves.kind[0]).toBe(KIND.fault);
});

test('a table that the image does not hold is reported with its place, and the rest is walked', () => {
  const memory = small({ 0: 0x8000n | PAGE });
  memory.write(0x1008, 0x9_0003n);
  const result = walk(regime, memory);
  expect(result.missing).toEqual([{ address: 0x9_0000, level: 0, input: 512, frames: 512 }]);
  expect(result.counts.leaves).toBe(1);
});

describe('tables that contain themselves', () => {
  const deep = stage2Tables({
    settings: { granule: '4K', ds: 1, oaBits: 52 },
    startLevel: -1,
    indexBits: 4,
    base: 0x1000n,
  });
  const memory = new Memory();
  for (let i = 0; i < 512; i++) memory.write(0x1000 + 8 * i, 0x1000n | PAGE);

  test('an enumeration ends at its limit and says so', () => {
    const result = walk(deep, memory, { maxTables: 1000, maxRanges: 2 ** 24 });
    expect(result.stopped).toMatch(/stopped after 1000 tables/);
  });

  test('where nobody says how far, the size of the image does', () => {
    const { maxRanges, maxTables } = limitsOf(memory);
    expect({ maxRanges, maxTables }).toEqual({ maxRanges: 2 ** 15 + 512, maxTables: 2 ** 16 + 4 });
    const result = walk(deep, memory);
    expect(result.stopped).toMatch(/^stopped after 33280 ranges: the tree is larger/);
    expect(result.leaves.length).toBe(maxRanges);
    // a guest's tables are bounded by the image, not by what the second stage makes of it
    const through = new Through(deep, memory);
    expect(limitsOf(through)).toEqual(limitsOf(memory));
  });

  test('a tree whose tables are all its own is walked whole, whatever is in it', () => {
    // as many leaf tables as pages, each entry a range of its own
    const tables = 40;
    const own = new Memory();
    for (let t = 0; t < tables; t++) {
      own.write(0x1000 + 8 * t, BigInt(0x10_0000 + 0x1000 * t) | 3n);
      for (let i = 0; i < 512; i++)
        own.write(0x10_0000 + 0x1000 * t + 8 * i, (BigInt((i * 7919) % 512) << 21n) | PAGE);
    }
    const result = walk(regime, own);
    expect(result.stopped).toBeUndefined();
    expect(result.counts.leaves).toBe(tables * 512);
  });

  test('a summary reads each distinct table once', () => {
    const summary = summarise(deep, memory);
    expect(summary.tables).toBe(5);
    expect(summary.stopped).toBeUndefined();
    expect(summary.bytes).toBe(16 * 512 ** 4 * 4096);
  });
});

test('a filter on the input range keeps what overlaps it', () => {
  const memory = small({ 0: 0x8000n | PAGE, 100: 0x9000n | PAGE, 200: 0xa000n | PAGE });
  const { leaves } = walk(regime, memory, { from: 50, to: 150 });
  expect([...leaves.input.slice(0, leaves.length)]).toEqual([100]);
});

test('the summary counts what the walk lists', () => {
  const memory = small({ 0: 0x8000n | PAGE, 1: 0x9000n | PAGE, 9: 0x9000n | (PAGE & ~0x3cn), 10: 2n });
  const summary = summarise(regime, memory);
  expect(summary.rows.map(({ type, perm, entries, bytes }) => ({ type, perm, entries, bytes }))).toEqual([
    { type: 'Normal oWB iWB', perm: 'rwx', entries: 2, bytes: 8192 },
    { type: 'Device-nGnRnE', perm: 'rwx', entries: 1, bytes: 4096 },
  ]);
  expect(summary.payload).toBe(1);
});
