/** Linux 6.16 and later, and the stable branches that took the quirk over. */
import { measured, source } from '../../evidence.ts';
import { stop } from '../../policy.ts';
import type { X86Policy } from '../model.ts';
import { honour, hostMmio, leaf, measuredHere } from '../rows.ts';

export const v6_16: X86Policy = {
  id: '6.16',
  title: '6.16: KVM_X86_QUIRK_IGNORE_GUEST_PAT',
  kind: 'mainline',
  covers: '6.16 and later, 6.12.78 and later of the 6.12 branch',
  since: [6, 16],
  branches: [[6, 12, 78]],
  evidence: [
    source('6.18-generation arch/x86/kvm/vmx/vmx.c vmx_get_mt_mask(), vmx_ignore_guest_pat()'),
    measured('Linux 6.18.2 on x86, thirteen boots with EPT'),
  ],
  ept: [
    measuredHere(hostMmio),
    stop(
      'quirk-ignore-guest-pat',
      '!noncoherent_dma & quirk_ignore_guest_pat',
      leaf('WB', true),
      'No non-coherent DMA, and userspace left the quirk on: WB whatever the guest says.',
    ),
    honour,
  ],
  patQuirk: true,
  tdx: true,
  emulatesCaching: false,
  notes: [
    'CR0.CD and CD_NW_CLEARED change no EPT entry; on Intel the quirk counts as always disabled.',
    'Adding the first non-coherent device zaps all leaves. Disabling IGNORE_GUEST_PAT later zaps nothing: old leaves keep IPAT 1, new ones get 0.',
  ],
};
