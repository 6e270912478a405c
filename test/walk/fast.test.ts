/** The fast walker gives what the exact walker gives: with WebAssembly, and with its TypeScript twin. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Kernels } from '../../src/kernels/api.ts';
import { typescriptKernels, wasmKernels } from '../../src/kernels/kernels.ts';
import { walkExactly } from '../../src/walk/exact.ts';
import { walkFast } from '../../src/walk/fast.ts';
import type { Level } from '../../src/walk/regime.ts';
import type { WalkResult } from '../../src/walk/result.ts';
import { AF, DIALECTS } from '../support/dialects.ts';
import { Memory } from '../support/memory.ts';
import { expectSame } from '../support/same-walk.ts';
import { type Dialect, tree, walkOptions } from '../support/trees.ts';

const implementations: readonly (readonly [string, Kernels])[] = [
  ['WebAssembly', wasmKernels() as Kernels],
  ['TypeScript', typescriptKernels()],
];

describe.each(implementations)('%s', (_, kernels) => {
  test('is there', () => expect(kernels).toBeDefined());

  test.each(Object.entries(DIALECTS))('%s', (_, dialect) => {
    fc.assert(
      fc.property(fc.integer(), walkOptions, fc.boolean(), (seed, options, noise) => {
        const memory = tree(dialect, seed);
        // accessed and software bits: nothing that decides what an entry is
        const ignore = noise ? ([1 << 10, (1 << 23) | (1 << 26)] as const) : ([0, 0] as const);
        const given = { ...options, maxTables: options.maxTables ?? 300, ignore };
        const exact = walkExactly(dialect.regime, memory, given);
        const fast = walkFast(dialect.regime, memory, { ...given, kernels });
        if (exact.stopped?.includes('ranges')) expect(fast).toBeUndefined();
        else expectSame(fast as WalkResult, exact);
      }),
      { numRuns: 15 },
    );
  });
});

describe.each(implementations)('entries that only look like neighbours, %s', (_, kernels) => {
  const { regime } = DIALECTS['stage 2, 4K, small root'] as Dialect;
  const PAGE = AF | 0xffn;
  const top = 0xffff_ffff_f000n; // the last page of 48 bits
  test.each<readonly [string, readonly bigint[]]>([
    ['a payload that is zero plus a page', [0n, 0x1000n, 0x2000n, 0n, 0x1000n]],
    ['payloads a page apart', [0x1000n, 0x2000n, 0x3000n | PAGE, 0x4000n | PAGE]],
    ['a payload a page after a leaf with its attributes but the valid bit', [PAGE, 0x1000n | (PAGE & ~1n)]],
    ['the same payload again and again', [0x5000n, 0x5000n, 0x5000n, 0n, 0x5000n]],
    ['the address field runs over', [top | PAGE, (top + 0x1000n) | PAGE, (top + 0x2000n) | PAGE]],
    ['page zero after the last page', [top | PAGE, PAGE, 0x1000n | PAGE]],
    ['a run across 4 GiB', [0xffff_f000n | PAGE, 0x1_0000_0000n | PAGE, 0x1_0000_1000n | PAGE]],
    [
      'page zero after the last one below 4 GiB',
      [0xffff_e000n | PAGE, 0xffff_f000n | PAGE, PAGE, 0x1000n | PAGE],
    ],
    ['the same page twice', [0x1000n | PAGE, 0x1000n | PAGE, 0x2000n | PAGE]],
    ['a run downwards', [0x3000n | PAGE, 0x2000n | PAGE, 0x1000n | PAGE]],
    ['a hole of one entry in a run', [0x1000n | PAGE, 0n, 0x3000n | PAGE]],
  ])('%s', (_, words) => {
    for (const at of [0, 1, 61, 62, 63, 64, 100, 509]) {
      const memory = new Memory();
      memory.write(0x10_0000, 0x20_0003n);
      memory.touch(0x20_0000);
      words.forEach((word, i) => {
        if (at + i < 512) memory.write(0x20_0000 + 8 * (at + i), word);
      });
      for (const payload of [false, true])
        for (const ignore of [
          [0, 0],
          [1 << 10, 0],
        ] as const)
          expectSame(
            walkFast(regime, memory, { payload, ignore, kernels }) as WalkResult,
            walkExactly(regime, memory, { payload, ignore }),
          );
    }
  });
});

test('a hostile table with another pattern in every entry: patterns are asked for, forgotten and asked for again', () => {
  const { regime } = DIALECTS['stage 1, 4K'] as Dialect;
  const memory = new Memory();
  memory.write(0x10_0000, 0x20_0003n);
  for (let table = 0; table < 80; table++) {
    memory.write(0x20_0000 + 8 * table, BigInt(0x30_0003 + 4096 * table));
    for (let i = 0; i < 512; i++)
      memory.write(
        0x30_0000 + 4096 * table + 8 * i,
        AF | 3n | (BigInt((i * 37 + (table % 7) * 512) % 4096) << 52n),
      );
  }
  expectSame(walkFast(regime, memory) as WalkResult, walkExactly(regime, memory));
});

test('what is not for the kernels is declined', () => {
  const { regime } = DIALECTS['stage 2, 4K'] as Dialect;
  const memory = new Memory();
  expect(walkFast({ ...regime, entryBytes: 4 }, memory)).toBeUndefined();
  const [page, ...upper] = regime.levels as [Level, ...Level[]];
  const scattered = {
    ...page.leaf,
    address: (lo: number, hi: number) =>
      page.leaf.address(lo & ~0x300, hi) + (lo & 0x100) * 2 ** 40 + (lo & 0x200) * 2 ** 30,
  };
  expect(walkFast({ ...regime, levels: [{ ...page, leaf: scattered }, ...upper] }, memory)).toBeUndefined();
});
