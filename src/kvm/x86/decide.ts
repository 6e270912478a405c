/** EPT, NPT and TDX leaves, and the quirk that decides whether the guest's PAT counts. */

import {
  EPT_CODE,
  effectiveEpt,
  effectiveNpt,
  type GuestView,
  guestView,
  guestViewEpt,
  guestViewNpt,
  type MtrrType,
  PAT_TYPES,
  type PatType,
} from '../effective.ts';
import { type Evidence, type Grade, inferred, mail, measured, source } from '../evidence.ts';
import { Program, type TraceStep } from '../policy.ts';
import { X86_VOCABULARY } from './facts.ts';
import type { EptEnd, Vendor, X86Policy } from './model.ts';

const programs = new WeakMap<X86Policy, Program<EptEnd>>();
export function eptProgram(policy: X86Policy): Program<EptEnd> {
  let program = programs.get(policy);
  if (program === undefined) {
    program = new Program(X86_VOCABULARY, policy.ept, policy.evidence);
    programs.set(policy, program);
  }
  return program;
}

export interface EptInput {
  readonly hostMmio: boolean;
  readonly noncoherentDma: boolean;
  readonly selfSnoop: boolean;
  /** Type that the guest's MTRRs give to the page; read by kernels before 6.11-rc only. */
  readonly guestMtrr?: MtrrType;
  readonly guestCr0Cd?: boolean;
  readonly quirkCdNwCleared?: boolean;
  /** Is KVM_X86_QUIRK_IGNORE_GUEST_PAT active? Read by 6.16 and later. */
  readonly quirkIgnoreGuestPat?: boolean;
}

export interface EptLeaf {
  readonly type: MtrrType;
  /** Bits 5:3. */
  readonly eptMt: number;
  /** Bit 6. */
  readonly ipat: 0 | 1;
  readonly view: GuestView<PatType, MtrrType>;
  readonly decidedBy: string;
  readonly grade: Grade;
  readonly trace: readonly TraceStep[];
}

export function eptLeaf(policy: X86Policy, i: EptInput): EptLeaf {
  const run = eptProgram(policy).run(
    {
      host_mmio: i.hostMmio,
      noncoherent_dma: i.noncoherentDma,
      self_snoop: i.selfSnoop,
      guest_cr0_cd: i.guestCr0Cd ?? false,
      quirk_cd_nw_cleared: i.quirkCdNwCleared ?? true,
      quirk_ignore_guest_pat: i.quirkIgnoreGuestPat ?? true,
    },
    end => `${end.type}${end.ipat ? ', IPAT' : ''}`,
  );
  if (run.outcome === undefined) throw new Error(`${policy.id}: no row decided`);
  const type = run.outcome.type === 'guest-mtrr' ? (i.guestMtrr ?? 'WB') : run.outcome.type;
  return {
    type,
    eptMt: EPT_CODE[type],
    ipat: run.outcome.ipat ? 1 : 0,
    view: guestViewEpt(type, run.outcome.ipat),
    decidedBy: run.decidedBy as string,
    grade: run.grade,
    trace: run.trace,
  };
}

// ---- KVM_X86_QUIRK_IGNORE_GUEST_PAT ------------------------------------------------------------------------------

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
          ret: -22,
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

// ---- AMD and TDX -------------------------------------------------------------------------------------------------

export interface NptLeaf {
  /** KVM writes PAT=PCD=PWT=0: host PAT entry 0, which is WB. */
  readonly nptMemtypeBits: 'PAT0';
  readonly view: GuestView<PatType, MtrrType>;
  readonly evidence: readonly Evidence[];
  readonly grade: Grade;
}

/** No memory type is programmed; the host MTRR of the system address applies, and the guest's PAT always counts. */
export const nptLeaf = (hostMtrr: MtrrType): NptLeaf => ({
  nptMemtypeBits: 'PAT0',
  view: guestViewNpt(hostMtrr),
  evidence: [
    source('arch/x86/kvm/mmu/spte.c kvm_mmu_reset_all_pte_masks()'),
    measured('Linux 6.18.2 on x86: PAT, PCD and PWT are 0 in every NPT leaf, MMIO too'),
    inferred('the combined type, from the APM’s tables'),
  ],
  grade: 'I',
});

export interface TdxLeaf {
  readonly eptOwner: 'kvm' | 'tdx-module';
  readonly eptMt: number;
  readonly ipat: 0 | 1;
  readonly view: GuestView<PatType, MtrrType>;
  readonly evidence: readonly Evidence[];
  readonly grade: Grade;
}

/** Private memory is mapped by the TDX module, always WB; shared memory is a KVM leaf that honours the guest's PAT. */
export function tdxLeaf(gpa: 'private' | 'shared', hostMmio: boolean): TdxLeaf {
  const evidence = [mail('"Always honor guest PAT on TDX enabled guests" v3 6/6 (4 Mar 2025)')];
  if (gpa === 'private')
    return {
      eptOwner: 'tdx-module',
      eptMt: EPT_CODE.WB,
      ipat: 1,
      view: guestView(PAT_TYPES, () => 'WB' as MtrrType),
      evidence: [...evidence, inferred('the bits of the secure EPT entry; KVM does not write it')],
      grade: 'I',
    };
  const type: MtrrType = hostMmio ? 'UC' : 'WB';
  return {
    eptOwner: 'kvm',
    eptMt: EPT_CODE[type],
    ipat: 0,
    view: guestViewEpt(type, false),
    evidence,
    grade: 'T',
  };
}

export { effectiveEpt, effectiveNpt };
