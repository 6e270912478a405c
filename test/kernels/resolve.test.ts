/** Codes and counts: WebAssembly against its TypeScript twin, and both against the table that they were made from. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stage2Leaf, stage2Settings } from '../../src/arm64/descriptors/stage2.ts';
import type { GatherStep } from '../../src/bits/gather.ts';
import { gather } from '../../src/bits/gather.ts';
import { settle } from '../../src/bits/settings.ts';
import type { Kernels } from '../../src/kernels/api.ts';
import { Heap } from '../../src/kernels/heap.ts';
import { typescriptKernels, wasmKernels } from '../../src/kernels/kernels.ts';
import { plan } from '../../src/kernels/plan.ts';
import { Resolver, resolve, resolveFrom } from '../../src/kernels/resolve.ts';
import type { Table } from '../../src/memtype/compile.ts';
import { SEED } from '../support/seed.ts';
import { random } from '../support/trees.ts';

const implementations: readonly (readonly [string, Kernels])[] = [
  ['WebAssembly', wasmKernels() as Kernels],
  ['TypeScript', typescriptKernels()],
];

/** A table over single word bits, most significant first. */
function tableOf<A>(positions: readonly number[], answer: (key: number) => A): Table<A> {
  const width = positions.length;
  const steps: GatherStep[] = positions.map((position, i) => ({
    half: position >= 32 ? 1 : 0,
    right: position & 31,
    mask: 1,
    left: width - 1 - i,
  }));
  const palette: A[] = [];
  const lut = Uint8Array.from({ length: 2 ** width }, (_, key) => {
    const value = answer(key);
    const known = palette.indexOf(value);
    return known >= 0 ? known : palette.push(value) - 1;
  });
  return { gather: { width, steps }, lut, palette };
}
const keyOf = ({ gather: { steps } }: Table<unknown>, lo: number, hi: number): number =>
  steps.reduce(
    (key, { half, right, mask, left }) => key | ((((half ? hi : lo) >>> right) & mask) << left),
    0,
  );
const answerOf = <A>(table: Table<A>, lo: number, hi: number): A =>
  table.palette[table.lut[keyOf(table, lo, hi)] as number] as A;

/** Random words, whose low bits are often alike. */
const wordsOf = (seed: number, count: number): Uint32Array => {
  const next = random(seed);
  let low = 0;
  return Uint32Array.from({ length: 2 * count }, (_, i) => {
    if (next(5) === 0) low = next(65536);
    return i % 2 ? next(2 ** 32) : ((next(65536) << 16) | (next(3) ? low : next(65536))) >>> 0;
  });
};

const s2 = stage2Leaf(settle(stage2Settings));
const attributes = gather(s2, ['memAttr', 's2ap', 'xn']);

const TABLES: Readonly<Record<string, Table<number>>> = {
  'the bits of a memory type': tableOf([5, 4, 3, 2], key => key),
  'valid and a memory type': tableOf([5, 4, 3, 2, 1, 0], key => ((key & 3) === 3 ? key >> 2 : -1)),
  'every byte plane': tableOf([63, 54, 53, 12, 7, 5, 4, 3], key => key ^ 0x5a),
  'one bit': tableOf([63], key => key),
  'no difference': tableOf([3, 62], () => 7),
  'permissions with an invalid that hides everything': tableOf([54, 53, 7, 6, 0], key =>
    key & 1 ? key >> 1 : -1,
  ),
  'a format of the manual': {
    gather: attributes,
    lut: Uint8Array.from({ length: 256 }, (_, i) => i),
    palette: Array.from({ length: 256 }, (_, i) => i),
  },
};
/** Tables that have no vector form: looked up word by word. */
const SCALAR: Readonly<Record<string, Table<number>>> = {
  'bits that the vector kernel does not read': tableOf([40, 20, 3], key => key),
  'more classes than a byte numbers': tableOf(
    [63, 62, 54, 53, 7, 6, 5, 4, 3],
    key => ((key * 2654435761) >>> 24) & 255,
  ),
};

test.each(Object.entries(TABLES))('%s: has a vector form, and keeps every answer', (_, table) => {
  const { codes, palette, vector } = plan(table);
  expect(vector).toBeDefined();
  codes.forEach((code, key) => {
    expect(palette[code]).toBe(table.palette[table.lut[key] as number]);
  });
});
test.each(Object.entries(SCALAR))('%s: has no vector form', (_, table) => {
  expect(plan(table).vector).toBeUndefined();
});
test('an invalid entry that settles everything is code 0, and nothing else is', () => {
  const { codes, palette } = plan(TABLES['valid and a memory type'] as Table<number>);
  expect(palette[0]).toBe(-1);
  codes.forEach((code, key) => {
    expect(code === 0).toBe((key & 3) !== 3);
  });
});

