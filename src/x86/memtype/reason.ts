/** An answer carries its reasons: every rule that was applied, with what it was applied to and where it is written. */
import type { Ref } from '../../bits/spec.ts';

/** One rule, applied. */
export interface Reason {
  /** Stable id: `intel.mtrr-pat`, `ept.ipat`… */
  readonly rule: string;
  readonly ref: Ref;
  /** What the rule looked at, by name. */
  readonly operands: Readonly<Record<string, string | number | boolean>>;
  /** What it said. */
  readonly result: string;
  /** What else the manual says of the case. */
  readonly note?: string;
}

export interface Answer<A> {
  readonly answer: A;
  /** In the order in which the rules were applied. */
  readonly reasons: readonly Reason[];
}

/** An answer with one reason. */
export const because = <A>(answer: A, reason: Reason): Answer<A> => ({ answer, reasons: [reason] });
