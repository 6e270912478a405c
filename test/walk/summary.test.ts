/** A summary counts what an enumeration lists, whoever counts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stage1Tables } from '../../src/arm64/walk/tables.ts';
import type { Kernels } from '../../src/kernels/api.ts';
import { typescriptKernels, wasmKernels } from '../../src/kernels/kernels.ts';
import { walkExactly } from '../../src/walk/exact.ts';
import { records } from '../../src/walk/record.ts';
import { summarise } from '../../src/walk/summary.ts';
import { DIALECTS } from '../support/dialects.ts';
import { Memory } from '../support/memory.ts';
import { tree } from '../support/trees.ts';

const implementations: readonly (readonly [string, Kernels | undefined])[] = [
  ['WebAssembly', wasmKernels()],
  ['TypeScript', typescriptKernels()],
  ['by hand', undefined],
];

describe.each(implementations)('%s', (_, kernels) => {
  test.each(Object.entries(DIALECTS))('%s', (_, { regime, ...dialect }) => {
    fc.assert(
      fc.property(fc.integer(), seed => {
        const memory = tree({ regime, ...dialect }, seed);
        const { leaves, counts, missingTotal, stopped } = walkExactly(regime, memory, { maxTables: 2000 });
        fc.pre(stopped === undefined); // tables that contain each other have more ways than one can list
        const summary = summarise(regime, memory, kernels ? { kernels } : {});
        const bytes = new Map<string, number>();
        for (const { level, perm, type, kind, size } of records(regime, leaves)) {
          const key = `${level} ${perm} ${type}`;
          if (kind === undefined) bytes.set(key, (bytes.get(key) ?? 0) + Number(BigInt(size)));
        }
        expect(
          new Map(summary.rows.map(({ level, perm, type, bytes }) => [`${level} ${perm} ${type}`, bytes])),
        ).toEqual(bytes);
        expect(summary.rows.reduce((n, { entries }) => n + entries, 0)).toBe(counts.leaves);
        expect(summary).toMatchObject({
          payload: counts.payload,
          faults: counts.faults,
          missing: missingTotal,
        });
      }),
      { numRuns: 3 },
    );
  });

  test('tables that contain each other are counted once for every way, and read once', () => {
    const regime = stage1Tables({
      settings: { regime: 'EL1&0' },
      startLevel: 0,
      indexBits: 9,
      base: 0x1000n,
      iaBits: 48,
      upper: false,
    });
    const memory = new Memory();
    const PAGE = 0x403n;
    for (let i = 0; i < 511; i++) memory.write(0x1000 + 8 * i, 0x1000n | PAGE);
    memory.write(0x1ff8, (1n << 62n) | 0x1000n | PAGE); // this way is read-only
    const summary = summarise(regime, memory, kernels ? { kernels } : {});
    expect(summary.tables).toBe(1 + 2 + 2 + 2);
    const below = 512 ** 3 - 511 ** 3; // tables at the leaf level that some read-only way leads to
    const entries = (perm: RegExp): number =>
      summary.rows.filter(row => perm.test(row.perm)).reduce((n, row) => n + row.entries, 0);
    expect(entries(/^rw/)).toBe(511 ** 3 * 512);
    expect(entries(/^r-/)).toBe(below * 512);
    expect(summary.bytes).toBe(512 ** 4 * 4096);
    expect(summarise(regime, memory, { maxTables: 3, ...(kernels ? { kernels } : {}) })).toMatchObject({
      tables: 3,
      stopped: 'stopped after 3 distinct tables',
    });
  });
});
