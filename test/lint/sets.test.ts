/** Sets of page frames and where they meet, against the plainest way to do the same. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameSet } from '../../src/lint/frame-set.ts';
import { overlaps } from '../../src/lint/sweep.ts';

/** Runs near each other, so that they touch and overlap; some longer than a short run can be. */
const run = fc.record({
  frame: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 40_000 })),
  frames: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 8_000, max: 20_000 })),
});
type Run = { readonly frame: number; readonly frames: number };

const filled = (runs: readonly Run[]): FrameSet => {
  const set = new FrameSet();
  for (const { frame, frames } of runs) set.add(frame, frames);
  return set;
};
const naive = (runs: readonly Run[]): Uint8Array => {
  const held = new Uint8Array(70_000);
  for (const { frame, frames } of runs) held.fill(1, frame, frame + frames);
  return held;
};

describe('FrameSet', () => {
  test('runs are what was added, in order, disjoint, never touching', () => {
    fc.assert(
      fc.property(fc.array(run, { maxLength: 60 }), runs => {
        const held = new Uint8Array(70_000);
        let before = -1;
        for (const { frame, end } of filled(runs).runs()) {
          expect(frame).toBeGreaterThan(before);
          expect(end).toBeGreaterThan(frame);
          held.fill(1, frame, end);
          before = end;
        }
        expect(Buffer.compare(held, naive(runs))).toBe(0);
      }),
    );
  });

  test('many single frames that fill up cost one run', () => {
    const set = new FrameSet();
    for (let i = 0; i < 100_000; i++) set.add(((i * 7919) % 100_000) + 2 ** 39, 1);
    expect([...set.runs()]).toEqual([{ frame: 2 ** 39, end: 2 ** 39 + 100_000 }]);
  });

  test('beyond its limit it says so', () => {
    const set = new FrameSet(2 ** 13);
    for (let i = 0; i < 20_000; i++) set.add(2 * i, 1);
    expect(set.full).toBe(true);
    expect([...set.runs()].length).toBeGreaterThan(4000);
  });
});

describe('overlaps', () => {
  test('every frame with the sets it is in', () => {
    fc.assert(
      fc.property(fc.array(fc.array(run, { maxLength: 12 }), { minLength: 1, maxLength: 6 }), lists => {
        const plain = lists.map(naive);
        const mine = new Array<string>(70_000).fill('');
        let before = -1;
        for (const { sets, key, frame, frames } of overlaps(lists.map(filled))) {
          expect(sets.length).toBeGreaterThan(1);
          expect(key).toBe(sets.join(' '));
          expect(frame).toBeGreaterThanOrEqual(before);
          before = frame + frames;
          mine.fill(key, frame, before);
        }
        const wrong = mine.findIndex((key, frame) => {
          const sets = plain.flatMap((held, i) => (held[frame] ? [i] : []));
          return key !== (sets.length > 1 ? sets.join(' ') : '');
        });
        expect(wrong).toBe(-1);
      }),
      { numRuns: 40 },
    );
  });
});
