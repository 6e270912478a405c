/**
 * Rows of vmx_get_mt_mask() (arch/x86/kvm/vmx/vmx.c) that several kernels share, word for word. Slots are never refused
 * for a memory type in any of them.
 */
import { source } from '../evidence.ts';
import { type Row, stop } from '../policy.ts';
import type { EptEnd } from './model.ts';

export const leaf = (type: EptEnd['type'], ipat: boolean): EptEnd => ({ type, ipat });

export const hostMmio: Row<EptEnd> = stop(
  'host-mmio',
  'host_mmio',
  leaf('UC', false),
  'Host MMIO is UC; without IPAT, so that the guest may still choose WC.',
  source('vmx_get_mt_mask()'),
);

/** A shared row that the era's own runs exercised: its evidence is the era's. */
export const measuredHere = ({ evidence: _, ...row }: Row<EptEnd>): Row<EptEnd> => row;

export const coherent: Row<EptEnd> = stop(
  'no-noncoherent-dma',
  '!noncoherent_dma',
  leaf('WB', true),
  'No device can see memory around the caches: WB whatever the guest says.',
);

export const cdUc: Row<EptEnd> = stop(
  'cd-uncached',
  'guest_cr0_cd',
  leaf('UC', true),
  'The guest turned its caches off and the quirk is disabled: UC.',
);

export const guestMtrr: Row<EptEnd> = stop(
  'guest-mtrr',
  'true',
  leaf('guest-mtrr', false),
  'The guest’s MTRRs decide, its PAT may change that.',
);

export const honour: Row<EptEnd> = stop(
  'guest-pat',
  'true',
  leaf('WB', false),
  'WB without IPAT: the guest’s PAT decides.',
);
