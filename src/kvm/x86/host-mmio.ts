/**
 * Is it host MMIO? kvm_is_mmio_pfn() in arch/x86/kvm/mmu/spte.c, and everything that decides its inputs: the firmware's
 * E820 table, struct pages in units of 128M, PageReserved, the type that the host tracks.
 */

import { measured, source } from '../evidence.ts';
import { Program, type Run, set, stop, type TraceStep } from '../policy.ts';
import type { MtrrType, PatType } from './effective.ts';
import { type E820_TYPES, type INSERTS, X86_VOCABULARY } from './facts.ts';

const ran = measured('Linux 6.18.2 on x86, thirteen boots with EPT and three with NPT');
const read = source('arch/x86/kvm/mmu/spte.c kvm_is_mmio_pfn()');
const tracking = source('arch/x86/mm/pat/memtype.c lookup_memtype(), pat_pfn_immune_to_uc_mtrr()');

type Mmio = { readonly mmio: boolean };

/** kvm_is_mmio_pfn(), row by row. */
export const IS_MMIO = new Program<Mmio>(
  X86_VOCABULARY,
  [
    stop(
      'zero-page',
      'pfn_valid & zero_page',
      { mmio: false },
      'The shared zero page is memory, although it is reserved.',
    ),
    stop(
      'page-not-reserved',
      'pfn_valid & !page_reserved',
      { mmio: false },
      'An ordinary struct page is memory, whatever type the host maps it with.',
    ),
    stop(
      'nopat',
      'pfn_valid & !pat_enabled',
      { mmio: true },
      'Without PAT every reserved page is taken for MMIO, cached ones too.',
    ),
    stop(
      'tracked-uncached',
      'pfn_valid & pat_pfn_immune_to_uc_mtrr',
      { mmio: true },
      'A reserved page that the host tracks as UC, UC- or WC is MMIO.',
    ),
    stop(
      'tracked-cached',
      'pfn_valid',
      { mmio: false },
      'A reserved page that the host tracks as WB or WT is memory.',
    ),
    stop(
      'e820-ram',
      'e820_ram',
      { mmio: false },
      'No struct page, and the firmware calls it RAM: memory, whatever type the host maps it with.',
    ),
    stop(
      'e820-not-ram',
      '!e820_ram',
      { mmio: true },
      'No struct page, and the firmware does not call it RAM: MMIO.',
    ),
  ],
  [read, ran],
);

export interface MmioFacts {
  readonly pfnValid: boolean;
  readonly patEnabled: boolean;
  readonly e820Ram: boolean;
  readonly zeroPage?: boolean;
  readonly pageReserved?: boolean;
  readonly hostMemtype?: PatType;
}

export interface MmioAnswer {
  readonly mmio: boolean;
  readonly decidedBy: string;
  readonly grade: Run<Mmio, never>['grade'];
  readonly trace: readonly TraceStep[];
}

export function isHostMmio(f: MmioFacts): MmioAnswer {
  const run = IS_MMIO.run(
    {
      pfn_valid: f.pfnValid,
      zero_page: f.zeroPage ?? false,
      page_reserved: f.pageReserved ?? false,
      pat_enabled: f.patEnabled,
      host_memtype: f.hostMemtype ?? 'WB',
      e820_ram: f.e820Ram,
    },
    end => (end.mmio ? 'host MMIO' : 'memory'),
  );
  if (run.outcome === undefined) throw new Error('kvm_is_mmio_pfn() always answers');
  return { mmio: run.outcome.mmio, decidedBy: run.decidedBy as string, grade: run.grade, trace: run.trace };
}

// ---- From a description of the machine to those facts ------------------------------------------------------------

/** A host page as people can describe it. */
export interface HostPage {
  /** The firmware's table; mem= and memmap= do not change it. */
  readonly e820: (typeof E820_TYPES)[number];
  /** The kernel uses it as RAM; false for MMIO and for RAM hidden by mem= or memmap=. */
  readonly kernelRam: boolean;
  /** Any page of its 128M section is kernel RAM: then every page of the section has a struct page. */
  readonly sectionHasKernelRam: boolean;
  /** A driver set PageReserved on kernel RAM. */
  readonly driverReserved?: boolean;
  readonly zeroPage?: boolean;
  /** 0xa0000 .. 0xfffff. */
  readonly legacyHole?: boolean;
  readonly insert: (typeof INSERTS)[number];
  readonly pgprot: PatType;
  /** set_memory_wc() or set_memory_uc() on its direct map; set_memory_uc() makes UC-. */
  readonly setMemory?: 'WC' | 'UC-';
  readonly hostMtrr?: MtrrType;
  readonly nopat?: boolean;
}

type Tracked = { readonly type: PatType | 'set_memory' | 'pgprot' };

/** lookup_memtype(): what the host tracks for the page, whoever asks. */
export const TRACKED_TYPE = new Program<Tracked>(
  X86_VOCABULARY,
  [
    stop('never-tracked', 'legacy_hole', { type: 'WB' }, '0xa0000 to 0xfffff is never tracked and reads WB.'),
    stop(
      'kernel-ram',
      'kernel_ram & set_memory = none',
      { type: 'WB' },
      'RAM is WB until its direct map is changed; a mapping with another protection does not change it.',
    ),
    stop(
      'kernel-ram-changed',
      'kernel_ram',
      { type: 'set_memory' },
      'set_memory_wc() or set_memory_uc() changed the type of this RAM.',
    ),
    set(
      'reserved_by_mapping',
      'insert = remap_pfn_range',
      'Only a remap_pfn_range() of the whole VMA reserves its type.',
    ),
    stop(
      'not-reserved',
      '!reserved_by_mapping',
      { type: 'UC-' },
      'Nobody reserved a type for it: it reads as UC-, and the host maps it so.',
    ),
    stop(
      'mtrr-not-wb',
      'pgprot = WB & host_mtrr != WB',
      { type: 'UC-' },
      'A request for WB over an MTRR that is not WB is reserved as UC-.',
    ),
    stop('reserved', 'true', { type: 'pgprot' }, 'The reservation has the type that was requested.'),
  ],
  [tracking, ran],
);

/** From the description to the facts that kvm_is_mmio_pfn() asks for, with the trace of the tracked type. */
export function hostPageFacts(
  page: HostPage,
): MmioFacts & { readonly trackedBy: string; readonly trace: readonly TraceStep[] } {
  const pfnValid = page.kernelRam || page.sectionHasKernelRam;
  // Pages with struct page that the kernel does not use as RAM are PageReserved from boot on; the zero page always is.
  const pageReserved =
    pfnValid && (!page.kernelRam || (page.driverReserved ?? false) || (page.zeroPage ?? false));
  const run = TRACKED_TYPE.run(
    {
      legacy_hole: page.legacyHole ?? false,
      kernel_ram: page.kernelRam,
      set_memory: page.setMemory ?? 'none',
      insert: page.insert,
      pgprot: page.pgprot,
      host_mtrr: page.hostMtrr ?? 'WB',
    },
    end => `tracked as ${end.type}`,
  );
  if (run.outcome === undefined) throw new Error('lookup_memtype() always answers');
  const { type } = run.outcome;
  const hostMemtype: PatType =
    type === 'pgprot' ? page.pgprot : type === 'set_memory' ? (page.setMemory ?? 'WB') : type;
  return {
    pfnValid,
    patEnabled: !(page.nopat ?? false),
    e820Ram: page.e820 === 'ram',
    zeroPage: page.zeroPage ?? false,
    pageReserved,
    hostMemtype,
    trackedBy: run.decidedBy as string,
    trace: run.trace,
  };
}
