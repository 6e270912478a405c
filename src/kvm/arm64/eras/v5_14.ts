/**
 * Linux 5.14 to 6.8: nothing is mapped ahead any more, and MTE arrives. Whatever the VMA says, a page outside the
 * kernel’s memory map is DEVICE. The two eras differ only in what MTE refuses.
 */

import { laterThan } from '../../era.ts';
import { inferred, mail, measured } from '../../evidence.ts';
import { backedBy, stop } from '../../policy.ts';
import type { Arm64Policy, FaultEnd, SlotEnd } from '../model.ts';
import { BEFORE_NC } from '../prot.ts';
import {
  deviceByPfn,
  deviceOnly,
  dirtyLogOnPfnmap,
  fail,
  ipaRange,
  logging,
  mteNotAllowed,
  noExec,
  protW,
  protX,
  protXByDic,
  readPermissionFault,
  refuse,
  uncheckedChange,
  unknownFlag,
  vmaMteNotAllowed,
} from '../rows.ts';

const context = mail(
  'contexts of "determine memory type from VMA" (7 Sep 2023) and "drop IPAT…"-era arm64 patches',
);

const ran = measured('Linux 6.1 on arm64: every stage-2 leaf of nine virtual machines, with and without FWB');

// Rows backed by `context` alone were not exercised by the measured runs.
export const v5_14: Arm64Policy = {
  id: '5.14',
  title: 'Linux 5.14: page frames outside memory are DEVICE; MTE refuses shared mappings',
  kind: 'mainline',
  covers: '5.14 .. 6.1',
  since: [5, 14],
  evidence: [context, ran],
  slotFlags: ['KVM_MEM_LOG_DIRTY_PAGES', 'KVM_MEM_READONLY'],
  slot: [unknownFlag, backedBy(uncheckedChange, context), backedBy(ipaRange, context)],
  vma: [
    stop<SlotEnd>(
      'mte-not-allowed',
      'kvm_has_mte & VM_SHARED',
      refuse('EINVAL'),
      'The VM uses tags, and two VMs could race to clear the tags of a shared page.',
      context,
    ),
    backedBy(dirtyLogOnPfnmap, context),
  ],
  fault: [
    backedBy(readPermissionFault, context),
    deviceByPfn,
    logging('device'),
    backedBy(noExec('device'), context),
    stop<FaultEnd>(
      'mte-not-allowed',
      '!fault_is_perm & !device & kvm_has_mte & VM_SHARED',
      fail('EFAULT'),
      'The VM uses tags and the VMA was replaced by a shared one.',
      context,
    ),
    protW,
    protX,
    deviceOnly('device'),
    protXByDic('device'),
  ],
  prot: BEFORE_NC,
  rawBlocks: true,
  vmaFlags: [],
  cacheablePfnmapCap: { known: false, evidence: [inferred('the capability came with 6.17')] },
};

export const v6_2: Arm64Policy = {
  ...laterThan(v5_14),
  id: '6.2',
  title: 'Linux 6.2: as 5.14, MTE needs VM_MTE_ALLOWED',
  covers: '6.2 .. 6.8',
  since: [6, 2],
  slot: [unknownFlag, uncheckedChange, ipaRange],
  evidence: [mail('"permit all VM_MTE_ALLOWED mappings with MTE enabled" (2022); the release is inferred')],
  vma: [vmaMteNotAllowed, dirtyLogOnPfnmap],
  fault: [
    readPermissionFault,
    deviceByPfn,
    logging('device'),
    noExec('device'),
    mteNotAllowed('device'),
    protW,
    protX,
    deviceOnly('device'),
    protXByDic('device'),
  ],
};
