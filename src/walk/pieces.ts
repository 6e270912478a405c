/** Pieces of tables that are still to be read, in the order of the walk. */
import type { Bytes, Frame } from '../image/frames.ts';
import type { LeafBatch } from './batch.ts';

/** Leaf tables below which compiling the kernels costs more than it saves (docs/performance.md, first calls: 1 to 2 ms). */
export const WORTH_A_KERNEL = 64;

/** What both kinds of `Pieces` have; column by column, because there is one piece for every leaf table. */
export interface PieceColumns {
  readonly length: number;
  /** Physical address of the first entry, and the input frame that it translates. */
  readonly place: Float64Array;
  readonly input: Float64Array;
  readonly count: Uint16Array;
  readonly level: Uint8Array;
  readonly inherited: Uint32Array;
  /** An upper table that could not be read: to be noted in its turn. */
  readonly missing: Uint8Array;
}

/** A list that grows, and may be emptied and filled again. */
export class Pieces implements PieceColumns {
  length = 0;
  #capacity = 0;
  place = new Float64Array(0);
  input = new Float64Array(0);
  count = new Uint16Array(0);
  level = new Uint8Array(0);
  inherited = new Uint32Array(0);
  missing = new Uint8Array(0);

  put(place: Bytes, count: number, level: number, input: Frame, inherited: number, missing: 0 | 1): void {
    if (this.length === this.#capacity) this.#grow();
    const i = this.length++;
    this.place[i] = place;
    this.count[i] = count;
    this.level[i] = level;
    this.input[i] = input;
    this.inherited[i] = inherited;
    this.missing[i] = missing;
  }

  #grow(): void {
    this.#capacity = Math.max(32, 2 * this.#capacity);
    const wider = <A extends { set(from: A): void }>(array: A, make: new (length: number) => A): A => {
      const next = new make(this.#capacity);
      next.set(array);
      return next;
    };
    this.place = wider(this.place, Float64Array);
    this.input = wider(this.input, Float64Array);
    this.count = wider(this.count, Uint16Array);
    this.level = wider(this.level, Uint8Array);
    this.inherited = wider(this.inherited, Uint32Array);
    this.missing = wider(this.missing, Uint8Array);
  }
}

/** Pieces of one task: `first` up to `end`. */
export interface Task {
  readonly first: number;
  readonly end: number;
}

/** What came of a task. Plain data: it may come from another thread. */
export interface PieceResult {
  /** Arrays of just the length. */
  readonly rows: LeafBatch;
  readonly leaves: number;
  readonly payload: number;
  readonly faults: number;
  /** Pieces that the image does not hold, in order. */
  readonly missing: Uint32Array;
}

/** The entries of a piece that translate frames from `from` on: the first. */
export const firstWanted = (input: Frame, span: Frame, from: Frame): number =>
  Math.max(0, Math.floor((from - input) / span));
/** And the end of those that translate frames below `to`. */
export const endWanted = (count: number, input: Frame, span: Frame, to: Frame): number =>
  Math.min(count, Math.ceil((to - input) / span));
