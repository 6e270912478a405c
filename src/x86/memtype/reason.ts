/** How the rules of this folder word their reasons: what was looked at, what came out, and what else is to be said. */
import { type Answer, answer, reason as named, type Reason, type Step } from '../../memtype/rule.ts';

export type { Answer, Reason };

/** The reason of a step: `MTRR WB, PAT WC: WC`. Rule ids are given without the architecture. */
export const reason = (step: Step): Reason => named({ ...step, rule: `x86.${step.rule}` });

/** An answer with one reason. */
export const because = <A>(is: A, step: Step): Answer<A> => answer(is, reason(step));
