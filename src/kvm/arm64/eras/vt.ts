/** The two series of 2023: the type from the VMA, then Normal-NC for every device. Neither was merged in this form. */

import { postedOn } from '../../era.ts';
import { mail } from '../../evidence.ts';
import { prot, stop } from '../../policy.ts';
import type { Arm64Policy, FaultEnd, ProtBit } from '../model.ts';
import { WITH_NC } from '../prot.ts';
import {
  deviceByPfn,
  fail,
  logging,
  mteNotAllowed,
  noExec,
  protW,
  protX,
  protXByDic,
  readPermissionFault,
} from '../rows.ts';
import { v6_2 } from './v5_14.ts';

export const vt_v1: Arm64Policy = {
  ...postedOn(v6_2),
  id: 'vt-v1',
  title: 'type from the VMA; every other device mapping becomes Normal-NC',
  covers: '7 Sep 2023, both patches',
  evidence: [
    mail(
      '"KVM: arm64: determine memory type from VMA" and "allow the VM to select DEVICE_* and NORMAL_NC for IO memory" (7 Sep 2023)',
    ),
  ],
  fault: [
    readPermissionFault,
    deviceByPfn,
    logging('device'),
    noExec('device'),
    mteNotAllowed('device'),
    protW,
    protX,
    prot<ProtBit>(
      'NORMAL_NC',
      '!kvm_vma_is_cacheable',
      'The host does not map it cacheable: Normal-NC, for RAM as well.',
    ),
    prot<ProtBit>(
      'X',
      'kvm_vma_is_cacheable & DIC',
      'With DIC every cacheable leaf is executable at once, raw page frames too.',
    ),
    stop<FaultEnd>(
      'no-struct-page-without-fwb',
      '!FWB & !pfn_valid',
      fail('EINVAL'),
      'Without FWB the page might need cleaning and there is no struct page; refused for every type, so ordinary BARs fail too.',
    ),
  ],
  prot: WITH_NC,
  notes: [
    'An instruction fetch from RAM that the VMM maps non-cacheable is -EINVAL: Normal-NC with X is refused by stage2_set_prot_attr().',
  ],
};

export const nc_v2: Arm64Policy = {
  ...postedOn(v6_2),
  id: 'nc-v2',
  title: 'every device mapping becomes Normal-NC, the GIC included',
  covers: '5 Dec 2023',
  evidence: [mail('"allow the VM to select DEVICE_* and NORMAL_NC for IO memory" v2 (5 Dec 2023)')],
  fault: [
    readPermissionFault,
    deviceByPfn,
    logging('device'),
    noExec('device'),
    mteNotAllowed('device'),
    protW,
    protX,
    prot<ProtBit>(
      'NORMAL_NC',
      'device',
      'Every page frame outside memory: Normal-NC, so that the guest may choose.',
    ),
    protXByDic('device'),
  ],
  prot: WITH_NC,
  notes: [
    'v3 (8 Dec 2023) adds an opt-in VMA flag and puts the GIC back to DEVICE; the flag is VM_VFIO_ALLOW_WC until v6 and VM_ALLOW_ANY_UNCACHED from v7.',
  ],
};
