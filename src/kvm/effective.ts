/**
 * The effective type that a guest gets: its own stage-1 type, or PAT type, combined with what KVM wrote. The only place
 * of this folder that knows how the architectures combine types.
 */
import type { S2Type } from './arm64/model.ts';

/** Stage-1 types as the guest chooses them, weakest ordering last. */
export const GUEST_TYPES = [
  'Normal-WB',
  'Normal-WT',
  'Normal-NC',
  'Device-GRE',
  'Device-nGRE',
  'Device-nGnRE',
  'Device-nGnRnE',
] as const;
export type GuestType = (typeof GUEST_TYPES)[number];

const STRENGTH: readonly GuestType[] = ['Device-GRE', 'Device-nGRE', 'Device-nGnRE', 'Device-nGnRnE'];
const isDevice = (type: GuestType) => type.startsWith('Device');

/** Arm ARM, S2CombineS1MemAttrs and AArch64.S2ApplyFWBMemAttrs, for the four values that KVM writes. */
export const effectiveArm64 = (fwb: boolean, s2: S2Type, s1: GuestType): GuestType => {
  switch (s2) {
    case 'NORMAL':
      return fwb ? 'Normal-WB' : s1;
    case 'AS_S1':
      return s1;
    case 'NORMAL_NC':
      return isDevice(s1) ? s1 : 'Normal-NC';
    case 'DEVICE':
      return isDevice(s1) && STRENGTH.indexOf(s1) > STRENGTH.indexOf('Device-nGnRE') ? s1 : 'Device-nGnRE';
  }
};

export const PAT_TYPES = ['UC', 'UC-', 'WC', 'WT', 'WP', 'WB'] as const;
export type PatType = (typeof PAT_TYPES)[number];
/** Types that an MTRR or an EPT entry can have. */
export const MTRR_TYPES = ['UC', 'WC', 'WT', 'WP', 'WB'] as const;
export type MtrrType = (typeof MTRR_TYPES)[number];

/** EPT memory type field, bits 5:3. */
export const EPT_CODE: Record<MtrrType, number> = { UC: 0, WC: 1, WT: 4, WP: 5, WB: 6 };

// SDM volume 3, effective page-level memory type: MTRR (row) by PAT (column UC UC- WC WT WP WB).
const INTEL: Record<MtrrType, readonly MtrrType[]> = {
  UC: ['UC', 'UC', 'WC', 'UC', 'UC', 'UC'],
  WC: ['UC', 'WC', 'WC', 'UC', 'UC', 'WC'],
  WT: ['UC', 'UC', 'WC', 'WT', 'WP', 'WT'],
  WP: ['UC', 'WC', 'WC', 'WT', 'WP', 'WP'],
  WB: ['UC', 'UC', 'WC', 'WT', 'WP', 'WB'],
};

/** EPT: IPAT takes the entry's type, else it stands in the MTRR's place of the table. */
export const effectiveEpt = (ept: MtrrType, ipat: boolean, pat: PatType): MtrrType =>
  ipat ? ept : (INTEL[ept][PAT_TYPES.indexOf(pat)] as MtrrType);

// APM volume 2, guest PAT over a host entry of WB (PAT entry 0), then MTRR of the system address; WC+ reads as WC, CD as UC.
const NPT: Record<MtrrType, readonly MtrrType[]> = {
  UC: ['UC', 'UC', 'WC', 'UC', 'UC', 'UC'],
  WC: ['UC', 'UC', 'WC', 'UC', 'UC', 'WC'],
  WT: ['UC', 'UC', 'WC', 'WT', 'UC', 'WT'],
  WP: ['UC', 'UC', 'WC', 'UC', 'WP', 'WP'],
  WB: ['UC', 'UC', 'WC', 'WT', 'WP', 'WB'],
};

/** NPT as KVM programs it: host PAT entry 0, WB. */
export const effectiveNpt = (hostMtrr: MtrrType, pat: PatType): MtrrType =>
  NPT[hostMtrr][PAT_TYPES.indexOf(pat)] as MtrrType;

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

export const guestView = <G extends string, E extends string>(
  types: readonly G[],
  combine: (guest: G) => E,
): GuestView<G, E> => {
  const effective = Object.fromEntries(types.map(type => [type, combine(type)])) as Record<G, E>;
  const results = new Set(Object.values(effective) as E[]);
  // UC- and UC are the same memory type to the guest wherever no MTRR tells them apart.
  const through = types.every(
    type => (effective[type] as string) === type || (type === 'UC-' && effective[type] === 'UC'),
  );
  const [only] = results;
  if (results.size === 1 && only !== undefined) return { effective, control: 'guaranteed', type: only };
  return { effective, control: through ? 'guest decides' : 'overridden' };
};

export const guestViewArm64 = (fwb: boolean, s2: S2Type): GuestView<GuestType, GuestType> =>
  guestView(GUEST_TYPES, guest => effectiveArm64(fwb, s2, guest));
export const guestViewEpt = (ept: MtrrType, ipat: boolean): GuestView<PatType, MtrrType> =>
  guestView(PAT_TYPES, guest => effectiveEpt(ept, ipat, guest));
export const guestViewNpt = (hostMtrr: MtrrType): GuestView<PatType, MtrrType> =>
  guestView(PAT_TYPES, guest => effectiveNpt(hostMtrr, guest));
