/** The words of the x86 model. Everything here is JSON. */

import type { Era } from '../era.ts';
import type { Row } from '../policy.ts';
import type { MtrrType, PatType } from './effective.ts';

export type Vendor = 'intel' | 'amd' | 'tdx';

export interface X86Cpu {
  readonly vendor: Vendor;
  /** CPUID.1:EDX.SS. */
  readonly selfSnoop: boolean;
  /** EPT or NPT in use (kvm_intel.ept, kvm_amd.npt). */
  readonly tdp?: boolean;
}

/** VMA flags that KVM on x86 looks at. */
export const VMA_FLAGS = ['VM_PFNMAP', 'VM_MIXEDMAP', 'VM_IO', 'VM_SHARED', 'VM_MAYWRITE'] as const;
export type X86VmaFlag = (typeof VMA_FLAGS)[number];

/** Types a host mapping can have, as the kernel tracks them. */
export type HostType = PatType;

/** What a leaf list of an era ends with. `guest-mtrr`: the type that the guest's MTRRs give to the page. */
export type EptEnd = { readonly type: MtrrType | 'guest-mtrr'; readonly ipat: boolean };

export interface X86Policy extends Era {
  /** vmx_get_mt_mask() and what called it, after the host MMIO test. */
  readonly ept: readonly Row<EptEnd>[];
  /** Does KVM_X86_QUIRK_IGNORE_GUEST_PAT exist? */
  readonly patQuirk: boolean;
  /** Do guest CR0.CD, its quirk, and the guest's MTRRs change an EPT entry? */
  readonly emulatesCaching: boolean;
  /** Can the guest be a TDX one? */
  readonly tdx: boolean;
}
