/** IA32_VMX_EPT_VPID_CAP: what a processor's EPT can do [SDM, "VPID and EPT Capabilities"]. */
import { format } from '../../bits/format.ts';
import { register } from '../../bits/register.ts';
import { bits, flag, res0 } from '../../bits/spec.ts';
import { sdm } from '../../refs.ts';

const CAPABILITIES = sdm('section "VPID and EPT Capabilities"');
/** A read-only register: a bit that is set and not known here is a newer processor's and no mistake. */
const reserved = (hi: number, lo = hi) =>
  res0(hi, lo, { severity: 'note', name: hi === lo ? `Reserved[${hi}]` : `Reserved[${hi}:${lo}]` });

export const eptVpidCapLayout = format(
  'x86.IA32_VMX_EPT_VPID_CAP',
  { title: 'IA32_VMX_EPT_VPID_CAP', ref: CAPABILITIES },
  () => ({
    ...{
      res54: reserved(63, 54),
      hlatPrefix: bits(53, 48, 'maximum HLAT prefix size'),
      res44: reserved(47, 44),
    },
    invvpidRetain: flag(43, 'INVVPID single-context-retaining-globals'),
    invvpidAll: flag(42, 'INVVPID all-context'),
    invvpidSingle: flag(41, 'INVVPID single-context'),
    invvpidAddress: flag(40, 'INVVPID individual-address'),
    ...{ res33: reserved(39, 33), invvpid: flag(32, 'INVVPID'), res27: reserved(31, 27) },
    ...{ inveptAll: flag(26, 'INVEPT all-context'), inveptSingle: flag(25, 'INVEPT single-context') },
    ...{ res24: reserved(24), sss: flag(23, 'supervisor shadow-stack control') },
    ...{ exitInfo: flag(22, 'advanced VM-exit information'), ad: flag(21, 'accessed and dirty flags') },
    ...{ invept: flag(20, 'INVEPT'), res18: reserved(19, 18) },
    ...{ p1g: flag(17, '1-GByte pages'), p2m: flag(16, '2-MByte pages') },
    ...{ res15: reserved(15), wb: flag(14, 'WB paging structures'), res9: reserved(13, 9) },
    ...{
      uc: flag(8, 'UC paging structures'),
      pwl5: flag(7, '5-level walks'),
      pwl4: flag(6, '4-level walks'),
    },
    ...{ res1: reserved(5, 1), execOnly: flag(0, 'execute-only translations') },
  }),
);

export type EptVpidCapFacts = {
  /** What the settings of `x86.ept` and `x86.EPTP` of the same names should be. */
  readonly execOnly: number;
  readonly pwl4: number;
  readonly pwl5: number;
  readonly uc: number;
  readonly wb: number;
  readonly p2m: number;
  readonly p1g: number;
  readonly ad: number;
  readonly sss: number;
};

export const eptVpidCap = register(eptVpidCapLayout, {
  id: 'x86.IA32_VMX_EPT_VPID_CAP',
  title: 'IA32_VMX_EPT_VPID_CAP: capabilities of EPT (MSR 48CH)',
  ref: CAPABILITIES,
  aliases: ['ept_vpid_cap', 'msr48c'],
  facts: ({ execOnly, pwl4, pwl5, uc, wb, p2m, p1g, ad, sss }): EptVpidCapFacts => ({
    execOnly,
    ...{ pwl4, pwl5, uc, wb },
    ...{ p2m, p1g, ad, sss },
  }),
});
