/** The facts that x86 policies may ask for. */

import { Vocabulary } from '../expr.ts';
import { PAT_TYPES } from './effective.ts';

export const E820_TYPES = ['ram', 'reserved', 'acpi', 'none'] as const;
/** How a driver put the page into the VMA; `normal` is everything that has an ordinary struct page. */
export const INSERTS = [
  'normal',
  'remap_pfn_range',
  'remap_pfn_range-part',
  'vmf_insert_mixed',
  'vmf_insert_pfn_pmd',
  'vm_insert_page',
] as const;

export const FACTS = {
  // The host's view of the page, as kvm_is_mmio_pfn() asks for it.
  pfn_valid: { means: 'there is a struct page' },
  zero_page: { means: 'the shared zero page' },
  page_reserved: { means: 'PageReserved' },
  pat_enabled: { means: 'the host uses the PAT (not booted with nopat)' },
  host_memtype: { values: PAT_TYPES, means: 'type that the host tracks for the page (lookup_memtype)' },
  pat_pfn_immune_to_uc_mtrr: {
    is: 'host_memtype = UC | host_memtype = UC- | host_memtype = WC',
    means: 'the host tracks it as uncached or write-combining',
  },
  e820_ram: { means: 'RAM in the firmware’s E820 table, whatever mem= or memmap= say' },
  // Where those come from.
  kernel_ram: { means: 'the kernel uses the page as RAM (not hidden, not MMIO)' },
  section_has_kernel_ram: { means: 'some page of its 128M section is kernel RAM' },
  driver_reserved: { means: 'a driver set PageReserved on it' },
  legacy_hole: { means: 'physical address 0xa0000 to 0xfffff, never tracked' },
  insert: { values: INSERTS, means: 'how the page was put into the VMA' },
  pgprot: { values: PAT_TYPES, means: 'type requested by the page protection' },
  set_memory: {
    values: ['none', 'WC', 'UC-'],
    means: 'set_memory_wc() or set_memory_uc() on its direct map',
  },
  host_mtrr: { values: ['UC', 'WC', 'WT', 'WP', 'WB'], means: 'host MTRR type' },
  // The VMA, as the host fault asks for it.
  VM_PFNMAP: { means: 'raw page frames' },
  VM_MIXEDMAP: { means: 'struct pages and raw page frames' },
  VM_IO: { means: 'memory-mapped I/O or alike' },
  VM_SHARED: { means: 'MAP_SHARED' },
  VM_MAYWRITE: { means: 'may be made writable' },
  is_cow_mapping: { is: 'VM_MAYWRITE & !VM_SHARED', means: 'a store makes a private copy' },
  pte_special: { means: 'the host entry is special' },
  write_fault: { means: 'the guest stored' },
  // The VM.
  host_mmio: { means: 'kvm_is_mmio_pfn() said yes' },
  noncoherent_dma: { means: 'a device with non-coherent DMA is in the VM' },
  self_snoop: { means: 'CPUID.1:EDX.SS' },
  guest_cr0_cd: { means: 'guest CR0.CD' },
  quirk_cd_nw_cleared: { means: 'KVM_X86_QUIRK_CD_NW_CLEARED active (default)' },
  quirk_ignore_guest_pat: { means: 'KVM_X86_QUIRK_IGNORE_GUEST_PAT active (default on Intel, 6.16+)' },
} as const;

export const X86_VOCABULARY = new Vocabulary(FACTS);
