/** Memory type of an access without a second stage: PAT and MTRRs [SDM, "Precedence of Cache Controls"]. */
import type { MemoryType, PatType } from '../registers/attributes.ts';
import { type EffectiveType, mtrrWithPat, plainType, type Vendor } from './combine.ts';
import { cacheControl } from './control.ts';
import type { MtrrType } from './mtrr.ts';
import type { Answer, Reason } from './reason.ts';

/** The effective type, or why there is none. */
export type Effective =
  | { readonly is: 'type'; readonly type: EffectiveType }
  /** MTRRs that overlap in a way that the manual leaves undefined. */
  | { readonly is: 'undefined'; readonly conflict: readonly MemoryType[] }
  /** An illegal value somewhere: an entry of the PAT, an MTRR, CR0. `what` names it. */
  | { readonly is: 'illegal'; readonly what: string }
  /** The EPT entry is misconfigured: there is no access. */
  | { readonly is: 'misconfigured' }
  /** The manual does not say. */
  | { readonly is: 'unspecified'; readonly what: string };

export const typed = (type: EffectiveType): Effective => ({ is: 'type', type });
export const illegal = (what: string): Effective => ({ is: 'illegal', what });

const ALL: readonly MemoryType[] = ['UC', 'WC', 'WT', 'WP', 'WB'];

/**
 * A type that does not depend on the MTRR, where a combination is the same for all of them; AMD's two names for
 * uncacheable count as one. That is so for PAT UC and WC, even where the MTRR type is undefined.
 */
export function whateverMtrr(combine: (mtrr: MemoryType) => EffectiveType): MemoryType | undefined {
  const types = new Set(ALL.map(mtrr => plainType(combine(mtrr))));
  const [only] = types;
  return types.size === 1 ? only : undefined;
}

/** Combine with an MTRR type that may be undefined. `combine` is the table of the vendor for the other operand. */
export function withMtrr<C extends { readonly type: EffectiveType }>(
  mtrr: Answer<MtrrType>,
  combine: (mtrr: MemoryType) => Answer<C>,
): Answer<Effective> {
  const { answer } = mtrr;
  if (answer.is === 'type') {
    const { answer: combined, reasons } = combine(answer.type);
    return { answer: typed(combined.type), reasons: [...mtrr.reasons, ...reasons] };
  }
  if (answer.is === 'illegal') return { answer: illegal('MTRR type'), reasons: mtrr.reasons };
  const same = whateverMtrr(type => combine(type).answer.type);
  if (same === undefined) return { answer, reasons: mtrr.reasons };
  const [sample] = combine('WB').reasons;
  const reasons: readonly Reason[] = sample
    ? [
        {
          ...sample,
          operands: { ...sample.operands, MTRR: 'undefined' },
          result: same,
          note: 'the same for every MTRR type',
        },
      ]
    : [];
  return { answer: typed(same), reasons: [...mtrr.reasons, ...reasons] };
}

export interface Stage1Access {
  readonly vendor: Vendor;
  readonly cd?: number;
  readonly nw?: number;
  /** What the PAT says: `patOfPage`, `noPaging`, or `walk-memory` for accesses to tables. */
  readonly pat: Answer<PatType | 'reserved'>;
  /** What the MTRRs say of the physical address. */
  readonly mtrr: Answer<MtrrType>;
}

/** The effective type of an access to a physical address. */
export function effectiveType({ vendor, cd = 0, nw = 0, pat, mtrr }: Stage1Access): Answer<Effective> {
  const off = cacheControl(vendor, cd, nw);
  if (off.answer === 'illegal') return { answer: illegal('CR0'), reasons: off.reasons };
  if (off.answer !== undefined) return { answer: typed(off.answer), reasons: off.reasons };
  const type = pat.answer;
  if (type === 'reserved') return { answer: illegal('PAT entry'), reasons: pat.reasons };
  const combined = withMtrr(mtrr, mtrrType => mtrrWithPat(vendor, mtrrType, type));
  return { answer: combined.answer, reasons: [...pat.reasons, ...combined.reasons] };
}
