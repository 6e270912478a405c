/** Rows that several kernels share, word for word. An era that changes one of them writes its own. */
import { source } from '../evidence.ts';
import { prot, type Row, set, stop } from '../policy.ts';
import type { Failure, FaultEnd, ProtBit, SlotEnd } from './model.ts';

export const refuse = (errno: 'EINVAL' | 'EFAULT'): SlotEnd => ({ r: 'refuse', errno });
export const fail = (errno: 'EINVAL' | 'EFAULT'): Failure => ({ r: 'error', errno });
/** -ENOEXEC inside the kernel; kvm_handle_guest_abort() turns it into an injected instruction abort. */
export const inject: FaultEnd = { r: 'inject' };

// ---- KVM_SET_USER_MEMORY_REGION, once per slot -------------------------------------------------------------------

/** check_memory_region_flags() in generic code, before anything else. */
export const unknownFlag = stop<SlotEnd>(
  'unknown-flag',
  'unknown_flag',
  refuse('EINVAL'),
  'The slot carries a flag that this kernel does not know.',
  source('virt/kvm/kvm_main.c check_memory_region_flags()'),
);

export const uncheckedChange = stop<SlotEnd>(
  'not-checked',
  'change != CREATE & change != MOVE & change != FLAGS_ONLY',
  { r: 'accept' },
  'Deleting a slot is never refused by the architecture.',
);

export const ipaRange = stop<SlotEnd>(
  'ipa-range',
  'slot_end = above',
  refuse('EFAULT'),
  'The slot ends above the addresses that the VM can use.',
);

// ---- KVM_SET_USER_MEMORY_REGION, per VMA -------------------------------------------------------------------------

export const dirtyLogOnPfnmap = stop<SlotEnd>(
  'dirty-log-on-pfnmap',
  'VM_PFNMAP & KVM_MEM_LOG_DIRTY_PAGES',
  refuse('EINVAL'),
  'Dirty pages of raw page frames cannot be logged.',
);

/** 6.2 and later; before, MTE refused VM_SHARED instead (see era 5.14). */
export const vmaMteNotAllowed = stop<SlotEnd>(
  'mte-not-allowed',
  'kvm_has_mte & !VM_MTE_ALLOWED',
  refuse('EINVAL'),
  'The VM uses tags, this mapping cannot carry them.',
);

export const cacheablePfnmapSlot = stop<SlotEnd>(
  'cacheable-pfnmap-unsupported',
  'VM_PFNMAP & kvm_vma_is_cacheable & !kvm_supports_cacheable_pfnmap',
  refuse('EINVAL'),
  'Raw page frames mapped cacheable would owe cache maintenance that KVM cannot do, and this CPU does not spare it.',
);

// ---- user_mem_abort() --------------------------------------------------------------------------------------------

type FaultRow = Row<FaultEnd, ProtBit>;

/** Until 6.17. */
export const readPermissionFault: FaultRow = stop<FaultEnd>(
  'read-permission-fault',
  'fault_is_perm & !write_fault & !exec_fault',
  fail('EFAULT'),
  'A leaf that KVM wrote is always readable: a read permission fault is unexpected.',
);

/** Everything that is not in the linear map is a device, whatever the VMA says (5.14 to 6.16). */
export const deviceByPfn = set(
  'device',
  '!pfn_is_map_memory',
  'A page outside the kernel’s memory map counts as a device, whatever the VMA says.',
);

/**
 * Dirty logging: map for writing only when the guest wrote. In the kernel this is the `else if` of the test that finds
 * raw page frames, so `unless` names the condition under which that first branch was taken.
 */
export const logging = (unless: string): FaultRow =>
  set(
    'writable',
    `writable & !(!(${unless}) & logging_active & !write_fault)`,
    'Under dirty logging a page of memory becomes writable only when the guest writes.',
  );

export const noExec = (when: string): FaultRow =>
  stop<FaultEnd>(
    'exec-on-noncacheable',
    `exec_fault & ${when}`,
    inject,
    'Instructions are never fetched from memory that is not mapped cacheable: the guest gets an external abort.',
  );

/** 6.2 and later. `unless`: device mappings skip the test. */
export const mteNotAllowed = (unless: string): FaultRow =>
  stop<FaultEnd>(
    'mte-not-allowed',
    `!fault_is_perm & !${unless} & kvm_has_mte & !VM_MTE_ALLOWED`,
    fail('EFAULT'),
    'The VM uses tags and the VMA was replaced by one that cannot carry them.',
  );

export const protW = prot<ProtBit>(
  'W',
  'writable',
  'Writable when the host let KVM have the page for writing.',
);
export const protX = prot<ProtBit>('X', 'exec_fault', 'Executable because the guest fetched from it.');

/** The type is left at NORMAL when neither row holds. */
export const deviceOnly = (when: string): FaultRow =>
  prot<ProtBit>('DEVICE', when, 'Device-nGnRE at stage 2.');
export const noncacheable = (when: string): FaultRow[] => [
  prot<ProtBit>(
    'NORMAL_NC',
    `${when} & VM_ALLOW_ANY_UNCACHED`,
    'The driver allows the guest any uncached type: Normal-NC at stage 2.',
  ),
  prot<ProtBit>('DEVICE', `${when} & !VM_ALLOW_ANY_UNCACHED`, 'Device-nGnRE at stage 2.'),
];
/** ARM64_HAS_CACHE_DIC: nothing is lost by making every cacheable leaf executable at once. */
export const protXByDic = (unless: string): FaultRow =>
  prot<ProtBit>(
    'X',
    `!${unless} & DIC`,
    'With DIC no I-cache invalidation is owed, so cacheable leaves are executable at once.',
  );
