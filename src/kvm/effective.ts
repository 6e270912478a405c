/**
 * The effective type that a guest gets: its own stage-1 type, or PAT type, combined with what KVM wrote. The rules are
 * those of src/arm64/memtype and src/x86/memtype; this file only asks them with the few values that KVM writes.
 */

import { combineStages } from '../arm64/memtype/combine.ts';
import type { Effective } from '../arm64/memtype/meaning.ts';
import { s1DecodeMemAttrs } from '../arm64/memtype/stage1.ts';
import { s2DecodeMemAttrs } from '../arm64/memtype/stage2.ts';
import { memoryName } from '../arm64/values/names.ts';
import { type Answer, answer } from '../memtype/rule.ts';
import type { Effective as X86Effective } from '../x86/memtype/stage1.ts';
import { effectiveEpt as eptRule, effectiveNpt as nptRule } from '../x86/memtype/stage2.ts';
import { type MemoryType, memoryType, type PatType, plainType } from '../x86/values/attributes.ts';
import type { S2Type } from './arm64/model.ts';
import { MEMATTR } from './arm64/prot.ts';

/** Stage-1 types as the guest chooses them, by the MAIR byte that Linux and firmware use for them. */
const MAIR = {
  'Normal-WB': 0xff,
  'Normal-WT': 0xbb,
  'Normal-NC': 0x44,
  'Device-GRE': 0x0c,
  'Device-nGRE': 0x08,
  'Device-nGnRE': 0x04,
  'Device-nGnRnE': 0x00,
} as const;
export type GuestType = keyof typeof MAIR;
export const GUEST_TYPES = Object.keys(MAIR) as readonly GuestType[];

const FEATURES = { xs: 0, mte2: 0 } as const;
const INNER_SHAREABLE = 0b11;

/** The rules' own answer for one of KVM's leaves, with its reasons. */
export function explainArm64(fwb: boolean, s2: S2Type, s1: GuestType): Answer<Effective> {
  const stage1 = s1DecodeMemAttrs(MAIR[s1], INNER_SHAREABLE, FEATURES);
  const memAttr = fwb ? MEMATTR[s2].fwb : MEMATTR[s2].plain;
  const stage2 = s2DecodeMemAttrs(memAttr, INNER_SHAREABLE, 0, { fwb: fwb ? 1 : 0, mtePerm: 0 });
  const both = combineStages(stage1.value, stage2.value);
  return answer(both.value, ...stage1.why, ...stage2.why, ...both.why);
}

/** Every combination that KVM can make: 2 x 4 x 7. */
const known = new Map<string, GuestType>();

/** The effective type by the name that people use. */
export function effectiveArm64(fwb: boolean, s2: S2Type, s1: GuestType): GuestType {
  const key = `${fwb} ${s2} ${s1}`;
  let type = known.get(key);
  if (type === undefined) {
    type = nameOf(explainArm64(fwb, s2, s1).value);
    known.set(key, type);
  }
  return type;
}

/** `Normal WB RWA` as `Normal-WB`: hints are no type. */
function nameOf(effective: Effective): GuestType {
  if (effective.is !== 'ok') throw new Error(`KVM writes no ${effective.why}`);
  const name = memoryName(effective.memory);
  const type = GUEST_TYPES.find(t => name === t || name.startsWith(t.replace('-', ' ')));
  if (type === undefined) throw new Error(`no name for ${name}`);
  return type;
}

export const PAT_TYPES = ['UC', 'UC-', 'WC', 'WT', 'WP', 'WB'] as const satisfies readonly PatType[];
export type { PatType };
/** Types that an MTRR or an EPT entry can have. */
export const MTRR_TYPES = ['UC', 'WC', 'WT', 'WP', 'WB'] as const satisfies readonly MemoryType[];
export type MtrrType = MemoryType;

/** EPT memory type field, bits 5:3. */
export const EPT_CODE = Object.fromEntries(
  [0, 1, 2, 3, 4, 5, 6, 7].flatMap(code => {
    const type = memoryType(code);
    return type === undefined ? [] : [[type, code]];
  }),
) as Record<MtrrType, number>;

function typeOf({ value }: Answer<X86Effective>): MtrrType {
  if (value.is !== 'type') throw new Error(`KVM writes nothing that is ${value.is}`);
  return plainType(value.type);
}

/** EPT: IPAT takes the entry's type, else it is combined with the guest's PAT type. */
export const effectiveEpt = (ept: MtrrType, ipat: boolean, pat: PatType): MtrrType =>
  typeOf(eptRule({ memType: EPT_CODE[ept], ipat: ipat ? 1 : 0, pat: answer(pat) }));

/** NPT as KVM programs it: host PAT entry 0, WB. AMD's CD is UC here, WC+ is WC. */
export const effectiveNpt = (hostMtrr: MtrrType, pat: PatType): MtrrType =>
  typeOf(
    nptRule({ guestPat: answer(pat), hostPat: answer('WB'), mtrr: answer({ is: 'type', type: hostMtrr }) }),
  );

/**
 * guaranteed: every guest type ends as the same; guest decides: every guest type gets through;
 * overridden: the entry changes some of them and not others.
 */
export type Control = 'guaranteed' | 'guest decides' | 'overridden';

export interface GuestView<G extends string, E extends string> {
  /** Effective type for each type that the guest may choose. */
  readonly effective: Readonly<Record<G, E>>;
  readonly control: Control;
  /** The type, when it is guaranteed. */
  readonly type?: E;
}

export function guestView<G extends string, E extends string>(
  types: readonly G[],
  combine: (guest: G) => E,
): GuestView<G, E> {
  const effective = Object.fromEntries(types.map(type => [type, combine(type)])) as Record<G, E>;
  const results = new Set(Object.values(effective) as E[]);
  // UC- and UC are the same memory type to the guest wherever no MTRR tells them apart.
  const through = types.every(
    type => (effective[type] as string) === type || (type === 'UC-' && effective[type] === 'UC'),
  );
  const [only] = results;
  if (results.size === 1 && only !== undefined) return { effective, control: 'guaranteed', type: only };
  return { effective, control: through ? 'guest decides' : 'overridden' };
}

export const guestViewArm64 = (fwb: boolean, s2: S2Type): GuestView<GuestType, GuestType> =>
  guestView(GUEST_TYPES, guest => effectiveArm64(fwb, s2, guest));
export const guestViewEpt = (ept: MtrrType, ipat: boolean): GuestView<PatType, MtrrType> =>
  guestView(PAT_TYPES, guest => effectiveEpt(ept, ipat, guest));
export const guestViewNpt = (hostMtrr: MtrrType): GuestView<PatType, MtrrType> =>
  guestView(PAT_TYPES, guest => effectiveNpt(hostMtrr, guest));
