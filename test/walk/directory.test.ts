/** Look-ups of many addresses say what one look-up of each says. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Kernels } from '../../src/kernels/api.ts';
import { Heap } from '../../src/kernels/heap.ts';
import { typescriptKernels, wasmKernels } from '../../src/kernels/kernels.ts';
import { Directory } from '../../src/walk/directory.ts';
import { walkExactly } from '../../src/walk/exact.ts';
import { ResidentImage } from '../../src/walk/resident.ts';
import { translate } from '../../src/walk/translate.ts';
import { DIALECTS } from '../support/dialects.ts';
import { Memory } from '../support/memory.ts';
import { type Dialect, random, tree } from '../support/trees.ts';

const implementations: readonly (readonly [string, Kernels])[] = [
  ['WebAssembly', wasmKernels() as Kernels],
  ['TypeScript', typescriptKernels()],
];

/** The pages of a test memory up to a frame, in the kernels' memory. */
function resident(heap: Heap, memory: Memory): ResidentImage {
  const last = Math.max(...memory.ranges.map(({ end }) => end));
  const image = new ResidentImage(heap, last);
  image.bytes.fill(0);
  for (const { frame, end } of memory.ranges)
    for (let at = frame; at < end; at++)
      heap.u32.set(memory.page(at) as Uint32Array, (image.place + at * 4096) >> 2);
  return image;
}

describe('any tree, in WebAssembly and in TypeScript', () => {
  test.each(Object.entries(DIALECTS))('%s', (_, dialect) => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, inMemory) => {
        const memory = tree(dialect, seed);
        // addresses in and beside every range, and anywhere
        const { leaves } = walkExactly(dialect.regime, memory, { maxTables: 200, maxRanges: 25 });
        const next = random(seed);
        const near = Array.from({ length: leaves.length }, (_, i) => {
          const start = BigInt(leaves.input[i] as number) << 12n;
          const bytes = BigInt(leaves.frames[i] as number) << 12n;
          return [
            start,
            start + bytes - 1n,
            start + bytes,
            start - 1n,
            start + (BigInt(next(2 ** 30)) % bytes),
          ];
        }).flat();
        const anywhere = Array.from(
          { length: 40 },
          () => (BigInt(next(2 ** 20)) << 44n) | BigInt(next(2 ** 30)),
        );
        const addresses = BigUint64Array.from([...near, ...anywhere]);
        const wanted = Array.from(addresses, address => {
          const one = translate(dialect.regime, memory, address);
          return one.outcome === 'mapped' ? [one.output, one.leaf.word] : [2n ** 64n - 1n, 0n];
        });
        for (const [name, kernels] of implementations) {
          const heap = new Heap(kernels);
          const directory = Directory.of(dialect.regime, inMemory ? resident(heap, memory) : memory);
          expect(directory).toBeDefined();
          const found = directory?.translate(addresses);
          const given = Array.from(addresses, (_, i) => [found?.outputs[i], found?.leaves[i]]);
          expect(given, name).toEqual(wanted);
        }
      }),
      { numRuns: 5 },
    );
  });
});

describe('both halves of a canonical root, whose addresses agree in all lower bits', () => {
  const dialect = DIALECTS['x86, 4 levels'] as Dialect;
  const [upper, lower] = [0xffff_8000_0000_1000n, 0x1000n];
  const leaf = (frame: number): bigint => (BigInt(frame) << 12n) | 0x67n;

  test.each(implementations)('%s', (_, kernels) => {
    const memory = new Memory();
    const root = Number(dialect.regime.roots[0]?.address);
    const next = [root + 0x1_0000, root + 0x2_0000];
    for (const [half, index, frame] of [
      [0, 0, 0x777],
      [1, 256, 0x888],
    ] as const) {
      let table = next[half] as number;
      memory.write(root + 8 * index, BigInt(table) | 0x67n);
      for (let level = 0; level < 2; level++, table += 4096)
        memory.write(table, BigInt(table + 4096) | 0x67n);
      memory.write(table + 8, leaf(frame));
    }
    const directory = Directory.of(dialect.regime, resident(new Heap(kernels), memory));
    const addresses = BigUint64Array.of(lower, upper, lower + 0x1000n, upper + 0x1000n, 0x8000_0000_1000n);
    const found = directory?.translate(addresses);
    const none = 2n ** 64n - 1n;
    expect(Array.from(found?.outputs ?? [])).toEqual([0x77_7000n, 0x88_8000n, none, none, none]);
    expect(Array.from(found?.leaves ?? [])).toEqual([leaf(0x777), leaf(0x888), 0n, 0n, 0n]);
  });
});
