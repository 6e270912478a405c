/** The words of the arm64 model: what goes in, what comes out. Everything here is JSON. */

import type { Era } from '../era.ts';
import type { Errno } from '../errno.ts';
import type { Evidence } from '../evidence.ts';
import type { Row } from '../policy.ts';

/** VMA flags that some arm64 policy looks at. */
export const VMA_FLAGS = [
  'VM_PFNMAP',
  'VM_MIXEDMAP',
  'VM_IO',
  'VM_SHARED',
  'VM_MAYWRITE',
  'VM_ALLOW_ANY_UNCACHED',
  'VM_MTE_ALLOWED',
] as const;
export type VmaFlag = (typeof VMA_FLAGS)[number];

/** The memory type in a VMA's page protection, by the kernel's AttrIndx names. */
export const PGPROTS = [
  'MT_NORMAL',
  'MT_NORMAL_TAGGED',
  'MT_NORMAL_NC',
  'MT_DEVICE_nGnRnE',
  'MT_DEVICE_nGnRE',
] as const;
export type Pgprot = (typeof PGPROTS)[number];

/**
 * What the kernel knows of a page frame: `ram` pfn_is_map_memory() (in memblock and the linear map);
 * `page-no-memblock` a struct page but not that (ZONE_DEVICE, hidden RAM in a used section); `no-page` neither.
 */
export const PFN_CLASSES = ['ram', 'page-no-memblock', 'no-page'] as const;
export type PfnClass = (typeof PFN_CLASSES)[number];

export const SLOT_FLAGS = [
  'KVM_MEM_LOG_DIRTY_PAGES',
  'KVM_MEM_READONLY',
  'KVM_MEM_GUEST_MEMFD',
  'KVM_MEM_ENABLE_CACHEABLE_PFNMAP',
] as const;
export type SlotFlag = (typeof SLOT_FLAGS)[number];

export const CHANGES = ['CREATE', 'MOVE', 'FLAGS_ONLY', 'DELETE'] as const;
export type Change = (typeof CHANGES)[number];

export const ACCESSES = ['read', 'write', 'exec'] as const;
export type Access = (typeof ACCESSES)[number];

/** Features as the kernel's capabilities see them: true means on every CPU of the machine. */
export interface Arm64Cpu {
  readonly fwb: boolean;
  readonly dic: boolean;
  /** Data cache clean to PoU not needed; FWB implies that KVM never asks. */
  readonly idc?: boolean;
  readonly mte?: boolean;
}

export interface Vma {
  readonly flags: readonly VmaFlag[];
  readonly pgprot: Pgprot;
}

/** One VMA under the slot and the pages in it. */
export interface Arm64Mapping extends Vma {
  /** Shown in answers: a preset's name, or what the caller calls it. */
  readonly name?: string;
  readonly pfn: PfnClass;
  readonly hugetlb?: boolean;
  /** Whether the host lets KVM have the page for writing; by default whatever the mapping allows. */
  readonly hostWritable?: boolean;
  /** The host's entry is special; by default for raw page frames. */
  readonly pteSpecial?: boolean;
}

/** The stage-2 types that KVM knows; AS_S1 is used for the pKVM host's own tables in 7.x only. */
export const S2_TYPES = ['NORMAL', 'NORMAL_NC', 'DEVICE', 'AS_S1'] as const;
export type S2Type = (typeof S2_TYPES)[number];

export type SlotOutcome =
  | { readonly ok: true; readonly eager?: { readonly p: string; readonly t: 'DEVICE' } }
  | { readonly ok: false; readonly errno: Errno; readonly why: string };

/**
 * map: a leaf is written with permissions `p`, type `t`, MemAttr `a`; `dc`/`ic`: the D-cache is really cleaned to PoC,
 * the I-cache really invalidated. relax: permissions are added to the leaf that is there, its type stays.
 * error: KVM_RUN returns -errno. inject: the guest gets a synchronous external instruction abort.
 */
export type FaultOutcome =
  | {
      readonly r: 'map';
      readonly p: string;
      readonly t: S2Type;
      readonly a: number;
      readonly dc: 0 | 1;
      readonly ic: 0 | 1;
      readonly size?: string;
    }
  | { readonly r: 'relax'; readonly p: string }
  | { readonly r: 'error'; readonly errno: Errno; readonly why: string }
  | { readonly r: 'inject'; readonly abort: 'SEA-iabt'; readonly why: string };

/** Bits of enum kvm_pgtable_prot, without the KVM_PGTABLE_PROT_ prefix. R is always there. */
export const PROT_BITS = ['R', 'W', 'X', 'DEVICE', 'NORMAL_NC'] as const;
export type ProtBit = (typeof PROT_BITS)[number];

/** What a row of a slot or fault list can end with. */
export type SlotEnd = { readonly r: 'refuse'; readonly errno: Errno } | { readonly r: 'accept' };
/** KVM_RUN fails. */
export type Failure = { readonly r: 'error'; readonly errno: Errno };
export type FaultEnd = Failure | { readonly r: 'inject' };

/** Numbers of a KVM capability in one era. */
export interface Capability {
  /** Does this kernel know the name at all? */
  readonly known: boolean;
  readonly number?: number;
  readonly evidence: readonly Evidence[];
}

/** stage2_set_prot_attr() of some kernels: the uncached types that it knows as bits of their own. */
export interface ProtPolicy {
  readonly id: 'pre-6.9' | '6.9';
  /** KVM_PGTABLE_PROT_NORMAL_NC exists. */
  readonly normalNc: boolean;
}

/** What KVM on arm64 decides in one era or series version, and the facts about that kernel which its decisions need. */
export interface Arm64Policy extends Era {
  /** Memslot flags that KVM_SET_USER_MEMORY_REGION does not call unknown. */
  readonly slotFlags: readonly SlotFlag[];
  /** Checked once per slot, before the VMAs. */
  readonly slot: readonly Row<SlotEnd>[];
  /** Checked for each VMA under the slot, in address order; the first refusal decides. */
  readonly vma: readonly Row<SlotEnd>[];
  /** user_mem_abort(). `writable` is the host's answer when it starts. */
  readonly fault: readonly Row<FaultEnd, ProtBit>[];
  readonly prot: ProtPolicy;
  /** Raw page frames may be mapped as blocks (5.14). */
  readonly rawBlocks: boolean;
  /** VMA flags that not every kernel has and that drivers set in this one. */
  readonly vmaFlags: readonly VmaFlag[];
  /** VM_PFNMAP VMAs are mapped as DEVICE when the slot is made (5.10). */
  readonly eagerPfnmap?: boolean;
  readonly cacheablePfnmapCap: Capability;
}
