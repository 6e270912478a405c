/** Two stages page by page: the kernels, their twin, and one translation after the other. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stage1Tables, stage2Tables } from '../../src/arm64/walk/tables.ts';
import { SHAPES, twoStages } from '../../src/bench/shapes.ts';
import type { Kernels } from '../../src/kernels/api.ts';
import { Heap } from '../../src/kernels/heap.ts';
import { typescriptKernels, wasmKernels } from '../../src/kernels/kernels.ts';
import type { Table } from '../../src/memtype/compile.ts';
import { walkExactly } from '../../src/walk/exact.ts';
import { StagePairs } from '../../src/walk/pairs.ts';
import { KIND, type Regime } from '../../src/walk/regime.ts';
import { ResidentImage } from '../../src/walk/resident.ts';
import { Through } from '../../src/walk/through.ts';
import { translate } from '../../src/walk/translate.ts';
import { Memory } from '../support/memory.ts';
import { random } from '../support/trees.ts';

const implementations: readonly (readonly [string, Kernels])[] = [
  ['WebAssembly', wasmKernels() as Kernels],
  ['TypeScript', typescriptKernels()],
];

/** Bits [5:2] of leaves: pages at level 0, blocks above. */
const tableOf = (level: number): Table<number | undefined> => ({
  gather: { width: 6, steps: [{ half: 0, right: 0, mask: 63, left: 0 }] },
  lut: Uint8Array.from({ length: 64 }, (_, key) =>
    (key & 3) === (level === 0 ? 3 : 1) ? 1 + (key >> 2) : 0,
  ),
  palette: [undefined, ...Array.from({ length: 16 }, (_, i) => i)],
});
const combine = (a: number, b: number): string => `${a & 7}/${b}`;

const stagesOf = (root1: number, root2: number): readonly [Regime, Regime] => [
  stage1Tables({
    settings: {},
    startLevel: 0,
    indexBits: 9,
    base: BigInt(root1),
    iaBits: 48,
    upper: false,
    output: 'ipa',
  }),
  stage2Tables({ settings: {}, startLevel: 0, indexBits: 9, base: BigInt(root2) }),
];

/** The answers of all pages in order, by single translations. */
function oracle(first: Regime, second: Regime, memory: Memory): string[] {
  const { leaves } = walkExactly(first, new Through(second, memory));
  const answers: string[] = [];
  for (let i = 0; i < leaves.length; i++) {
    if (leaves.kind[i] !== KIND.leaf) continue;
    const a = ((leaves.lo[i] as number) >>> 2) & 15;
    for (let page = 0; page < (leaves.frames[i] as number); page++) {
      const ipa = BigInt((leaves.output[i] as number) + page) << 12n;
      const found = translate(second, memory, ipa);
      if (found.outcome === 'mapped') answers.push(combine(a, Number((found.leaf.word >> 2n) & 15n)));
    }
  }
  return answers;
}

/** A small pair of trees, with blocks, holes and faults thrown in. */
function stages(seed: number) {
  const next = random(seed);
  const shape = SHAPES[next(3)] ?? 'runs';
  const tables = 1 + next(3);
  const { words, root, root2 } = twoStages(shape, tables);
  const memory = new Memory();
  for (let page = 0; page < words.length / 1024; page++)
    memory.touch(page * 4096).set(words.subarray(page * 1024, (page + 1) * 1024));
  const pages = 2 + 1 + tables; // root, level 1, level 2, leaf tables of one stage
  const leafOf = (stage: number, i: number): number =>
    (1 + stage * pages + 3 + Math.floor(i / 512)) * 4096 + 8 * (i % 512);
  // blocks behind the leaf tables of both stages, at level 2
  for (const stage of [0, 1])
    for (let i = tables; i < tables + next(3); i++)
      memory.write(
        (1 + stage * pages + 2) * 4096 + 8 * i,
        (BigInt(next(8)) << 21n) | 0x4c1n | (BigInt(next(16)) << 2n),
      );
  for (let k = 0; k < next(20); k++) memory.write(leafOf(0, next(512 * tables)), BigInt(next(2 ** 31)));
  for (let k = 0; k < next(20); k++)
    memory.write(leafOf(1, 2 * pages + 1 + next(512 * tables - 2 * pages - 1)), BigInt(next(4)) << 12n);
  return { memory, root, root2 };
}

describe.each(implementations)('%s', (_, kernels) => {
  test('the answers of every page, in order, and how often each came', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, inMemory) => {
        const { memory, root, root2 } = stages(seed);
        const [first, second] = stagesOf(root, root2);
        const heap = new Heap(kernels);
        const last = memory.ranges.at(-1)?.end ?? 0;
        const image = new ResidentImage(heap, last);
        for (let frame = 0; frame < last; frame++)
          heap.u32.set(memory.page(frame) ?? new Uint32Array(1024), (image.place + frame * 4096) >> 2);
        const pairs = StagePairs.of(
          { regime: first, table: level => (level < 3 ? tableOf(level) : undefined) },
          { regime: second, table: level => (level < 3 ? tableOf(level) : undefined) },
          inMemory ? image : memory,
          combine,
        );
        const codes: number[] = [];
        const counted = pairs?.count(piece => codes.push(...piece));
        const wanted = oracle(first, second, memory);
        const answers = [...(counted?.totals.keys() ?? [])];
        const byCode = new Map([...(counted?.codes.keys() ?? [])].map((code, i) => [code, answers[i]]));
        expect(codes.map(code => byCode.get(code))).toEqual(wanted);
        expect(counted?.pages).toBe(wanted.length);
        const totals = new Map<string, number>();
        for (const answer of wanted) totals.set(answer, (totals.get(answer) ?? 0) + 1);
        expect(counted?.totals).toEqual(totals);
      }),
      { numRuns: 25 },
    );
  });
});

test('pages of different sizes, and regimes that the kernels cannot read, are declined', () => {
  const { memory, root, root2 } = stages(1);
  const [first, second] = stagesOf(root, root2);
  const large = stage2Tables({
    settings: { granule: '64K' },
    startLevel: 2,
    indexBits: 6,
    base: BigInt(root2),
  });
  const stage = (regime: Regime) => ({ regime, table: tableOf });
  expect(StagePairs.of(stage(first), stage(large), memory, combine)).toBeUndefined();
  expect(StagePairs.of(stage({ ...first, entryBytes: 4 }), stage(second), memory, combine)).toBeUndefined();
});
