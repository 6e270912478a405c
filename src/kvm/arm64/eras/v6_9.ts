/**
 * Linux 6.9 to 6.16 (8c47ce3e1d2c, 5c656fcdd6c6, a39d3a966a09): a driver that sets VM_ALLOW_ANY_UNCACHED lets the
 * guest choose among the uncached types. The page protection is still not read, so a cacheable VM_PFNMAP without struct
 * pages gets DEVICE or Normal-NC behind the VMM’s cacheable mapping: the hole that the cp series calls a security bug.
 */

import { inferred, mail, source } from '../../evidence.ts';
import type { Arm64Policy } from '../model.ts';
import { WITH_NC } from '../prot.ts';
import {
  deviceByPfn,
  dirtyLogOnPfnmap,
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

export const v6_9: Arm64Policy = {
  id: '6.9',
  title: 'Linux 6.9: Normal-NC for page frames whose driver allows it',
  kind: 'mainline',
  covers: '6.9 .. 6.16',
  since: [6, 9],
  evidence: [
    source('a 6.6 tree carrying the same change, arch/arm64/kvm/mmu.c user_mem_abort()'),
    mail(
      '"allow the VM to select DEVICE_* and NORMAL_NC for IO memory" v9 (24 Feb 2024), merged as 8c47ce3e1d2c, 5c656fcdd6c6, a39d3a966a09',
    ),
  ],
  slotFlags: ['KVM_MEM_LOG_DIRTY_PAGES', 'KVM_MEM_READONLY'],
  slot: [unknownFlag, uncheckedChange, ipaRange],
  vma: [vmaMteNotAllowed, dirtyLogOnPfnmap],
  fault: [
    readPermissionFault,
    deviceByPfn,
    logging('device'),
    noExec('device'),
    mteNotAllowed('device'),
    protW,
    protX,
    ...noncacheable('device'),
    protXByDic('device'),
  ],
  prot: WITH_NC,
  rawBlocks: true,
  vmaFlags: ['VM_ALLOW_ANY_UNCACHED'],
  cacheablePfnmapCap: { known: false, evidence: [inferred('the capability came with 6.17')] },
  notes: [
    'VM_ALLOW_ANY_UNCACHED is set by vfio-pci only: other regions, such as the GICv2 virtual CPU interface, are shared state that a guest could disturb (v9 cover letter).',
  ],
};
