/**
 * The effective memory type of one access: PAT and MTRRs where nothing stands behind [SDM, "Precedence of Cache Controls"];
 * under EPT [SDM, "EPT and Memory Typing"], where MTRRs have no say; under nested paging [APM, "Combining Memory Types,
 * MTRRs"], where the host's PAT and MTRRs have.
 */
import { type Answer, answer, citing } from '../../memtype/rule.ts';
import { apm, sdm } from '../../refs.ts';
import type { EffectiveType, MemoryType } from '../values/attributes.ts';
import { plainType } from '../values/attributes.ts';
import {
  amdCombine,
  type Combined,
  guestWithHost,
  intelCombine,
  mtrrWithPat,
  type Vendor,
} from './combine.ts';
import { cacheControl } from './control.ts';
import {
  type Effective,
  illegal,
  isNoType,
  noType,
  type Stage1Meaning,
  type Stage2Meaning,
  typed,
} from './meaning.ts';
import type { MtrrType } from './mtrr.ts';
import { eptMemory } from './stage2.ts';

const TYPING = sdm('section "EPT and Memory Typing"');
const anyMtrr = citing(
  'x86.mtrr.any',
  sdm('section "Selecting Memory Types for Pentium III and More Recent Processor Families"'),
);
const guestPatRule = citing('x86.npt.gpat', apm('section "Nested Paging and VMRUN/#VMEXIT"'));

/** One access, and what stands behind the page that it names: nothing, an EPT leaf, or a nested leaf of the host. */
export type Question =
  | ({ readonly through: 'nothing' } & Stage1Access)
  | ({ readonly through: 'ept' } & EptAccess)
  | ({ readonly through: 'npt' } & NptAccess);

/** The effective type of one access, with its reasons. */
export function effective(question: Question): Answer<Effective> {
  switch (question.through) {
    case 'nothing':
      return effectiveType(question);
    case 'ept':
      return effectiveEpt(question);
    case 'npt':
      return effectiveNpt(question);
  }
}

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
  return answer(typed(same), ...mtrr.why, anyMtrr({}, same, { note: 'whatever the MTRR type is' }));
}

export interface Stage1Access {
  readonly vendor: Vendor;
  readonly cd?: number;
  readonly nw?: number;
  /** What the PAT says: `patOfPage`, `noPaging`, or `walk-memory` for accesses to tables. */
  readonly pat: Answer<Stage1Meaning>;
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

export interface EptAccess {
  /** The guest's CR0: the value in force, not the read shadow. */
  readonly cd?: number;
  readonly memType: number;
  readonly ipat: number;
  /** The guest's PAT type; `noPaging` where the guest's CR0.PG is 0. */
  readonly pat: Answer<Stage1Meaning>;
}

/** The effective type of an access through EPT: data, code, and the guest's own tables alike. */
export function effectiveEpt({ cd = 0, memType, ipat, pat }: EptAccess): Answer<Effective> {
  const ept = eptMemory({ memType, ipat });
  if (ept.value.is === 'misconfigured') return answer({ is: 'misconfigured' }, ...ept.why);
  if (cd) return answer(typed('UC'), ...ept.why, ...cacheControl('intel', cd, 0, 'guest CR0').why);
  return combineEpt(ept, pat);
}

/** What an EPT leaf wants, with what the guest's PAT says. CR0.CD is 0. */
export function combineEpt(ept: Answer<Stage2Meaning>, pat: Answer<Stage1Meaning>): Answer<Effective> {
  if (ept.value.is === 'misconfigured') return answer({ is: 'misconfigured' }, ...ept.why);
  if (ept.value.is === 'override') return answer(typed(ept.value.type), ...ept.why);
  const why = [...ept.why, ...pat.why];
  if (isNoType(pat.value)) return answer(noType(pat.value, 'guest PAT entry'), ...why);
  const combined = intelCombine(ept.value.type, pat.value, 'EPT', TYPING);
  return answer(typed(combined.value.type), ...why, ...combined.why);
}

export interface NptAccess {
  readonly guestCd?: number;
  readonly hostCd?: number;
  /** Guest PAT type, by G_PAT; `noPaging` where the guest's CR0.PG is 0. */
  readonly guestPat: Answer<Stage1Meaning>;
  /** Host PAT type, selected by the nested entry. */
  readonly hostPat: Answer<Stage1Meaning>;
  /** What the MTRRs say of the system physical address. Guests have no MTRRs. */
  readonly mtrr: Answer<MtrrType>;
}

/** The effective type of an access through nested paging. */
export function effectiveNpt(access: NptAccess): Answer<Effective> {
  const { guestCd = 0, hostCd = 0, guestPat, hostPat, mtrr } = access;
  if (guestCd) return answer(typed('CD'), ...cacheControl('amd', 1, 0, 'guest CR0').why);
  if (hostCd) return answer(typed('CD'), ...cacheControl('amd', 1, 0, 'host CR0').why);
  const why = [...guestPat.why, ...hostPat.why];
  if (guestPat.value === 'reserved')
    return answer(
      illegal('guest PAT entry'),
      ...why,
      guestPatRule({}, 'an illegal type in G_PAT makes VMRUN fail'),
    );
  if (isNoType(guestPat.value)) return answer(noType(guestPat.value, 'guest PAT entry'), ...why);
  if (isNoType(hostPat.value)) return answer(noType(hostPat.value, 'host PAT entry'), ...why);
  const both = guestWithHost(guestPat.value, hostPat.value);
  const combined = withMtrr(mtrr, type => amdCombine(type, both.value, 'guest and host PAT'));
  return answer(combined.value, ...why, ...both.why, ...combined.why);
}
