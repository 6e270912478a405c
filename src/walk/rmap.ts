/**
 * Reverse mapping: which input ranges lead to an output frame. An index over a walk's ranges, so that many questions
 * cost one sort and a few steps each.
 */
import type { LeafBatch } from './batch.ts';
import { KIND } from './regime.ts';

/** A range that leads to the frame asked for. */
export interface Alias {
  /** Index into the batch. */
  readonly index: number;
  /** The input frame that leads to the frame asked for. */
  readonly input: number;
}

/** Ranges sorted by output frame, as an implicit balanced tree that knows the largest end below each node. */
export class ReverseIndex {
  readonly #batch: LeafBatch;
  readonly #order: Uint32Array;
  readonly #maxEnd: Float64Array;

  constructor(batch: LeafBatch) {
    this.#batch = batch;
    const leaves: number[] = [];
    for (let i = 0; i < batch.length; i++) if (batch.kind[i] === KIND.leaf) leaves.push(i);
    leaves.sort((a, b) => (batch.output[a] as number) - (batch.output[b] as number) || a - b);
    this.#order = Uint32Array.from(leaves);
    this.#maxEnd = new Float64Array(leaves.length);
    this.#measure(0, leaves.length);
  }

  /** Every range that leads to an output frame, in output order. Costs log n and the number of answers. */
  *find(frame: number): Generator<Alias> {
    yield* this.#search(frame, frame + 1, 0, this.#order.length);
  }

  /** Every range that leads to a frame in [from, to); `input` is the input of the first frame in common. */
  *overlapping(from: number, to: number): Generator<Alias> {
    yield* this.#search(from, to, 0, this.#order.length);
  }

  #end(i: number): number {
    return (this.#batch.output[i] as number) + (this.#batch.frames[i] as number);
  }

  #measure(low: number, high: number): number {
    if (low >= high) return 0;
    const middle = (low + high) >>> 1;
    const own = this.#end(this.#order[middle] as number);
    const end = Math.max(own, this.#measure(low, middle), this.#measure(middle + 1, high));
    this.#maxEnd[middle] = end;
    return end;
  }

  *#search(from: number, to: number, low: number, high: number): Generator<Alias> {
    if (low >= high) return;
    const middle = (low + high) >>> 1;
    if ((this.#maxEnd[middle] as number) <= from) return; // nothing below reaches this far
    yield* this.#search(from, to, low, middle);
    const index = this.#order[middle] as number;
    const start = this.#batch.output[index] as number;
    if (start >= to) return; // everything right of here begins later
    if (this.#end(index) > from)
      yield { index, input: (this.#batch.input[index] as number) + Math.max(0, from - start) };
    yield* this.#search(from, to, middle + 1, high);
  }
}
