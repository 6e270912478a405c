/**
 * "KVM: arm64: Allow cacheable stage 2 mapping using VMA flags", later "Map GPU device memory as cacheable": v2 to v10,
 * on top of 6.9. Each version is the whole function as patched, so that two versions can be read side by side.
 */

import { postedOn } from '../../era.ts';
import { mail } from '../../evidence.ts';
import { type Row, set, stop } from '../../policy.ts';
import type { Arm64Policy, FaultEnd, ProtBit, SlotEnd } from '../model.ts';
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
  refuse,
  uncheckedChange,
  unknownFlag,
  vmaMteNotAllowed,
} from '../rows.ts';
import { v6_9 } from './v6_9.ts';

const NAME = '"Allow cacheable stage 2 mapping using VMA flags"';
type FaultRow = Row<FaultEnd, ProtBit>;

/** v3 to v7: before the page frame is known (the early return leaves the host’s mmap lock held in v3 to v6). */
const cowPfnmap: FaultRow = stop<FaultEnd>(
  'cow-pfnmap',
  'VM_PFNMAP & is_cow_mapping',
  fail('EINVAL'),
  'A private mapping of raw page frames may turn into ordinary pages: refused.',
);

/** The end that v3 to v6 share: DEVICE or Normal-NC for devices, then the check of the cacheable ones, when it is late. */
const deviceTail = (late: FaultRow): FaultRow[] => [
  set(
    'device',
    '!pfn_is_map_memory & !cacheable_devmem',
    'Outside memory and not known as cacheable: a device.',
  ),
  logging('!pfn_is_map_memory'),
  noExec('device'),
  mteNotAllowed('device'),
  protW,
  protX,
  ...noncacheable('device'),
  protXByDic('device'),
  late,
];

const unsupportedLate = (id: string, when: string, says: string): FaultRow =>
  stop<FaultEnd>(id, when, fail('EINVAL'), says);

export const cp_v2: Arm64Policy = {
  ...postedOn(v6_9),
  id: 'cp-v2',
  title: 'type from the page protection alone; without FWB a struct page is needed',
  covers: '18 Nov 2024',
  evidence: [mail(`${NAME} v2 (18 Nov 2024)`)],
  fault: [
    readPermissionFault,
    set(
      'noncacheable',
      'VM_IO | (!VM_IO & kvm_has_mte & !VM_MTE_ALLOWED) | !pfn_valid',
      'I/O, a mapping that cannot carry tags, or no struct page: not safely cacheable. (pfn_valid replaced pfn_is_map_memory; it does not imply a linear map, Catalin Marinas, 11 Dec 2024.)',
    ),
    logging('noncacheable'),
    noExec('(noncacheable | !kvm_vma_is_cacheable)'),
    mteNotAllowed('noncacheable'),
    protW,
    protX,
    ...noncacheable('!kvm_vma_is_cacheable'),
    protXByDic('!kvm_vma_is_cacheable'),
    stop<FaultEnd>(
      'no-struct-page-without-fwb',
      '!FWB & !pfn_valid',
      fail('EINVAL'),
      'Without FWB the page might need cleaning and there is no struct page.',
    ),
  ],
  notes: [
    'A cacheable protection gives NORMAL even where the page was judged not safely cacheable; it is then never executable by a fetch.',
  ],
};

export const cp_v3: Arm64Policy = {
  ...postedOn(v6_9),
  id: 'cp-v3',
  title: 'cacheable VM_PFNMAP is NORMAL with FWB; copy-on-write refused; DIC forgotten',
  covers: '10 Mar 2025',
  evidence: [mail(`${NAME} v3 (10 Mar 2025)`)],
  fault: [
    readPermissionFault,
    cowPfnmap,
    set(
      'cacheable_devmem',
      'VM_PFNMAP & pgprot = MT_NORMAL',
      'Raw page frames mapped exactly MT_NORMAL; tagged ones do not count.',
    ),
    ...deviceTail(
      unsupportedLate(
        'cacheable-pfnmap-unsupported',
        'cacheable_devmem & !FWB',
        'Without FWB the memory would have to be cleaned, and it may not be in the linear map.',
      ),
    ),
  ],
  notes: [
    'The slot check is that of 6.9: migration to a CPU without FWB succeeds and dies on the first fault.',
    'RAM mapped through a cacheable VM_PFNMAP needs FWB too.',
    'DIC is not asked: an executable leaf may owe an I-cache invalidation of memory that KVM cannot reach.',
  ],
};

