/** One line of the table: some work of ours, and what it is held against. */
import type { Timing } from '../src/bench/measure.ts';

export interface Row {
  readonly group: string;
  readonly title: string;
  readonly entries: number;
  /** Bytes that must be read at least once. */
  readonly bytes: number;
  readonly ours: Timing;
  /** The same work done by somebody else, or the least that it takes. */
  readonly against?: Timing;
  /** What else is to be said. */
  readonly note?: string;
  /** Why a ratio below its floor says nothing here. */
  readonly excuse?: string;
}

/** How many times as fast as the other side. */
export const ratioOf = ({ ours, against }: Row): number | undefined =>
  against && against.median / ours.median;
