/** Linux before 6.7; described from 4.2 on. */
import { mail } from '../../evidence.ts';
import { stop } from '../../policy.ts';
import type { X86Policy } from '../model.ts';
import { cdUc, coherent, guestMtrr, hostMmio, leaf } from '../rows.ts';

export const v4_2: X86Policy = {
  id: 'pre-6.7',
  title: 'before 6.7: CR0.CD with its quirk is WB and IPAT',
  kind: 'mainline',
  covers: '.. 6.6',
  since: [4, 2],
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
  tdx: false,
  emulatesCaching: true,
};
