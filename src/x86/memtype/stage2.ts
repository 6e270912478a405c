/**
 * Memory types under a second stage: EPT [SDM, "EPT and Memory Typing"], where MTRRs have no say, and nested paging
 * [APM, "Combining Memory Types, MTRRs"], where the host's PAT and MTRRs have.
 */
import { type Answer, answer, rule } from '../../memtype/rule.ts';
import { apm, sdm } from '../../refs.ts';
import { type Stage2Settings, stage2Page } from '../descriptors/stage2.ts';
import { type MemoryType, memoryType } from '../values/attributes.ts';
import { amdCombine, guestWithHost, intelCombine } from './combine.ts';
import { cacheControl } from './control.ts';
import type { MtrrType } from './mtrr.ts';
import type { PatSays } from './pat.ts';
import { because, reason } from './reason.ts';
import { type Effective, illegal, isNoType, noType, typed, withMtrr } from './stage1.ts';

const TYPING = sdm('section "EPT and Memory Typing"');

/** What an EPT leaf wants: its type alone (IPAT), or its type with the guest's PAT. */
export type EptMemory =
  | { readonly is: 'override'; readonly type: MemoryType }
  | { readonly is: 'combine'; readonly type: MemoryType }
  | { readonly is: 'misconfigured' };

/** The memory type and IPAT of an EPT leaf. Reserved types are a misconfiguration, even where IPAT or CD would hide them. */
export function eptMemory({
  memType,
  ipat,
}: {
  readonly memType: number;
  readonly ipat: number;
}): Answer<EptMemory> {
  const type = memoryType(memType);
  const operands = { 'EPT memory type': type ?? memType, IPAT: ipat };
  if (type === undefined)
    return because(
      { is: 'misconfigured' },
      {
        rule: 'ept.memtype',
        ref: sdm('section "EPT Misconfigurations"'),
        operands,
        result: 'EPT misconfiguration',
      },
    );
  return ipat
    ? because(
        { is: 'override', type },
        { rule: 'ept.ipat', ref: TYPING, operands, result: `${type}, PAT ignored` },
      )
    : because(
        { is: 'combine', type },
        { rule: 'ept.memtype', ref: TYPING, operands, result: `${type} with PAT` },
      );
}

export interface EptAccess {
  /** The guest's CR0: the value in force, not the read shadow. */
  readonly cd?: number;
  readonly memType: number;
  readonly ipat: number;
  /** The guest's PAT type; `noPaging` where the guest's CR0.PG is 0. */
  readonly pat: Answer<PatSays>;
}

/** The effective type of an access through EPT: data, code, and the guest's own tables alike. */
export function effectiveEpt({ cd = 0, memType, ipat, pat }: EptAccess): Answer<Effective> {
  const ept = eptMemory({ memType, ipat });
  if (ept.value.is === 'misconfigured') return answer({ is: 'misconfigured' }, ...ept.why);
  if (cd) return answer(typed('UC'), ...ept.why, ...cacheControl('intel', cd, 0, 'guest CR0').why);
  return combineEpt(ept, pat);
}

/** What an EPT leaf wants, with what the guest's PAT says. CR0.CD is 0. */
export function combineEpt(ept: Answer<EptMemory>, pat: Answer<PatSays>): Answer<Effective> {
  if (ept.value.is === 'misconfigured') return answer({ is: 'misconfigured' }, ...ept.why);
  if (ept.value.is === 'override') return answer(typed(ept.value.type), ...ept.why);
  const why = [...ept.why, ...pat.why];
  if (isNoType(pat.value)) return answer(noType(pat.value, 'guest PAT entry'), ...why);
  const combined = intelCombine(ept.value.type, pat.value, 'EPT', TYPING);
  return answer(typed(combined.value.type), ...why, ...combined.why);
}

/** The type of accesses to the EPT paging structures themselves: EPTP[2:0], or UC with CR0.CD = 1. No MTRRs. */
export function eptStructures(memType: number, cd = 0): Answer<Effective> {
  const type = memoryType(memType);
  const operands = { 'EPTP[2:0]': type ?? memType, 'CR0.CD': cd };
  const legal = type === 'UC' || type === 'WB';
  const result = !legal ? 'illegal' : cd ? 'UC' : type;
  return because(legal ? typed(cd ? 'UC' : type) : illegal('EPTP memory type'), {
    rule: 'ept.structures',
    ref: sdm('section "Memory Type Used for Accessing EPT Paging Structures"'),
    operands,
    result,
  });
}

export interface NptAccess {
  readonly guestCd?: number;
  readonly hostCd?: number;
  /** Guest PAT type, by G_PAT; `noPaging` where the guest's CR0.PG is 0. */
  readonly guestPat: Answer<PatSays>;
  /** Host PAT type, selected by the nested entry. */
  readonly hostPat: Answer<PatSays>;
  /** What the MTRRs say of the system physical address. Guests have no MTRRs. */
  readonly mtrr: Answer<MtrrType>;
}

/** The effective type of an access through nested paging. */
export function effectiveNpt(access: NptAccess): Answer<Effective> {
  const { guestCd = 0, hostCd = 0, guestPat, hostPat, mtrr } = access;
  if (guestCd) return answer(typed('CD'), ...cacheControl('amd', 1, 0, 'guest CR0').why);
  if (hostCd) return answer(typed('CD'), ...cacheControl('amd', 1, 0, 'host CR0').why);
  const why = [...guestPat.why, ...hostPat.why];
  if (guestPat.value === 'reserved') return answer(illegal('guest PAT entry'), ...why, reason(G_PAT));
  if (isNoType(guestPat.value)) return answer(noType(guestPat.value, 'guest PAT entry'), ...why);
  if (isNoType(hostPat.value)) return answer(noType(hostPat.value, 'host PAT entry'), ...why);
  const both = guestWithHost(guestPat.value, hostPat.value);
  const combined = withMtrr(mtrr, type => amdCombine(type, both.value, 'guest and host PAT'));
  return answer(combined.value, ...why, ...both.why, ...combined.why);
}
const G_PAT = {
  rule: 'npt.gpat',
  ref: apm('section "Nested Paging and VMRUN/#VMEXIT"'),
  operands: {},
  result: 'an illegal type in G_PAT makes VMRUN fail',
};

// -------------------------------------------------------------------------------------------------- as a table

/** The rule on an EPT entry that maps a page. */
export const stage2 = rule({
  id: 'x86.ept.memtype',
  ref: TYPING,
  format: (settings: Stage2Settings) => stage2Page(settings),
  reads: ['memType', 'ipat'],
  resolve: (fields): Answer<EptMemory> => eptMemory(fields),
});
