/** Host mappings by the name of who makes them: what a driver's mmap() leaves in the VMA, per kernel where that changed. */

import type { PfnClass, Pgprot, SlotFlag, VmaFlag } from './arm64/model.ts';
import { unknownName } from './errors.ts';
import { type Evidence, inferred, mail, measured } from './evidence.ts';
import type { HostPage } from './x86/host-mmio.ts';

export interface Preset {
  readonly id: string;
  readonly title: string;
  readonly flags: readonly VmaFlag[];
  /** Flags that the driver sets where the kernel has them. */
  readonly laterFlags?: readonly VmaFlag[];
  readonly pgprot: Pgprot;
  readonly pfn: PfnClass;
  readonly hugetlb?: boolean;
  /** The kernel sets VM_MTE_ALLOWED on it where the CPU has MTE. */
  readonly tags?: boolean;
  readonly slotFlags?: readonly SlotFlag[];
  /** The same on x86, where the page is described by what the host knows of it. */
  readonly x86: HostPage;
  readonly evidence: readonly Evidence[];
}

const SHARED: readonly VmaFlag[] = ['VM_SHARED', 'VM_MAYWRITE'];
const PFN_IO: readonly VmaFlag[] = ['VM_PFNMAP', 'VM_IO'];

const v2 = mail('"Allow cacheable stage 2 mapping using VMA flags" v2 (18 Nov 2024)');
const bar: HostPage = {
  e820: 'none',
  kernelRam: false,
  sectionHasKernelRam: false,
  insert: 'remap_pfn_range',
  pgprot: 'UC-',
};
const ram: HostPage = {
  e820: 'ram',
  kernelRam: true,
  sectionHasKernelRam: true,
  insert: 'normal',
  pgprot: 'WB',
};
const hidden: HostPage = {
  e820: 'ram',
  kernelRam: false,
  sectionHasKernelRam: false,
  insert: 'remap_pfn_range',
  pgprot: 'WB',
};

