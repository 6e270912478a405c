/** Linux 6.11 to 6.15, and its release candidates, which honoured guest PAT before that was taken back. */
import { mail, source } from '../../evidence.ts';
import { stop } from '../../policy.ts';
import type { X86Policy } from '../model.ts';
import { coherent, honour, hostMmio, leaf } from '../rows.ts';

export const v6_11_rc: X86Policy = {
  id: '6.11-rc',
  title: '6.11 release candidates: guest PAT honoured on every CPU with self-snoop',
  kind: 'mainline',
  covers: '6.11-rc (0a7b73559b39, e1548088ff54, 377b2f359d1f)',
  since: [6, 11],
  only: 'candidates',
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
  tdx: false,
  emulatesCaching: false,
  notes: ['Old bochs guests, which mapped video RAM UC by mistake, became very slow; reverted before 6.11.'],
};

export const v6_11: X86Policy = {
  id: '6.11',
  title: '6.11 (revert 9d70f3fec144): guest PAT honoured with non-coherent DMA only',
  kind: 'mainline',
  covers: '6.11 .. 6.15',
  since: [6, 11],
  evidence: [
    mail('6.11 revert 9d70f3fec144 (15 Sep 2024)'),
    source('6.10-generation arch/x86/kvm/mmu/spte.c'),
  ],
  ept: [hostMmio, coherent, honour],
  patQuirk: false,
  tdx: false,
  emulatesCaching: false,
};