describe.each(implementations)('%s', (_, kernels) => {
  const heap = new Heap(kernels);
  test.each(Object.entries({ ...TABLES, ...SCALAR }))('%s: codes mean what the table says', (_, table) => {
    const resolver = new Resolver(table, heap);
    fc.assert(
      fc.property(fc.integer(), fc.nat(200), (seed, count) => {
        const words = wordsOf(seed, count);
        const { codes, palette } = resolver.resolve(words);
        const answers = Array.from({ length: count }, (_, i) =>
          answerOf(table, words[2 * i] as number, words[2 * i + 1] as number),
        );
        expect([...codes].map(code => palette[code])).toEqual(answers);
        const counts = new Map<number, number>();
        for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
        expect(new Map(resolver.histogram(words))).toEqual(counts);
      }),
      { numRuns: 60 },
    );
  });

  test('arrays of many chunks, 64-bit words, and arrays that begin anywhere', () => {
    const table = TABLES['valid and a memory type'] as Table<number>;
    const resolver = new Resolver(table, heap);
    const words = wordsOf(1, 100_001);
    const whole = resolver.resolve(words);
    expect(resolver.resolve(new BigUint64Array(words.buffer)).codes).toEqual(whole.codes);
    expect(resolver.resolve(words.subarray(2 * 77_777)).codes).toEqual(whole.codes.slice(77_777));
    expect(resolver.histogram(words).reduce((sum, [, n]) => sum + n, 0)).toBe(100_001);
  });

  test('counts are right whatever way of counting suits the words, and while that changes', () => {
    const resolver = new Resolver(TABLES['every byte plane'] as Table<number>, heap);
    const next = random(SEED + 5);
    // stretches of one word, of a few different ones, and of as many as there are
    const stretches = [1, 3, 256, 12, 1, 8, 3, 9, 256, 2];
    const words = Uint32Array.from(
      stretches.flatMap(kinds => {
        const few = wordsOf(next(1000), kinds);
        return Array.from({ length: 9001 }, (_, i) => (i < 9000 ? next(kinds) : 0)).flatMap(pick => [
          ...few.subarray(2 * pick, 2 * pick + 2),
        ]);
      }),
    );
    const { codes, palette } = resolver.resolve(words);
    const counts = new Map<number | undefined, number>();
    for (const code of codes) counts.set(palette[code], (counts.get(palette[code]) ?? 0) + 1);
    expect(new Map(resolver.histogram(words))).toEqual(counts);
    const place = heap.take(words.byteLength);
    heap.u32.set(words, place / 4);
    for (const _ of [1, 2]) // the second time with what the first has learnt
      expect(new Map(resolver.histogramInPlace(place, words.length / 2))).toEqual(counts);
  });

  test('in kernel memory nothing is copied, and the result is the same', () => {
    const table = TABLES['every byte plane'] as Table<number>;
    const resolver = new Resolver(table, heap);
    const words = wordsOf(2, 40_000);
    const place = heap.take(words.byteLength);
    const codes = heap.take(40_000);
    heap.u32.set(words, place / 4);
    resolver.resolveInPlace(place, 40_000, codes);
    const wanted = resolver.resolve(words).codes;
    expect(heap.u8.slice(codes, codes + 40_000)).toEqual(wanted);
    expect(resolver.resolve(new BigUint64Array(kernels.buffer, place, 40_000)).codes).toEqual(wanted);
    expect(resolver.histogramInPlace(place, 40_000)).toEqual(resolver.histogram(words));
  });

  test('the sum of words is modulo 2^64', () => {
    const words = wordsOf(3, 1003);
    const place = heap.take(words.byteLength);
    heap.u32.set(words, place / 4);
    const sum = new BigUint64Array(words.buffer).reduce((a, b) => a + b, 0n);
    expect(BigInt.asUintN(64, kernels.sum(place, 1003))).toBe(BigInt.asUintN(64, sum));
  });
});

test('both implementations leave the same bytes', () => {
  const results = implementations.map(([, kernels]) => {
    const heap = new Heap(kernels);
    return Object.values({ ...TABLES, ...SCALAR }).map(
      table => new Resolver(table, heap).resolve(wordsOf(4, 5000)).codes,
    );
  });
  expect(results[0]).toEqual(results[1]);
});

test('from a source that writes into the kernels’ memory, in pieces of any size', () => {
  const table = TABLES['every byte plane'] as Table<number>;
  const words = wordsOf(5, 100_003);
  const bytes = new Uint8Array(words.buffer);
  const { codes } = resolve(words, table);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1 }),
      fc.nat(7),
      (sizes, more) => {
        const source = new Uint8Array(bytes.length + more); // ends in the middle of a word
        source.set(bytes);
        let at = 0;
        let turn = 0;
        let done = 0;
        const found = new Uint8Array(codes.length);
        const palette = resolveFrom(
          target => {
            const size = Math.min(sizes[turn++ % sizes.length] as number, target.length);
            const piece = source.subarray(at, at + (turn % 50 === 0 ? target.length : size));
            target.set(piece.subarray(0, target.length));
            at += piece.length;
            return piece.length;
          },
          table,
          piece => {
            found.set(piece, done);
            done += piece.length;
            resolve(words.subarray(0, 8), table); // somebody else uses the same room
          },
        );
        expect(done).toBe(codes.length);
        expect(Buffer.compare(found, codes)).toBe(0);
        expect(palette).toBe(
          resolveFrom(
            () => 0,
            table,
            () => {},
          ),
        );
      },
    ),
    { numRuns: 20 },
  );
});
