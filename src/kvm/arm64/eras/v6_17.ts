/**
 * Linux 6.17 and later (8cc9dc1ae4fb, 216887f79d98, 2a8dfab26677, 0c67288e0c8b, f55ce5a6cd33): cacheable raw page frames
 * are mapped cacheable, where the CPU spares KVM the cache maintenance that it could not do (FWB and DIC).
 */

import { laterThan } from '../../era.ts';
import { measured, source } from '../../evidence.ts';
import { backedBy, type Row, set, stop } from '../../policy.ts';
import type { Arm64Policy, FaultEnd, ProtBit } from '../model.ts';
import { WITH_NC } from '../prot.ts';
import {
  cacheablePfnmapSlot,
  dirtyLogOnPfnmap,
  fail,
  ipaRange,
  logging,
  mteNotAllowed,
  noExec,
  noncacheable,
  protW,
  protX,
  protXByDic,
  readPermissionFault,
  uncheckedChange,
  unknownFlag,
  vmaMteNotAllowed,
} from '../rows.ts';

const read = source(
  '6.17-generation arch/arm64/kvm/mmu.c user_mem_abort(), kvm_arch_prepare_memory_region()',
);
const ran = measured('Linux 6.18.2 on arm64: one memslot per kind of mapping, with and without FWB and DIC');

// Rows without `ran` were not exercised by the measured runs.
const afterPermissionCheck: readonly Row<FaultEnd, ProtBit>[] = [
  set('special', 'VM_PFNMAP | VM_MIXEDMAP', 'The VMA may hold raw page frames.', read, ran),
  stop<FaultEnd>(
    'cacheable-pfnmap-unsupported',
    'special & !pfn_is_map_memory & kvm_vma_is_cacheable & !kvm_supports_cacheable_pfnmap',
    fail('EFAULT'),
    'A raw page frame that the host maps cacheable would owe cache maintenance that KVM cannot do.',
    read,
    ran,
  ),
  set(
    's2_force_noncacheable',
    'special & !pfn_is_map_memory & !kvm_vma_is_cacheable',
    'A raw page frame that the host does not map cacheable must not be cacheable for the guest.',
    read,
    ran,
  ),
  logging('special & !pfn_is_map_memory'),
  backedBy(noExec('s2_force_noncacheable'), read),
  backedBy(mteNotAllowed('s2_force_noncacheable'), read),
  protW,
  protX,
  ...noncacheable('s2_force_noncacheable'),
  protXByDic('s2_force_noncacheable'),
];

export const v6_17: Arm64Policy = {
  id: '6.17',
  title: 'Linux 6.17: the host’s page protection decides for raw page frames; cacheable needs FWB and DIC',
  kind: 'mainline',
  covers: '6.17 .. 6.19',
  since: [6, 17],
  evidence: [read, ran],
  slotFlags: ['KVM_MEM_LOG_DIRTY_PAGES', 'KVM_MEM_READONLY'],
  slot: [unknownFlag, backedBy(uncheckedChange, read), backedBy(ipaRange, read)],
  vma: [backedBy(vmaMteNotAllowed, read), backedBy(dirtyLogOnPfnmap, read), cacheablePfnmapSlot],
  fault: [backedBy(readPermissionFault, read), ...afterPermissionCheck],
  prot: WITH_NC,
  rawBlocks: true,
  vmaFlags: ['VM_ALLOW_ANY_UNCACHED'],
  cacheablePfnmapCap: {
    known: true,
    number: 243,
    evidence: [source('include/uapi/linux/kvm.h; arch/arm64/kvm/arm.c kvm_vm_ioctl_check_extension()')],
  },
  notes: [
    'Slot creation looks at VM_PFNMAP only: a cacheable VM_MIXEDMAP slot is accepted on any CPU and fails at fault.',
    'A cacheable VM_PFNMAP of real RAM is refused at slot creation without FWB and DIC, although the fault path alone would map it.',
    'VM_PFNMAP with a non-cacheable protection over RAM still gives NORMAL: host and guest then differ.',
    'ZONE_DEVICE pages in an ordinary VMA change from DEVICE to NORMAL.',
    'Documentation/virt/kvm/api.rst mentions FWB only; the code also needs DIC.',
  ],
};

export const v7_0: Arm64Policy = {
  ...laterThan(v6_17),
  id: '7.0',
  title: 'Linux 7.0: the decisions of 6.17, read permission faults are no longer an error',
  covers: '7.0; later kernels were not read and are taken as this one',
  since: [7, 0],
  evidence: [source('7.0-generation arch/arm64/kvm/mmu.c')],
  fault: afterPermissionCheck.map(row => ({
    ...row,
    evidence: [source('7.0-generation arch/arm64/kvm/mmu.c')],
  })),
  slotFlags: ['KVM_MEM_LOG_DIRTY_PAGES', 'KVM_MEM_READONLY', 'KVM_MEM_GUEST_MEMFD'],
  slot: [unknownFlag, uncheckedChange, ipaRange],
  vma: [vmaMteNotAllowed, dirtyLogOnPfnmap, cacheablePfnmapSlot],
  notes: [
    ...(v6_17.notes ?? []),
    'An atomic or exclusive access that the memory type does not support is answered with an injected data abort once the type is known.',
    'guest_memfd slots take gmem_abort() instead.',
    'In 7.1 the function is split (VMA info, pin, protection, map; e314a4dbdb8b); no change of any decision was found.',
  ],
};
