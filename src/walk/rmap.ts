/**
 * Reverse mapping: which input ranges lead to an output frame. An index over ranges, so that many questions cost one sort
 * and a few steps each.
 */
import type { Frame } from '../image/frames.ts';
import { KIND } from './regime.ts';

/** Ranges that lead somewhere: a walk's, or those of two stages put together. */
export interface OutputRanges {
  readonly length: number;
  readonly input: ArrayLike<number>;
  readonly output: ArrayLike<number>;
  readonly frames: ArrayLike<number>;
  /** `KIND` codes; absent where every range is a mapping. */
  readonly kind?: ArrayLike<number>;
}

/** A range that leads to the frame asked for. */
export interface Alias {
  /** Index into the ranges. */
  readonly index: number;
  /** The input frame that leads to the frame asked for. */
  readonly input: Frame;
}

/** Ranges sorted by output frame, as an implicit balanced tree that knows the largest end below each node. */
export class ReverseIndex {
  readonly #ranges: OutputRanges;
  readonly #order: Uint32Array;
  readonly #maxEnd: Float64Array;

  constructor(ranges: OutputRanges) {
    this.#ranges = ranges;
    this.#order = byOutput(ranges);
    this.#maxEnd = new Float64Array(this.#order.length);
    this.#measure(0, this.#order.length);
  }

  /** Every range that leads to an output frame, in output order. Costs log n and the number of answers. */
  find(frame: Frame): Generator<Alias> {
    return this.overlapping(frame, frame + 1);
  }

  /** Every range that leads to a frame in [from, to); `input` is the input of the first frame in common. */
  *overlapping(from: Frame, to: Frame): Generator<Alias> {
    // in order, with a stack of our own: one generator inside another for each level would hand every answer up all of them
    const open: number[] = []; // middles whose left side is done or being done, each with the end of its right side
    let low = 0;
    let high = this.#order.length;
    for (;;) {
      // down the left sides, as long as something below reaches this far
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((this.#maxEnd[middle] as number) <= from) break;
        open.push(middle, high);
        high = middle;
      }
      const end = open.pop();
      const middle = open.pop();
      if (end === undefined || middle === undefined) return;
      const index = this.#order[middle] as number;
      const start = this.#ranges.output[index] as number;
      if (start >= to) return; // everything right of here begins later
      if (this.#end(index) > from)
        yield { index, input: (this.#ranges.input[index] as number) + Math.max(0, from - start) };
      low = middle + 1;
      high = end;
    }
  }

  #end(i: number): number {
    return (this.#ranges.output[i] as number) + (this.#ranges.frames[i] as number);
  }

  #measure(low: number, high: number): number {
    if (low >= high) return 0;
    const middle = (low + high) >>> 1;
    const own = this.#end(this.#order[middle] as number);
    const end = Math.max(own, this.#measure(low, middle), this.#measure(middle + 1, high));
    this.#maxEnd[middle] = end;
    return end;
  }
}

const DIGIT_BITS = 16;
const DIGITS = 2 ** DIGIT_BITS;

/**
 * Indices of the mappings in order of their output frame, those of one frame in the ranges' order. Digit by digit: a
 * comparison sort asks its comparator twenty times for each of ten million ranges.
 */
function byOutput({ length, output, kind }: OutputRanges): Uint32Array {
  let order = new Uint32Array(length);
  let mappings = 0;
  let highest = 0;
  for (let i = 0; i < length; i++) {
    if (kind && kind[i] !== KIND.leaf) continue;
    order[mappings++] = i;
    highest = Math.max(highest, output[i] as number);
  }
  order = order.subarray(0, mappings);
  let sorted = new Uint32Array(mappings);
  const counts = new Uint32Array(DIGITS);
  for (let unit = 1; unit <= highest; unit *= DIGITS) {
    const digit = (i: number): number => Math.floor((output[i] as number) / unit) % DIGITS;
    counts.fill(0);
    for (const i of order) {
      const d = digit(i);
      counts[d] = (counts[d] as number) + 1;
    }
    let total = 0;
    for (let d = 0; d < DIGITS; d++) {
      const here = counts[d] as number;
      counts[d] = total;
      total += here;
    }
    for (const i of order) {
      const d = digit(i);
      sorted[counts[d] as number] = i;
      counts[d] = (counts[d] as number) + 1;
    }
    [order, sorted] = [sorted, order];
  }
  return order;
}
