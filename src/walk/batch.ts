/** Coalesced ranges as struct-of-arrays: what a walk produces, and what everything after it reads. */
import { firstNot } from '../bits/search.ts';
import type { Bytes, Frame } from '../image/frames.ts';

/** Ranges in input order. Arrays are longer than `length`. */
export interface LeafBatch {
  readonly length: number;
  /** First input frame. */
  readonly input: Float64Array;
  /** First output frame; 0 for entries that map nothing. */
  readonly output: Float64Array;
  /** Frames in the range. */
  readonly frames: Float64Array;
  /** The first entry of the range. */
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
  /** Physical address of the first entry, in bytes. */
  readonly at: Float64Array;
  /** Index into the regime's levels. */
  readonly level: Uint8Array;
  /** A `KIND` code. */
  readonly kind: Uint8Array;
  /** What the tables above handed down. */
  readonly inherited: Uint32Array;
}

/** The frame after a range. */
export const endOf = (batch: LeafBatch, i: number): number =>
  (batch.input[i] as number) + (batch.frames[i] as number);

/** The first range of a batch in input order that ends after a frame: the one that holds it, or the next one. */
export const firstEndingAfter = (batch: LeafBatch, frame: Frame): number =>
  firstNot(batch.length, i => endOf(batch, i) <= frame);

/** A growing batch. `push` coalesces with the last range where the caller says that the entry continues it. */
export class BatchBuilder {
  length = 0;
  #capacity = 0;
  input = new Float64Array(this.#capacity);
  output = new Float64Array(this.#capacity);
  frames = new Float64Array(this.#capacity);
  lo = new Uint32Array(this.#capacity);
  hi = new Uint32Array(this.#capacity);
  at = new Float64Array(this.#capacity);
  level = new Uint8Array(this.#capacity);
  kind = new Uint8Array(this.#capacity);
  inherited = new Uint32Array(this.#capacity);

  push(
    input: Frame,
    output: Frame,
    frames: Frame,
    lo: number,
    hi: number,
    at: Bytes,
    level: number,
    kind: number,
    inherited: number,
  ): void {
    if (this.length === this.#capacity) this.#grow(2 * this.#capacity);
    const i = this.length++;
    this.input[i] = input;
    this.output[i] = output;
    this.frames[i] = frames;
    this.lo[i] = lo;
    this.hi[i] = hi;
    this.at[i] = at;
    this.level[i] = level;
    this.kind[i] = kind;
    this.inherited[i] = inherited;
  }

  /** The rows of another batch from `from` on, as they are. */
  append(rows: LeafBatch, from = 0): void {
    const { length } = rows;
    const at = this.length;
    if (at + length - from > this.#capacity) this.#grow(Math.max(2 * this.#capacity, at + length - from));
    this.input.set(rows.input.subarray(from, length), at);
    this.output.set(rows.output.subarray(from, length), at);
    this.frames.set(rows.frames.subarray(from, length), at);
    this.lo.set(rows.lo.subarray(from, length), at);
    this.hi.set(rows.hi.subarray(from, length), at);
    this.at.set(rows.at.subarray(from, length), at);
    this.level.set(rows.level.subarray(from, length), at);
    this.kind.set(rows.kind.subarray(from, length), at);
    this.inherited.set(rows.inherited.subarray(from, length), at);
    this.length += length - from;
  }

  /** The rows alone, in arrays of their own. */
  copy(): LeafBatch {
    const { length } = this;
    return {
      length,
      input: this.input.slice(0, length),
      output: this.output.slice(0, length),
      frames: this.frames.slice(0, length),
      lo: this.lo.slice(0, length),
      hi: this.hi.slice(0, length),
      at: this.at.slice(0, length),
      level: this.level.slice(0, length),
      kind: this.kind.slice(0, length),
      inherited: this.inherited.slice(0, length),
    };
  }

  #grow(rows: number): void {
    this.#capacity = Math.max(256, rows);
    const wider = <A extends Float64Array | Uint32Array | Uint8Array>(array: A): A => {
      const next = new (array.constructor as new (length: number) => A)(this.#capacity);
      next.set(array);
      return next;
    };
    this.input = wider(this.input);
    this.output = wider(this.output);
    this.frames = wider(this.frames);
    this.lo = wider(this.lo);
    this.hi = wider(this.hi);
    this.at = wider(this.at);
    this.level = wider(this.level);
    this.kind = wider(this.kind);
    this.inherited = wider(this.inherited);
  }
}
