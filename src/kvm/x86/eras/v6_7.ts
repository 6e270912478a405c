/** Linux 6.7 to 6.10 (c9f65a3f2d92). */
import { mail } from '../../evidence.ts';
import { stop } from '../../policy.ts';
import type { X86Policy } from '../model.ts';
import { cdUc, coherent, guestMtrr, hostMmio, leaf } from '../rows.ts';

export const v6_7: X86Policy = {
  id: '6.7',
  title: '6.7 (c9f65a3f2d92): CR0.CD with its quirk is WB without IPAT',
  kind: 'mainline',
  covers: '6.7 .. 6.10',
  since: [6, 7],
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
  tdx: false,
  emulatesCaching: true,
};
