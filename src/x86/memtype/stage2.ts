/**
 * Memory types under a second stage: EPT [SDM, "EPT and Memory Typing"], where MTRRs have no say, and nested paging
 * [APM, "Combining Memory Types, MTRRs"], where the host's PAT and MTRRs have.
 */
import { apm, sdm } from '../../refs.ts';
import { type MemoryType, memoryType, type PatType } from '../registers/attributes.ts';
import { amdCombine, guestWithHost, intelCombine } from './combine.ts';
import { cacheControl } from './control.ts';
import type { MtrrType } from './mtrr.ts';
import { type Answer, because } from './reason.ts';
import { type Effective, illegal, typed, withMtrr } from './stage1.ts';

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
  readonly pat: Answer<PatType | 'reserved'>;
}

/** The effective type of an access through EPT: data, code, and the guest's own tables alike. */
export function effectiveEpt({ cd = 0, memType, ipat, pat }: EptAccess): Answer<Effective> {
  const ept = eptMemory({ memType, ipat });
  if (ept.answer.is === 'misconfigured') return { answer: { is: 'misconfigured' }, reasons: ept.reasons };
  const off = cacheControl('intel', cd, 0, 'guest CR0');
  if (cd) return { answer: typed('UC'), reasons: [...ept.reasons, ...off.reasons] };
  if (ept.answer.is === 'override') return { answer: typed(ept.answer.type), reasons: ept.reasons };
  const reasons = [...ept.reasons, ...pat.reasons];
  if (pat.answer === 'reserved') return { answer: illegal('guest PAT entry'), reasons };
  const combined = intelCombine(ept.answer.type, pat.answer, 'EPT', TYPING);
  return { answer: typed(combined.answer.type), reasons: [...reasons, ...combined.reasons] };
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
  readonly guestPat: Answer<PatType | 'reserved'>;
  /** Host PAT type, selected by the nested entry. */
  readonly hostPat: Answer<PatType | 'reserved'>;
  /** What the MTRRs say of the system physical address. Guests have no MTRRs. */
  readonly mtrr: Answer<MtrrType>;
}

/** The effective type of an access through nested paging. */
export function effectiveNpt(access: NptAccess): Answer<Effective> {
  const { guestCd = 0, hostCd = 0, guestPat, hostPat, mtrr } = access;
  for (const [cd, whose] of [[guestCd, 'guest CR0'] as const, [hostCd, 'host CR0'] as const])
    if (cd) return { answer: typed('CD'), reasons: cacheControl('amd', 1, 0, whose).reasons };
  const before = [...guestPat.reasons, ...hostPat.reasons];
  if (guestPat.answer === 'reserved')
    return { answer: illegal('guest PAT entry'), reasons: [...before, G_PAT] };
  if (hostPat.answer === 'reserved') return { answer: illegal('host PAT entry'), reasons: before };
  const both = guestWithHost(guestPat.answer, hostPat.answer);
  const combined = withMtrr(mtrr, type => amdCombine(type, both.answer, 'guest and host PAT'));
  return { answer: combined.answer, reasons: [...before, ...both.reasons, ...combined.reasons] };
}
const G_PAT = {
  rule: 'npt.gpat',
  ref: apm('section "Nested Paging and VMRUN/#VMEXIT"'),
  operands: {},
  result: 'an illegal type in G_PAT makes VMRUN fail',
};
