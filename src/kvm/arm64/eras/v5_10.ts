/**
 * Linux 5.10, arch/arm64/kvm/mmu.c: kvm_arch_prepare_memory_region() and user_mem_abort(), row by row.
 * The page protection of the VMA is never looked at; raw page frames are mapped as soon as the slot is made.
 */

import { inferred, source } from '../../evidence.ts';
import { set, stop } from '../../policy.ts';
import type { Arm64Policy, SlotEnd } from '../model.ts';
import { BEFORE_NC } from '../prot.ts';
import {
  deviceOnly,
  dirtyLogOnPfnmap,
  logging,
  noExec,
  protW,
  protX,
  protXByDic,
  readPermissionFault,
  refuse,
  uncheckedChange,
  unknownFlag,
} from '../rows.ts';

export const v5_10: Arm64Policy = {
  id: '5.10',
  title: 'Linux 5.10: device or memory by the page frame alone',
  kind: 'mainline',
  covers: '5.10',
  // 5.11 to 5.13 were not read: the eager mapping disappears somewhere among them.
  since: [5, 10],
  only: 'release',
  evidence: [source('5.10.13 arch/arm64/kvm/mmu.c user_mem_abort(), kvm_arch_prepare_memory_region()')],
  slotFlags: ['KVM_MEM_LOG_DIRTY_PAGES', 'KVM_MEM_READONLY'],
  slot: [
    unknownFlag,
    uncheckedChange,
    stop<SlotEnd>(
      'ipa-range',
      'slot_end != below',
      refuse('EFAULT'),
      'The slot reaches the end of the VM’s addresses: this kernel refuses one page too early.',
    ),
  ],
  vma: [dirtyLogOnPfnmap],
  fault: [
    readPermissionFault,
    set(
      'device',
      '!pfn_valid',
      'A page frame without struct page is a device.',
      inferred('5.10 kvm_is_device_pfn(), recalled'),
    ),
    logging('device'),
    noExec('device'),
    protW,
    protX,
    deviceOnly('device'),
    protXByDic('device'),
  ],
  prot: BEFORE_NC,
  rawBlocks: false,
  vmaFlags: [],
  eagerPfnmap: true,
  cacheablePfnmapCap: { known: false, evidence: [inferred('the capability came with 6.17')] },
  notes: [
    'VM_PFNMAP VMAs are mapped when the slot is made: DEVICE, read-only or read-write by the slot, RAM or not. They do not fault until that mapping is removed.',
    'Without FWB the whole slot is flushed when it is made.',
    'VM_PFNMAP and dirty logging force page mappings.',
  ],
};
