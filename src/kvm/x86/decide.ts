/** EPT, NPT and TDX leaves, and the quirk that decides whether the guest's PAT counts. */

import { typeCode } from '../../x86/values/attributes.ts';
import { type Evidence, type Grade, inferred, mail, measured, source } from '../evidence.ts';
import { type GuestView, guestView } from '../guest.ts';
import { Program, type TraceStep } from '../policy.ts';
import { guestViewEpt, guestViewNpt, type MtrrType, PAT_TYPES, type PatType } from './effective.ts';
import { X86_VOCABULARY } from './facts.ts';
import type { EptEnd, X86Policy } from './model.ts';

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
    eptMt: typeCode(type),
    ipat: run.outcome.ipat ? 1 : 0,
    view: guestViewEpt(type, run.outcome.ipat),
    decidedBy: run.decidedBy as string,
    grade: run.grade,
    trace: run.trace,
  };
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
      eptMt: typeCode('WB'),
      ipat: 1,
      view: guestView(PAT_TYPES, () => 'WB' as MtrrType),
      evidence: [...evidence, inferred('the bits of the secure EPT entry; KVM does not write it')],
      grade: 'I',
    };
  const type: MtrrType = hostMmio ? 'UC' : 'WB';
  return {
    eptOwner: 'kvm',
    eptMt: typeCode(type),
    ipat: 0,
    view: guestViewEpt(type, false),
    evidence,
    grade: 'T',
  };
}
