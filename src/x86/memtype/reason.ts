/** How the rules of this folder word their reasons: what was looked at, what came out, and what else is to be said. */
import type { Ref } from '../../bits/spec.ts';
import { type Answer, answer, type Reason } from '../../memtype/rule.ts';

export type { Answer, Reason };

/** A rule, applied: `MTRR WB, PAT WC: WC`. */
interface Step {
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

/** The reason of a step, in a sentence. */
export function reason({ rule, ref, operands, result, note }: Step): Reason {
  const seen = Object.entries(operands).map(
    ([name, value]) => `${name}${typeof value === 'number' ? ' = ' : ' '}${value}`,
  );
  const because = `${seen.length > 0 ? `${seen.join(', ')}: ` : ''}${result}${note ? ` (${note})` : ''}`;
  return { rule: `x86.${rule}`, ref, because };
}

/** An answer with one reason. */
export const because = <A>(is: A, step: Step): Answer<A> => answer(is, reason(step));
