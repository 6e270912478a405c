/**
 * Two stages as one map: the ranges of a first stage cut along the ranges of the second. Both come from `walk`; the
 * first stage's tables are read through the second (`Through`).
 */
import type { Frame } from '../image/frames.ts';
import { endOf, firstEndingAfter, type LeafBatch } from './batch.ts';
import { KIND } from './regime.ts';

/** Pieces of first-stage ranges, in the first stage's order. */
export interface NestedBatch {
  readonly length: number;
  /** Index of the first-stage range, and of the second-stage range; -1 where the second stage maps nothing there. */
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Frames from the start of the first-stage range, and frames in the piece. */
  readonly offset: Float64Array;
  readonly frames: Float64Array;
}

/**
 * Cut every leaf range of `first` where the range of `second` behind it changes. `second` must be in input order, as a
 * walk of one root gives it. Costs one binary search per first-stage range and one step per piece.
 */
export function nest(first: LeafBatch, second: LeafBatch): NestedBatch {
  const firsts: number[] = [];
  const seconds: number[] = [];
  const offsets: number[] = [];
  const lengths: number[] = [];
  const put = (i: number, j: number, offset: number, frames: Frame): void => {
    firsts.push(i);
    seconds.push(j);
    offsets.push(offset);
    lengths.push(frames);
  };
  for (let i = 0; i < first.length; i++) {
    if (first.kind[i] !== KIND.leaf) continue;
    const start = first.output[i] as number;
    const end = start + (first.frames[i] as number);
    let j = firstEndingAfter(second, start);
    for (let at = start; at < end; ) {
      const inside = j < second.length && (second.input[j] as number) <= at;
      const stop = j >= second.length ? end : inside ? endOf(second, j) : (second.input[j] as number);
      const until = Math.min(end, stop);
      put(i, inside && second.kind[j] === KIND.leaf ? j : -1, at - start, until - at);
      if (inside) j++;
      at = until;
    }
  }
  return {
    length: firsts.length,
    first: Int32Array.from(firsts),
    second: Int32Array.from(seconds),
    offset: Float64Array.from(offsets),
    frames: Float64Array.from(lengths),
  };
}