export const PRESETS: readonly Preset[] = [
  {
    id: 'gpu-coherent',
    title: 'nvgrace-gpu usable memory: coherent device memory without struct pages, mapped cacheable',
    flags: [...PFN_IO, ...SHARED],
    pgprot: 'MT_NORMAL',
    pfn: 'no-page',
    x86: { ...bar, pgprot: 'WB' },
    evidence: [v2],
  },
  {
    id: 'gpu-reserved',
    title: 'nvgrace-gpu reserved memory: the same range mapped write-combining',
    flags: [...PFN_IO, ...SHARED],
    pgprot: 'MT_NORMAL_NC',
    pfn: 'no-page',
    x86: { ...bar, pgprot: 'WC' },
    evidence: [inferred('nvgrace-gpu')],
  },
  {
    id: 'vfio-bar',
    title: 'vfio-pci BAR; VM_ALLOW_ANY_UNCACHED since 6.9',
    flags: [...PFN_IO, ...SHARED],
    laterFlags: ['VM_ALLOW_ANY_UNCACHED'],
    pgprot: 'MT_DEVICE_nGnRnE',
    pfn: 'no-page',
    x86: bar,
    evidence: [mail('a39d3a966a09')],
  },
  {
    id: 'vfio-platform',
    title: 'a device region whose driver does not set VM_ALLOW_ANY_UNCACHED',
    flags: [...PFN_IO, ...SHARED],
    pgprot: 'MT_DEVICE_nGnRnE',
    pfn: 'no-page',
    x86: bar,
    evidence: [inferred('drivers/vfio/platform')],
  },
  {
    id: 'bar-writecombine',
    title: 'a BAR mapped write-combining by its driver',
    flags: [...PFN_IO, ...SHARED],
    laterFlags: ['VM_ALLOW_ANY_UNCACHED'],
    pgprot: 'MT_NORMAL_NC',
    pfn: 'no-page',
    x86: { ...bar, pgprot: 'WC' },
    evidence: [inferred('pgprot_writecombine() users')],
  },
  {
    id: 'devmem-ram-shared',
    title: '/dev/mem over RAM, MAP_SHARED',
    flags: [...PFN_IO, ...SHARED],
    pgprot: 'MT_NORMAL',
    pfn: 'ram',
    x86: { ...ram, insert: 'remap_pfn_range' },
    evidence: [inferred('arm64 phys_mem_access_prot()')],
  },
  {
    id: 'devmem-ram-private',
    title: '/dev/mem over RAM, MAP_PRIVATE',
    flags: [...PFN_IO, 'VM_MAYWRITE'],
    pgprot: 'MT_NORMAL',
    pfn: 'ram',
    x86: { ...ram, insert: 'remap_pfn_range' },
    evidence: [inferred('arm64 phys_mem_access_prot()')],
  },
  {
    id: 'devmem-hidden-ram',
    title: '/dev/mem over RAM that mem= hides from the kernel',
    flags: [...PFN_IO, ...SHARED],
    pgprot: 'MT_DEVICE_nGnRnE',
    pfn: 'no-page',
    x86: hidden,
    evidence: [
      measured('Linux 6.18.2 on x86: devmem rows'),
      inferred('arm64 phys_mem_access_prot(): Device where pfn_is_map_memory() says no'),
    ],
  },
  {
    id: 'devmem-mmio',
    title: '/dev/mem over device registers, MAP_SHARED',
    flags: [...PFN_IO, ...SHARED],
    pgprot: 'MT_DEVICE_nGnRnE',
    pfn: 'no-page',
    x86: bar,
    evidence: [inferred('arm64 phys_mem_access_prot()')],
  },
  {
    id: 'devmem-mmio-private',
    title: '/dev/mem over device registers, MAP_PRIVATE',
    flags: [...PFN_IO, 'VM_MAYWRITE'],
    pgprot: 'MT_DEVICE_nGnRnE',
    pfn: 'no-page',
    x86: bar,
    evidence: [inferred('arm64 phys_mem_access_prot()')],
  },
  {
    id: 'mixedmap-cacheable',
    title: 'VM_MIXEDMAP of device memory, cacheable, without VM_IO',
    flags: ['VM_MIXEDMAP', ...SHARED],
    pgprot: 'MT_NORMAL',
    pfn: 'no-page',
    x86: { ...bar, insert: 'vmf_insert_mixed', pgprot: 'WB' },
    evidence: [measured('Linux 6.18.2: vmf_insert_mixed()')],
  },
  {
    id: 'mixedmap-nc',
    title: 'VM_MIXEDMAP of device memory, write-combining, without VM_IO',
    flags: ['VM_MIXEDMAP', ...SHARED],
    pgprot: 'MT_NORMAL_NC',
    pfn: 'no-page',
    x86: { ...bar, insert: 'vmf_insert_mixed', pgprot: 'WC' },
    evidence: [measured('Linux 6.18.2: vmf_insert_mixed()')],
  },
  {
    id: 'mixedmap-io-cacheable',
    title: 'VM_MIXEDMAP with VM_IO of device memory, cacheable',
    flags: ['VM_MIXEDMAP', 'VM_IO', ...SHARED],
    pgprot: 'MT_NORMAL',
    pfn: 'no-page',
    x86: { ...bar, insert: 'vmf_insert_mixed', pgprot: 'WB' },
    evidence: [measured('Linux 6.18.2: vmf_insert_mixed() with VM_IO')],
  },
  {
    id: 'drm-mixedmap',
    title: 'a DRM-style VM_MIXEDMAP with VM_IO, write-combining',
    flags: ['VM_MIXEDMAP', 'VM_IO', ...SHARED],
    pgprot: 'MT_NORMAL_NC',
    pfn: 'no-page',
    x86: { ...bar, insert: 'vmf_insert_mixed', pgprot: 'WC' },
    evidence: [inferred('DRM drivers that use vmf_insert_mixed()')],
  },
  {
    id: 'anon',
    title: 'anonymous memory',
    flags: ['VM_MAYWRITE'],
    pgprot: 'MT_NORMAL',
    pfn: 'ram',
    tags: true,
    x86: ram,
    evidence: [measured('Linux 6.18.2')],
  },
  {
    id: 'hugetlb',
    title: 'hugetlbfs memory',
    flags: ['VM_SHARED', 'VM_MAYWRITE'],
    hugetlb: true,
    pgprot: 'MT_NORMAL',
    pfn: 'ram',
    x86: ram,
    evidence: [measured('Linux 6.18.2 on x86')],
  },
  {
    id: 'memfd',
    title: 'memfd or other shared memory',
    flags: SHARED,
    pgprot: 'MT_NORMAL',
    pfn: 'ram',
    tags: true,
    x86: ram,
    evidence: [measured('Linux 6.18.2 on x86')],
  },
  {
    id: 'guest_memfd',
    title: 'guest_memfd that the VMM may map',
    flags: SHARED,
    pgprot: 'MT_NORMAL',
    pfn: 'ram',
    slotFlags: ['KVM_MEM_GUEST_MEMFD'],
    x86: ram,
    evidence: [measured('Linux 6.18.2 on x86')],
  },
  {
    id: 'zone-device-page',
    title: 'a ZONE_DEVICE page in an ordinary mapping',
    flags: SHARED,
    pgprot: 'MT_NORMAL',
    pfn: 'page-no-memblock',
    x86: { ...ram, e820: 'none', kernelRam: true, sectionHasKernelRam: true },
    evidence: [inferred('struct page outside memblock; on x86 not PageReserved')],
  },
];

const ALIASES: Readonly<Record<string, string>> = {
  'anon-ram': 'anon',
  'nvgrace-gpu': 'gpu-coherent',
  'vfio-pci': 'vfio-bar',
  'devmem-ram': 'devmem-ram-shared',
};

export function preset(name: string): Preset {
  const id = ALIASES[name] ?? name;
  const found = PRESETS.find(p => p.id === id);
  if (found === undefined)
    throw unknownName(
      'preset',
      name,
      PRESETS.map(p => p.id),
    );
  return found;
}
