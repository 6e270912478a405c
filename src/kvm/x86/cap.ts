/** KVM_X86_QUIRK_IGNORE_GUEST_PAT: what KVM_CHECK_EXTENSION and KVM_ENABLE_CAP answer, and whether the quirk is active then. */
import { cameWith, eraGrade } from '../era.ts';
import { errnoNumber } from '../errno.ts';
import { type Evidence, type Grade, measured, source, strongest } from '../evidence.ts';
import { X86_ERAS } from './eras/index.ts';
import type { Vendor, X86Cpu, X86Policy } from './model.ts';

export const IGNORE_GUEST_PAT = 'KVM_X86_QUIRK_IGNORE_GUEST_PAT';
/** Its bit in what KVM_CAP_DISABLE_QUIRKS2 takes and returns. */
export const IGNORE_GUEST_PAT_BIT = 1 << 9;

export type QuirkCall = 'none' | 'DISABLE_QUIRKS' | 'DISABLE_QUIRKS2';

export interface QuirkAnswer {
  /** Return of KVM_ENABLE_CAP: 0 or -22. */
  readonly ret: number;
  readonly quirkActive: boolean;
  /** KVM_CHECK_EXTENSION(KVM_CAP_DISABLE_QUIRKS2): the quirks that can be named, bit 9 among them or not. */
  readonly mask: 0x3ff | 0x1ff;
  readonly says: string;
  readonly evidence: readonly Evidence[];
}

/**
 * Bit 9. Supported on Intel with self-snoop and on AMD, with TDP; inapplicable on AMD and TDX, where a supported quirk
 * starts disabled. KVM_CAP_DISABLE_QUIRKS2 refuses unsupported bits, the old capability drops them silently.
 */
export function patQuirk(vendor: Vendor, selfSnoop: boolean, tdp: boolean, call: QuirkCall): QuirkAnswer {
  const supported = tdp && (vendor !== 'intel' || selfSnoop);
  const startsDisabled = supported && vendor !== 'intel';
  const evidence = [
    source('arch/x86/kvm/x86.c kvm_vm_ioctl_enable_cap(), vmx.c vmx_hardware_setup()'),
    ...(vendor === 'tdx'
      ? []
      : [
          measured(
            'Linux 6.18.2 on x86: KVM_CHECK_EXTENSION and KVM_ENABLE_CAP on Intel with and without self-snoop and EPT, and on AMD',
          ),
        ]),
  ];
  const mask = supported ? 0x3ff : 0x1ff;
  if (call !== 'none' && !supported)
    return call === 'DISABLE_QUIRKS2'
      ? {
          ret: errnoNumber('EINVAL'),
          quirkActive: true,
          mask,
          says: 'not supported here (no self-snoop, or no TDP): -EINVAL',
          evidence,
        }
      : {
          ret: 0,
          quirkActive: true,
          mask,
          says: 'the old capability drops unsupported bits silently',
          evidence,
        };
  const quirkActive = !(startsDisabled || (call !== 'none' && supported));
  const says = startsDisabled
    ? 'the guest’s PAT always counts here: the quirk starts disabled'
    : quirkActive
      ? 'on by default'
      : 'disabled by userspace; it cannot be enabled again';
  return { ret: 0, quirkActive, mask, says, evidence };
}

export type X86Cap = {
  readonly quirk: string;
  readonly says: string;
  readonly evidence: readonly Evidence[];
  readonly grade: Grade;
} & ({ readonly known: false } | ({ readonly known: true; readonly call: QuirkCall } & QuirkAnswer));

const CALLS: readonly QuirkCall[] = ['none', 'DISABLE_QUIRKS2', 'DISABLE_QUIRKS'];

/** What a VMM is told of the quirk on this CPU, before and after it disables it. */
export function cap(policy: X86Policy, cpu: X86Cpu): readonly X86Cap[] {
  if (!policy.patQuirk) {
    const says = `the quirk came with ${cameWith(X86_ERAS.first(era => era.patQuirk))}`;
    const { evidence } = policy;
    return [{ quirk: IGNORE_GUEST_PAT, known: false, says, evidence, grade: eraGrade(policy) }];
  }
  return CALLS.map(call => {
    const answer = patQuirk(cpu.vendor, cpu.selfSnoop, cpu.tdp ?? true, call);
    const grade = strongest(answer.evidence.map(e => e.grade));
    return { quirk: IGNORE_GUEST_PAT, known: true, call, ...answer, grade };
  });
}