const v4Slot = (cacheable: string): Row<SlotEnd>[] => [
  vmaMteNotAllowed,
  dirtyLogOnPfnmap,
  stop<SlotEnd>(
    'cacheable-pfnmap-unsupported',
    `VM_PFNMAP & ${cacheable} & !(KVM_MEM_ENABLE_CACHEABLE_PFNMAP & kvm_supports_cacheable_pfnmap)`,
    refuse('EINVAL'),
    'Cacheable raw page frames need the slot flag, FWB and DIC.',
  ),
];

export const cp_v4: Arm64Policy = {
  ...cp_v3,
  id: 'cp-v4',
  title: 'as v3, and checked at slot creation: the flag, FWB and DIC are needed',
  covers: '18 May 2025',
  evidence: [mail(`${NAME} v4 (18 May 2025)`)],
  slotFlags: ['KVM_MEM_LOG_DIRTY_PAGES', 'KVM_MEM_READONLY', 'KVM_MEM_ENABLE_CACHEABLE_PFNMAP'],
  vma: v4Slot('pgprot = MT_NORMAL'),
  fault: [
    readPermissionFault,
    cowPfnmap,
    set('cacheable_devmem', 'VM_PFNMAP & pgprot = MT_NORMAL', 'Raw page frames mapped exactly MT_NORMAL.'),
    ...deviceTail(
      unsupportedLate(
        'cacheable-pfnmap-unsupported',
        'cacheable_devmem & !kvm_supports_cacheable_pfnmap',
        'Cacheable raw page frames need FWB and DIC.',
      ),
    ),
  ],
  cacheablePfnmapCap: {
    known: true,
    number: 240,
    evidence: [mail(`${NAME} v4 (18 May 2025), which introduces it`)],
  },
  notes: [
    'The flag is accepted on every architecture and every CPU; only a cacheable VM_PFNMAP is then checked.',
  ],
};

export const cp_v5: Arm64Policy = {
  ...cp_v4,
  id: 'cp-v5',
  title: 'as v4, every type but NC and Device counts as cacheable; the flag itself needs support',
  covers: '23 May 2025',
  evidence: [mail(`${NAME} v5 (23 May 2025)`)],
  slot: [
    unknownFlag,
    stop<SlotEnd>(
      'flag-rejected',
      'KVM_MEM_ENABLE_CACHEABLE_PFNMAP & !kvm_supports_cacheable_pfnmap',
      refuse('EINVAL'),
      'Without FWB and DIC the flag is an unknown flag.',
    ),
    uncheckedChange,
    ipaRange,
  ],
  vma: v4Slot('kvm_vma_is_cacheable'),
  fault: [
    readPermissionFault,
    cowPfnmap,
    set(
      'cacheable_devmem',
      'VM_PFNMAP & kvm_vma_is_cacheable',
      'Raw page frames that the host maps cacheable, tagged ones too.',
    ),
    ...deviceTail(
      unsupportedLate(
        'cacheable-pfnmap-unsupported',
        'cacheable_devmem & !kvm_supports_cacheable_pfnmap',
        'Cacheable raw page frames need FWB and DIC.',
      ),
    ),
  ],
  notes: ['The fault path does not look at the flag.'],
};

export const cp_v6: Arm64Policy = {
  ...cp_v5,
  id: 'cp-v6',
  title: 'as v5, and other architectures refuse the flag',
  covers: '24 May 2025',
  evidence: [mail(`${NAME} v6 (24 May 2025)`)],
  notes: [
    'A weak default "not supported" makes x86 refuse the flag.',
    'The fault path does not look at the flag.',
  ],
};

export const cp_v7: Arm64Policy = {
  ...postedOn(v6_9),
  id: 'cp-v7',
  title: 'the flag is gone; the late check hits every cacheable VMA, ordinary RAM too',
  covers: '18 Jun 2025',
  evidence: [mail(`${NAME} v7 (18 Jun 2025)`)],
  vma: [vmaMteNotAllowed, dirtyLogOnPfnmap, cacheablePfnmapSlot],
  fault: [
    readPermissionFault,
    cowPfnmap,
    set(
      'disable_cmo',
      '!pfn_is_map_memory & !kvm_vma_is_cacheable',
      'Outside memory and not mapped cacheable by the host.',
    ),
    logging('!pfn_is_map_memory'),
    noExec('disable_cmo'),
    mteNotAllowed('disable_cmo'),
    protW,
    protX,
    ...noncacheable('disable_cmo'),
    protXByDic('disable_cmo'),
    unsupportedLate(
      'cacheable-unsupported',
      'kvm_vma_is_cacheable & !kvm_supports_cacheable_pfnmap',
      'Any VMA that the host maps cacheable: without FWB and DIC not even ordinary RAM can be mapped.',
    ),
  ],
  cacheablePfnmapCap: { known: true, number: 243, evidence: [mail(`${NAME} v7 (18 Jun 2025)`)] },
  notes: ['Catalin Marinas’s review asks about exactly this check.'],
};

