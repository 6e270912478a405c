/**
 * x86, Intel EPT: which memory type and IPAT KVM writes, kernel by kernel (arch/x86/kvm/vmx/vmx.c vmx_get_mt_mask()).
 * Slots are never refused for a memory type in any of them.
 */
import { mail, measured, source } from '../../evidence.ts';
import { type Row, stop } from '../../policy.ts';
import type { EptEnd, X86Policy } from '../../x86/model.ts';

const leaf = (type: EptEnd['type'], ipat: boolean): EptEnd => ({ type, ipat });

const hostMmio: Row<EptEnd> = stop(
  'host-mmio',
  'host_mmio',
  leaf('UC', false),
  'Host MMIO is UC; without IPAT, so that the guest may still choose WC.',
  source('vmx_get_mt_mask()'),
);

/** A shared row that the era's own runs exercised: its evidence is the era's. */
const measuredHere = ({ evidence: _, ...row }: Row<EptEnd>): Row<EptEnd> => row;

const coherent: Row<EptEnd> = stop(
  'no-noncoherent-dma',
  '!noncoherent_dma',
  leaf('WB', true),
  'No device can see memory around the caches: WB whatever the guest says.',
);

const cdUc: Row<EptEnd> = stop(
  'cd-uncached',
  'guest_cr0_cd',
  leaf('UC', true),
  'The guest turned its caches off and the quirk is disabled: UC.',
);

const guestMtrr: Row<EptEnd> = stop(
  'guest-mtrr',
  'true',
  leaf('guest-mtrr', false),
  'The guest’s MTRRs decide, its PAT may change that.',
);

const honour: Row<EptEnd> = stop(
  'guest-pat',
  'true',
  leaf('WB', false),
  'WB without IPAT: the guest’s PAT decides.',
);

export const X86_POLICIES: readonly X86Policy[] = [
  {
    id: 'pre-6.7',
    title: 'before 6.7: CR0.CD with its quirk is WB and IPAT',
    covers: '.. 6.6',
    evidence: [mail('"drop IPAT in memtype when CD=1" v3 (16 Jun 2023)')],
    ept: [
      hostMmio,
      coherent,
      stop(
        'cd-quirk',
        'guest_cr0_cd & quirk_cd_nw_cleared',
        leaf('WB', true),
        'The guest turned its caches off, and KVM ignores that by default.',
      ),
      cdUc,
      guestMtrr,
    ],
    patQuirk: false,
    emulatesCaching: true,
  },
  {
    id: '6.7',
    title: '6.7 (c9f65a3f2d92): CR0.CD with its quirk is WB without IPAT',
    covers: '6.7 .. 6.10',
    evidence: [mail('"drop IPAT in memtype when CD=1" v3 (16 Jun 2023), c9f65a3f2d92')],
    ept: [
      hostMmio,
      coherent,
      stop(
        'cd-quirk',
        'guest_cr0_cd & quirk_cd_nw_cleared',
        leaf('WB', false),
        'The guest turned its caches off, KVM ignores that, and its PAT is honoured.',
      ),
      cdUc,
      guestMtrr,
    ],
    patQuirk: false,
    emulatesCaching: true,
  },
  {
    id: '6.11-rc',
    title: '6.11 release candidates: guest PAT honoured on every CPU with self-snoop',
    covers: '6.11-rc (0a7b73559b39, e1548088ff54, 377b2f359d1f)',
    evidence: [mail('kvm-x86 MTRR pull for 6.11 (Jul 2024)')],
    ept: [
      hostMmio,
      stop(
        'no-self-snoop',
        '!self_snoop & !noncoherent_dma',
        leaf('WB', true),
        'Without self-snoop aliases are not safe, and nothing needs them: WB.',
      ),
      honour,
    ],
    patQuirk: false,
    emulatesCaching: false,
    notes: [
      'Old bochs guests, which mapped video RAM UC by mistake, became very slow; reverted before 6.11.',
    ],
  },
  {
    id: '6.11',
    title: '6.11 (revert 9d70f3fec144): guest PAT honoured with non-coherent DMA only',
    covers: '6.11 .. 6.15',
    evidence: [
      mail('6.11 revert 9d70f3fec144 (15 Sep 2024)'),
      source('6.10-generation arch/x86/kvm/mmu/spte.c'),
    ],
    ept: [hostMmio, coherent, honour],
    patQuirk: false,
    emulatesCaching: false,
  },
  {
    id: '6.16',
    title: '6.16: KVM_X86_QUIRK_IGNORE_GUEST_PAT',
    covers: '6.16 and later, 6.12.78 and later of the 6.12 branch',
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
    emulatesCaching: false,
    notes: [
      'CR0.CD and CD_NW_CLEARED change no EPT entry; on Intel the quirk counts as always disabled.',
      'Adding the first non-coherent device zaps all leaves. Disabling IGNORE_GUEST_PAT later zaps nothing: old leaves keep IPAT 1, new ones get 0.',
    ],
  },
];
