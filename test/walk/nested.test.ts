import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BatchBuilder } from '../../src/walk/batch.ts';
import { nest } from '../../src/walk/nested.ts';
import { KIND } from '../../src/walk/regime.ts';

/** Ranges [input, output, frames], in input order. */
function batch(ranges: readonly (readonly [number, number, number])[]): BatchBuilder {
  const built = new BatchBuilder();
  for (const [input, output, frames] of ranges) built.push(input, output, frames, 0, 0, 0, 0, KIND.leaf, 0);
  return built;
}
const pieces = (first: BatchBuilder, second: BatchBuilder) => {
  const cut = nest(first, second);
  return Array.from({ length: cut.length }, (_, i) => [
    cut.first[i],
    cut.second[i],
    cut.offset[i],
    cut.frames[i],
  ]);
};

test('a range is cut where the second stage changes, and where it maps nothing', () => {
  const first = batch([[100, 10, 20]]);
  const second = batch([
    [0, 500, 12],
    [12, 900, 3],
    [20, 700, 100],
  ]);
  expect(pieces(first, second)).toEqual([
    [0, 0, 0, 2],
    [0, 1, 2, 3],
    [0, -1, 5, 5],
    [0, 2, 10, 10],
  ]);
});

test('every frame of every first-stage range is covered once, by the second-stage range that holds it', () => {
  const lengths = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 6 })), { maxLength: 12 });
  const layOut = (gaps: [number, number][], output: (i: number) => number) => {
    let at = 0;
    return gaps.map(([gap, frames], i) => {
      at += gap;
      const range = [at, output(i), frames] as const;
      at += frames;
      return range;
    });
  };
  fc.assert(
    fc.property(lengths, lengths, fc.array(fc.nat(60), { minLength: 12, maxLength: 12 }), (a, b, outputs) => {
      const firstRanges = layOut(a, i => outputs[i] as number);
      const secondRanges = layOut(b, i => 1000 * i);
      const found = new Map<string, number | undefined>();
      for (const [i, j, offset, frames] of pieces(batch(firstRanges), batch(secondRanges)))
        for (let k = 0; k < (frames as number); k++) {
          const key = `${i} ${(offset as number) + k}`;
          expect(found.has(key)).toBe(false);
          found.set(key, j as number);
        }
      firstRanges.forEach(([, output, frames], i) => {
        for (let k = 0; k < frames; k++) {
          const holder = secondRanges.findIndex(([at, , n]) => output + k >= at && output + k < at + n);
          expect(found.get(`${i} ${k}`)).toBe(holder);
        }
      });
    }),
  );
});