const cowBefore = (id: string, when: string): FaultRow =>
  stop<FaultEnd>(id, when, fail('EINVAL'), 'A private mapping of raw page frames is refused.');

const rawUnsupported = (when: string): FaultRow =>
  stop<FaultEnd>(
    'cacheable-pfnmap-unsupported',
    when,
    fail('EFAULT'),
    'A raw page frame that the host maps cacheable needs FWB and DIC.',
  );

const forcedTail: readonly FaultRow[] = [
  logging('special & !pfn_is_map_memory'),
  noExec('s2_force_noncacheable'),
  mteNotAllowed('s2_force_noncacheable'),
  protW,
  protX,
  ...noncacheable('s2_force_noncacheable'),
  protXByDic('s2_force_noncacheable'),
];

const special: FaultRow = set('special', 'VM_PFNMAP | VM_MIXEDMAP', 'The VMA may hold raw page frames.');

export const cp_v8: Arm64Policy = {
  ...cp_v7,
  id: 'cp-v8',
  title: 'only raw page frames are examined; VM_MIXEDMAP is always forced non-cacheable',
  covers: '20 Jun 2025',
  evidence: [mail(`${NAME} v8 (20 Jun 2025)`)],
  fault: [
    readPermissionFault,
    special,
    cowBefore('cow-pfnmap', 'special & !pfn_is_map_memory & VM_PFNMAP & is_cow_mapping'),
    set(
      'cacheable_pfnmap',
      'special & !pfn_is_map_memory & VM_PFNMAP & kvm_vma_is_cacheable',
      'A raw page frame that its owner maps cacheable; VM_MIXEDMAP does not count.',
    ),
    rawUnsupported('cacheable_pfnmap & !kvm_supports_cacheable_pfnmap'),
    set(
      's2_force_noncacheable',
      'special & !pfn_is_map_memory & !cacheable_pfnmap',
      'Every other raw page frame must not be cacheable for the guest.',
    ),
    stop<FaultEnd>(
      'cacheable-to-noncacheable',
      's2_force_noncacheable & kvm_vma_is_cacheable',
      fail('EINVAL'),
      'What the host maps cacheable must not be downgraded, so a cacheable VM_MIXEDMAP never works.',
    ),
    ...forcedTail,
  ],
  cacheablePfnmapCap: { known: true, number: 243, evidence: [mail(`${NAME} v8 (20 Jun 2025)`)] },
  notes: [],
};

export const cp_v9: Arm64Policy = {
  ...cp_v8,
  id: 'cp-v9',
  title: 'VM_MIXEDMAP treated like VM_PFNMAP; copy-on-write of raw page frames refused',
  covers: '21 Jun 2025',
  evidence: [mail(`${NAME} v9 (21 Jun 2025)`)],
  fault: [
    readPermissionFault,
    special,
    cowBefore('cow-special', 'special & !pfn_is_map_memory & is_cow_mapping'),
    rawUnsupported('special & !pfn_is_map_memory & kvm_vma_is_cacheable & !kvm_supports_cacheable_pfnmap'),
    set(
      's2_force_noncacheable',
      'special & !pfn_is_map_memory & !kvm_vma_is_cacheable',
      'Every other raw page frame must not be cacheable for the guest.',
    ),
    ...forcedTail,
  ],
  cacheablePfnmapCap: { known: true, number: 243, evidence: [mail(`${NAME} v9 (21 Jun 2025)`)] },
};

export const cp_v10: Arm64Policy = {
  ...cp_v9,
  id: 'cp-v10',
  title: 'the copy-on-write test and dead code are gone: the decisions of 6.17',
  covers: '5 Jul 2025',
  evidence: [mail(`${NAME} v10 (5 Jul 2025)`)],
  fault: [
    readPermissionFault,
    special,
    rawUnsupported('special & !pfn_is_map_memory & kvm_vma_is_cacheable & !kvm_supports_cacheable_pfnmap'),
    set(
      's2_force_noncacheable',
      'special & !pfn_is_map_memory & !kvm_vma_is_cacheable',
      'A raw page frame that the host does not map cacheable must not be cacheable for the guest.',
    ),
    ...forcedTail,
  ],
  cacheablePfnmapCap: { known: true, number: 243, evidence: [mail(`${NAME} v10 (5 Jul 2025)`)] },
};
