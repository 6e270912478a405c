import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BatchBuilder } from '../../src/walk/batch.ts';
import { KIND } from '../../src/walk/regime.ts';
import { ReverseIndex } from '../../src/walk/rmap.ts';

function batch(ranges: readonly (readonly [number, number, number])[]): BatchBuilder {
  const built = new BatchBuilder();
  for (const [input, output, frames] of ranges) built.push(input, output, frames, 0, 0, 0, 0, KIND.leaf, 0);
  return built;
}

test('aliases of one frame, a range that surrounds them, and a fault that is no mapping', () => {
  const built = batch([
    [100, 5, 1],
    [200, 0, 50],
    [300, 5, 2],
  ]);
  built.push(400, 5, 1, 0, 0, 0, 0, KIND.fault, 0);
  expect([...new ReverseIndex(built).find(5)].map(({ input }) => input)).toEqual([205, 100, 300]);
  expect([...new ReverseIndex(built).find(60)]).toEqual([]);
});

test('finds what a search of every range finds', () => {
  const range = fc.tuple(fc.nat(1000), fc.nat(60), fc.integer({ min: 1, max: 20 }));
  fc.assert(
    fc.property(
      fc.array(range, { maxLength: 40 }),
      fc.nat(80),
      fc.integer({ min: 1, max: 10 }),
      (ranges, from, length) => {
        const found = [...new ReverseIndex(batch(ranges)).overlapping(from, from + length)].map(
          ({ index }) => index,
        );
        const wanted = ranges.flatMap(([, output, frames], i) =>
          output < from + length && output + frames > from ? [i] : [],
        );
        expect(found.sort((a, b) => a - b)).toEqual(wanted);
      },
    ),
  );
});
