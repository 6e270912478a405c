/**
 * stage2_set_prot_attr(): from protection bits to MemAttr and XN, and the cache maintenance that installing the leaf owes.
 * Source: arch/arm64/kvm/hyp/pgtable.c and asm/memory.h; patch 1/4 of 24 Feb 2024 for the 6.9 form.
 */
import type { Errno } from '../errno.ts';
import type { ProtBit, ProtPolicy, S2Type } from './model.ts';

/** MemAttr[3:0] (descriptor bits 5:2) by type, without and with FWB. KVM writes no other value for a guest. */
export const MEMATTR: Record<S2Type, { readonly plain: number; readonly fwb: number }> = {
  NORMAL: { plain: 0xf, fwb: 6 },
  NORMAL_NC: { plain: 5, fwb: 5 },
  DEVICE: { plain: 1, fwb: 1 },
  AS_S1: { plain: 0xf, fwb: 7 },
};

/** Before 6.9 a leaf is NORMAL or DEVICE. */
export const BEFORE_NC: ProtPolicy = { id: 'pre-6.9', normalNc: false };
export const WITH_NC: ProtPolicy = { id: '6.9', normalNc: true };

export type SetProt =
  | { readonly ok: true; readonly t: S2Type; readonly a: number; readonly xn: boolean }
  | { readonly ok: false; readonly errno: Errno; readonly says: string };

/** Which combinations stage2_set_prot_attr() accepts, and what it writes. */
export function setProt(policy: ProtPolicy, fwb: boolean, prot: ReadonlySet<ProtBit>): SetProt {
  const device = prot.has('DEVICE');
  const nc = policy.normalNc && prot.has('NORMAL_NC');
  if (device && nc) return { ok: false, errno: 'EINVAL', says: 'DEVICE and NORMAL_NC exclude each other' };
  if ((device || nc) && prot.has('X'))
    return { ok: false, errno: 'EINVAL', says: `${device ? 'DEVICE' : 'NORMAL_NC'} is never executable` };
  const t: S2Type = device ? 'DEVICE' : nc ? 'NORMAL_NC' : 'NORMAL';
  return { ok: true, t, a: fwb ? MEMATTR[t].fwb : MEMATTR[t].plain, xn: !prot.has('X') };
}

/** `rwx` as text, from protection bits. */
export const permissions = (prot: ReadonlySet<ProtBit>): string =>
  `r${prot.has('W') ? 'w' : '-'}${prot.has('X') ? 'x' : '-'}`;

/** S2AP[1:0] of a leaf with these permissions. */
export const s2ap = (p: string): number => (p[0] === 'r' ? 1 : 0) | (p[1] === 'w' ? 2 : 0);

/** What stage2_map_walker_try_leaf() really does before the entry becomes visible. */
export const maintenance = (
  t: S2Type,
  exec: boolean,
  fwb: boolean,
  dic: boolean,
): { dc: 0 | 1; ic: 0 | 1 } => ({
  dc: t === 'NORMAL' && !fwb ? 1 : 0,
  ic: exec && !dic ? 1 : 0,
});
