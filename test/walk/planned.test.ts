/** A walk in two halves gives what one walker gives, however its pieces are divided and whoever reads them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Kernels } from '../../src/kernels/api.ts';
import { typescriptKernels, wasmKernels } from '../../src/kernels/kernels.ts';
import { walkExactly } from '../../src/walk/exact.ts';
import type { PieceResult } from '../../src/walk/pieces.ts';
import { Piecework } from '../../src/walk/piecework.ts';
import { PlannedWalk } from '../../src/walk/planned.ts';
import type { Regime } from '../../src/walk/regime.ts';
import type { WalkOptions, WalkResult } from '../../src/walk/result.ts';
import { DIALECTS } from '../support/dialects.ts';
import { Memory } from '../support/memory.ts';
import { expectSame } from '../support/same-walk.ts';
import { tree, walkOptions } from '../support/trees.ts';

/** Two readers take the tasks in turn, the last task first. */
function inParts(
  regime: Regime,
  memory: Memory,
  options: WalkOptions,
  size: number,
  kernels: () => Kernels,
): WalkResult | undefined {
  const plan = PlannedWalk.of(regime, memory, options) as PlannedWalk;
  const tasks = plan.tasks(size);
  expect(tasks.reduce((sum, { first, end }) => sum + end - first, 0)).toBe(plan.pieces.length);
  const readers = [0, 1].map(() => new Piecework(regime, memory, options, kernels()));
  const results = tasks
    .map((task, i) => [task, readers[i % 2] as Piecework] as const)
    .toReversed()
    .map(([task, reader]) => reader.run(plan.pieces, task))
    .toReversed();
  tasks.forEach((task, i) => {
    plan.join(task, results[i] as PieceResult);
  });
  return plan.end();
}

describe('any tree, in WebAssembly and in TypeScript', () => {
  test.each(Object.entries(DIALECTS))('%s', (_, dialect) => {
    fc.assert(
      fc.property(
        fc.integer(),
        walkOptions,
        fc.boolean(),
        fc.integer({ min: 1, max: 80 }),
        (seed, options, noise, size) => {
          const memory = tree(dialect, seed);
          const ignore = noise ? ([1 << 10, (1 << 23) | (1 << 26)] as const) : ([0, 0] as const);
          const given = { ...options, maxTables: options.maxTables ?? 300, ignore };
          const exact = walkExactly(dialect.regime, memory, given);
          for (const kernels of [() => wasmKernels() as Kernels, typescriptKernels]) {
            const joined = inParts(dialect.regime, memory, given, size, kernels);
            if (exact.stopped?.includes('ranges')) expect(joined).toBeUndefined();
            else expectSame(joined as WalkResult, exact);
          }
        },
      ),
      { numRuns: 12 },
    );
  });
});

describe('joints', () => {
  const { regime } = DIALECTS['stage 2, 4K, small root'] as { regime: Regime };
  const PAGE = 0x4ffn | 3n;
  /** One table of tables; the leaf tables hold the pages that `page` gives. */
  const memoryOf = (tables: number, page: (table: number, entry: number) => bigint): Memory => {
    const memory = new Memory();
    for (let table = 0; table < tables; table++) {
      memory.write(0x10_0000 + 8 * table, BigInt(0x20_0000 + 4096 * table) | 3n);
      memory.touch(0x20_0000 + 4096 * table);
      for (let i = 0; i < 512; i++) memory.write(0x20_0000 + 4096 * table + 8 * i, page(table, i));
    }
    return memory;
  };

  test.each<readonly [string, number, (table: number, entry: number) => bigint]>([
    ['one run through all tables', 1, (table, i) => (BigInt(512 * table + i) << 12n) | PAGE],
    ['a run that ends at every joint', 16, (table, i) => (BigInt(1024 * table + i) << 12n) | PAGE],
    [
      'attributes change at every other joint',
      8,
      (table, i) => {
        const attributes = table & 2 ? PAGE : PAGE & ~0x80n;
        return (BigInt(512 * table + i) << 12n) | attributes;
      },
    ],
    [
      'a hole at the end of every table',
      16,
      (table, i) => (i === 511 ? 0n : (BigInt(512 * table + i) << 12n) | PAGE),
    ],
  ])('%s', (_, ranges, page) => {
    const memory = memoryOf(16, page);
    for (const size of [1, 2, 3, 7, 16, 100]) {
      const joined = inParts(regime, memory, {}, size, () => wasmKernels() as Kernels) as WalkResult;
      expect(joined.leaves.length).toBe(ranges);
      expectSame(joined, walkExactly(regime, memory));
    }
  });

  test('a table that is missing ends a run, and is noted once, in its turn', () => {
    const memory = memoryOf(16, (table, i) => (BigInt(512 * table + i) << 12n) | PAGE);
    for (const table of [3, 9]) memory.write(0x10_0000 + 8 * table, 0x7777_0003n);
    for (const size of [1, 3, 16]) {
      const joined = inParts(regime, memory, {}, size, () => wasmKernels() as Kernels) as WalkResult;
      expect(joined.missing.map(({ input }) => input)).toEqual([3 * 512, 9 * 512]);
      expectSame(joined, walkExactly(regime, memory));
    }
  });
});
