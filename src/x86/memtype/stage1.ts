/** Memory type of an access without a second stage: PAT and MTRRs [SDM, "Precedence of Cache Controls"]. */
import type { Format } from '../../bits/format.ts';
import type { Bit, Row } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { type Answer, answer, rule } from '../../memtype/rule.ts';
import { sdm } from '../../refs.ts';
import { type Stage1Settings, stage1Page } from '../descriptors/stage1.ts';
import type { MemoryType, PatType } from '../values/attributes.ts';
import { type EffectiveType, plainType } from '../values/attributes.ts';
import { type Combined, mtrrWithPat, type Vendor } from './combine.ts';
import { cacheControl } from './control.ts';
import type { MtrrType } from './mtrr.ts';
import { type PatSays, patOfPage } from './pat.ts';
import { reason } from './reason.ts';

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

/** Where the PAT gives no type there is no effective one. */
export const isNoType = (says: PatSays): says is 'reserved' | 'unspecified' =>
  says === 'reserved' || says === 'unspecified';
export const noType = (says: 'reserved' | 'unspecified', what: string): Effective =>
  says === 'reserved' ? illegal(what) : { is: 'unspecified', what };

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
export function withMtrr(
  mtrr: Answer<MtrrType>,
  combine: (mtrr: MemoryType) => Answer<Combined>,
): Answer<Effective> {
  const type = mtrr.value;
  if (type.is === 'type') {
    const combined = combine(type.type);
    return answer(typed(combined.value.type), ...mtrr.why, ...combined.why);
  }
  if (type.is === 'illegal') return answer(illegal('MTRR type'), ...mtrr.why);
  const same = whateverMtrr(each => combine(each).value.type);
  if (same === undefined) return answer(type, ...mtrr.why);
  const step = {
    rule: 'mtrr.any',
    ref: ANY_REF,
    operands: {},
    result: same,
    note: 'whatever the MTRR type is',
  };
  return answer(typed(same), ...mtrr.why, reason(step));
}
const ANY_REF = sdm('section "Selecting Memory Types for Pentium III and More Recent Processor Families"');

export interface Stage1Access {
  readonly vendor: Vendor;
  readonly cd?: number;
  readonly nw?: number;
  /** What the PAT says: `patOfPage`, `noPaging`, or `walk-memory` for accesses to tables. */
  readonly pat: Answer<PatSays>;
  /** What the MTRRs say of the physical address. */
  readonly mtrr: Answer<MtrrType>;
}

/** The effective type of an access to a physical address. */
export function effectiveType({ vendor, cd = 0, nw = 0, pat, mtrr }: Stage1Access): Answer<Effective> {
  const off = cacheControl(vendor, cd, nw);
  if (off.value === 'illegal') return answer(illegal('CR0'), ...off.why);
  if (off.value !== undefined) return answer(typed(off.value), ...off.why);
  const type = pat.value;
  if (isNoType(type)) return answer(noType(type, 'PAT entry'), ...pat.why);
  const combined = withMtrr(mtrr, mtrrType => mtrrWithPat(vendor, mtrrType, type));
  return answer(combined.value, ...pat.why, ...combined.why);
}

// -------------------------------------------------------------------------------------------------- as a table

/** What the PAT's say on a page depends on besides the entry. */
export interface Stage1Types {
  /** The layout of the entry. */
  readonly settings: Stage1Settings;
  /** IA32_PAT. */
  readonly pat: Word;
}

/** The rule on an entry that maps a page: what the PAT says of it. */
export const stage1 = rule({
  id: 'x86.pat.entry',
  ref: sdm('section "Selecting a Memory Type from the PAT"'),
  format: ({ settings }: Stage1Types) => stage1Page(settings) as Format<PageBits>,
  reads: ['pat', 'pcd', 'pwt'],
  resolve: (bits, { pat }: Stage1Types): Answer<PatType | 'reserved'> => patOfPage(pat, bits),
});
/** Every layout of a page has these, though not at the same place. */
type PageBits = { readonly pat: Row<Bit>; readonly pcd: Row<Bit>; readonly pwt: Row<Bit> };
