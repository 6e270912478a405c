/**
 * The effective type that a guest on x86 gets: its PAT type combined with what KVM wrote. The rules are those of
 * src/x86/memtype; this file only asks them with the few values that KVM writes.
 */
import { type Answer, answer } from '../../memtype/rule.ts';
import { effectiveEpt as eptRule, effectiveNpt as nptRule } from '../../x86/memtype/effective.ts';
import type { Effective } from '../../x86/memtype/meaning.ts';
import { type MemoryType, type PatType, plainType, typeCode } from '../../x86/values/attributes.ts';
import { unknownName } from '../errors.ts';
import { type GuestView, guestView } from '../guest.ts';

export const PAT_TYPES = ['UC', 'UC-', 'WC', 'WT', 'WP', 'WB'] as const satisfies readonly PatType[];
export type { PatType };
/** Types that an MTRR or an EPT entry can have. */
export const MTRR_TYPES = ['UC', 'WC', 'WT', 'WP', 'WB'] as const satisfies readonly MemoryType[];
export type MtrrType = MemoryType;

function typeOf({ value }: Answer<Effective>): MtrrType {
  if (value.is !== 'type') throw new Error(`KVM writes nothing that is ${value.is}`);
  return plainType(value.type);
}

/** EPT: IPAT takes the entry's type, else it is combined with the guest's PAT type. */
export const effectiveEpt = (ept: MtrrType, ipat: boolean, pat: PatType): MtrrType =>
  typeOf(eptRule({ memType: typeCode(ept), ipat: ipat ? 1 : 0, pat: answer(pat) }));

/** NPT as KVM programs it: host PAT entry 0, WB. AMD's CD is UC here, WC+ is WC. */
export const effectiveNpt = (hostMtrr: MtrrType, pat: PatType): MtrrType =>
  typeOf(
    nptRule({ guestPat: answer(pat), hostPat: answer('WB'), mtrr: answer({ is: 'type', type: hostMtrr }) }),
  );

/** UC- and UC are the same memory type to the guest wherever no MTRR tells them apart. */
const same = (guest: PatType, effective: MtrrType): boolean =>
  guest === effective || (guest === 'UC-' && effective === 'UC');

export const guestViewEpt = (ept: MtrrType, ipat: boolean): GuestView<PatType, MtrrType> =>
  guestView(PAT_TYPES, guest => effectiveEpt(ept, ipat, guest), same);
export const guestViewNpt = (hostMtrr: MtrrType): GuestView<PatType, MtrrType> =>
  guestView(PAT_TYPES, guest => effectiveNpt(hostMtrr, guest), same);

/** `wb`, `WC`: what a guest can get. */
export function parseType(text: string): MtrrType {
  const found = MTRR_TYPES.find(t => t === text.toUpperCase());
  if (found) return found;
  throw unknownName('effective type', text, [...MTRR_TYPES]);
}

/** `wb`, `uc-`, `WC`: what a guest's own tables can ask for. */
export function parsePatType(text: string): PatType {
  const found = PAT_TYPES.find(t => t === text.toUpperCase());
  if (found) return found;
  throw unknownName('PAT type', text, [...PAT_TYPES]);
}
