/** Inputs as people have them, turned into the words of the model; whatever cannot be meant is refused in one sentence. */

import { VOCABULARY, vmaEnv } from './arm64/facts.ts';
import { isSpecial } from './arm64/host-fault.ts';
import {
  type Arm64Cpu,
  PFN_CLASSES,
  type PfnClass,
  PGPROTS,
  type Pgprot,
  SLOT_FLAGS,
  type SlotFlag,
  VMA_FLAGS,
  type Vma,
  type VmaFlag,
} from './arm64/model.ts';
import { KvmInputError, unknownName } from './errors.ts';
import type { Evidence } from './evidence.ts';
import { inferred, mail, measured, source } from './evidence.ts';
import type { X86Cpu } from './x86/model.ts';

// ---- VMA flags ---------------------------------------------------------------------------------------------------

/** The two letters of `VmFlags:` in /proc/PID/smaps (fs/proc/task_mmu.c show_smap_vma_flags()). */
export const SMAPS_LETTERS: Readonly<Record<string, string>> = {
  rd: 'VM_READ',
  wr: 'VM_WRITE',
  ex: 'VM_EXEC',
  sh: 'VM_SHARED',
  mr: 'VM_MAYREAD',
  mw: 'VM_MAYWRITE',
  me: 'VM_MAYEXEC',
  ms: 'VM_MAYSHARE',
  gd: 'VM_GROWSDOWN',
  pf: 'VM_PFNMAP',
  lo: 'VM_LOCKED',
  io: 'VM_IO',
  sr: 'VM_SEQ_READ',
  rr: 'VM_RAND_READ',
  dc: 'VM_DONTCOPY',
  de: 'VM_DONTEXPAND',
  lf: 'VM_LOCKONFAULT',
  ac: 'VM_ACCOUNT',
  nr: 'VM_NORESERVE',
  ht: 'VM_HUGETLB',
  sf: 'VM_SYNC',
  ar: 'VM_ARCH_1',
  wf: 'VM_WIPEONFORK',
  dd: 'VM_DONTDUMP',
  sd: 'VM_SOFTDIRTY',
  mm: 'VM_MIXEDMAP',
  hg: 'VM_HUGEPAGE',
  nh: 'VM_NOHUGEPAGE',
  mg: 'VM_MERGEABLE',
  um: 'VM_UFFD_MISSING',
  uw: 'VM_UFFD_WP',
  ui: 'VM_UFFD_MINOR',
  mt: 'VM_MTE',
  bt: 'VM_ARM64_BTI',
  ss: 'VM_SHADOW_STACK',
  sl: 'VM_SEALED',
  dp: 'VM_DROPPABLE',
};

const KNOWN_FLAGS: readonly string[] = [...new Set([...Object.values(SMAPS_LETTERS), ...VMA_FLAGS])];

export interface ParsedFlags {
  /** Flags that some policy looks at. */
  readonly flags: readonly VmaFlag[];
  readonly hugetlb: boolean;
  /** Known flags that no policy looks at. */
  readonly ignored: readonly string[];
}

/**
 * `VM_PFNMAP|VM_IO`, `pfnmap,io`, or a line of smaps letters (`VmFlags: rd wr sh mr mw me ms io pf de dd`).
 * Two-letter words are letters; VM_ALLOW_ANY_UNCACHED and VM_MTE_ALLOWED have none and must be named.
 */
export function parseVmaFlags(text: string): ParsedFlags {
  const flags = new Set<VmaFlag>();
  const ignored: string[] = [];
  let hugetlb = false;
  const words = text
    .replace(/^\s*VmFlags:/i, '')
    .split(/[\s,|+]+/)
    .filter(w => w !== '');
  for (const word of words) {
    if (word === '??')
      throw new KvmInputError(
        "'??' in VmFlags is a flag for which this kernel's smaps has no letters (VM_ALLOW_ANY_UNCACHED is one since 6.9); give it by name",
        ['VM_ALLOW_ANY_UNCACHED', 'VM_MTE_ALLOWED'],
      );
    const upper = word.toUpperCase();
    const name = SMAPS_LETTERS[word.toLowerCase()] ?? (upper.startsWith('VM_') ? upper : `VM_${upper}`);
    if ((VMA_FLAGS as readonly string[]).includes(name)) flags.add(name as VmaFlag);
    else if (name === 'VM_HUGETLB') hugetlb = true;
    else if (KNOWN_FLAGS.includes(name)) ignored.push(name);
    else
      throw unknownName('VMA flag', word, [
        ...VMA_FLAGS,
        'VM_HUGETLB',
        'smaps letters such as pf io mm sh mw',
      ]);
  }
  return { flags: [...flags], hugetlb, ignored };
}

// ---- Page protection ---------------------------------------------------------------------------------------------

const PGPROT_NAMES: Readonly<Record<string, Pgprot>> = {
  wb: 'MT_NORMAL',
  normal: 'MT_NORMAL',
  'normal-wb': 'MT_NORMAL',
  cacheable: 'MT_NORMAL',
  tagged: 'MT_NORMAL_TAGGED',
  pgprot_tagged: 'MT_NORMAL_TAGGED',
  'normal-tagged': 'MT_NORMAL_TAGGED',
  nc: 'MT_NORMAL_NC',
  wc: 'MT_NORMAL_NC',
  'normal-nc': 'MT_NORMAL_NC',
  pgprot_writecombine: 'MT_NORMAL_NC',
  writecombine: 'MT_NORMAL_NC',
  device: 'MT_DEVICE_nGnRE',
  ngnre: 'MT_DEVICE_nGnRE',
  'device-ngnre': 'MT_DEVICE_nGnRE',
  pgprot_device: 'MT_DEVICE_nGnRE',
  ngnrne: 'MT_DEVICE_nGnRnE',
  'device-ngnrne': 'MT_DEVICE_nGnRnE',
  pgprot_noncached: 'MT_DEVICE_nGnRnE',
  uncached: 'MT_DEVICE_nGnRnE',
};

/** The kernel's AttrIndx values (asm/memory.h). */
const BY_INDEX: readonly Pgprot[] = [
  'MT_NORMAL',
  'MT_NORMAL_TAGGED',
  'MT_NORMAL_NC',
  'MT_DEVICE_nGnRnE',
  'MT_DEVICE_nGnRE',
];

/** `MT_NORMAL_NC`, `nGnRE`, `wb`, `pgprot_device`, or a page-table entry as a number (AttrIndx is taken from it). */
export function parsePgprot(text: string): Pgprot {
  const exact = PGPROTS.find(p => p.toLowerCase() === text.toLowerCase());
  if (exact) return exact;
  if (/^0x[0-9a-f_]+$/i.test(text)) {
    const index = Number((BigInt(text.replaceAll('_', '')) >> 2n) & 7n);
    const type = BY_INDEX[index];
    if (type) return type;
    throw new KvmInputError(
      `page protection ${text} has AttrIndx ${index}, which Linux does not use (0..4)`,
      PGPROTS,
    );
  }
  const named = PGPROT_NAMES[text.toLowerCase()];
  if (named) return named;
  throw unknownName('page protection', text, [
    ...PGPROTS,
    'wb',
    'nc',
    'nGnRE',
    'nGnRnE',
    'pgprot_noncached',
    'pgprot_device',
    'pgprot_writecombine',
    'a page-table entry',
  ]);
}

// ---- Page frames and slot flags ----------------------------------------------------------------------------------

const PFN_NAMES: Readonly<Record<string, PfnClass>> = {
  memory: 'ram',
  'struct-page': 'page-no-memblock',
  'zone-device': 'page-no-memblock',
  page: 'page-no-memblock',
  mmio: 'no-page',
  nopage: 'no-page',
  device: 'no-page',
};

export function parsePfn(text: string): PfnClass {
  const found = PFN_CLASSES.find(p => p === text.toLowerCase()) ?? PFN_NAMES[text.toLowerCase()];
  if (found) return found;
  throw unknownName('page frame class', text, [...PFN_CLASSES, 'mmio', 'zone-device']);
}

const SLOT_BITS: readonly SlotFlag[] = SLOT_FLAGS;

/** Names with or without KVM_MEM_, or the number that was passed (bit 0 dirty log, 1 read-only, 2 guest_memfd, 3 cacheable). */
export function parseSlotFlags(text: string): SlotFlag[] {
  if (/^(0x)?[0-9a-f]+$/i.test(text) && /\d/.test(text)) {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 0 && value < 16)
      return SLOT_BITS.filter((_, bit) => (value >> bit) & 1);
    throw new KvmInputError(
      `slot flags ${text} have bits beyond 3; known: ${SLOT_FLAGS.join(', ')}`,
      SLOT_FLAGS,
    );
  }
  const out: SlotFlag[] = [];
  for (const word of text.split(/[\s,|+]+/).filter(w => w !== '' && w !== 'none')) {
    const upper = word.toUpperCase().replaceAll('-', '_');
    const name = upper.startsWith('KVM_MEM_') ? upper : `KVM_MEM_${upper}`;
    const found = SLOT_FLAGS.find(f => f === name || f.startsWith(name));
    if (found === undefined) throw unknownName('slot flag', word, SLOT_FLAGS);
    out.push(found);
  }
  return out;
}

// ---- CPUs --------------------------------------------------------------------------------------------------------

export interface CpuProfile<C> {
  readonly name: string;
  readonly cpu: C;
  readonly evidence: readonly Evidence[];
}

/** arm64 CPUs by name. FWB is ID_AA64MMFR2_EL1[43:40], IDC and DIC are CTR_EL0[28] and [29]. */
export const ARM64_PROFILES: readonly CpuProfile<Arm64Cpu>[] = [
  {
    name: 'grace',
    cpu: { fwb: true, dic: true, idc: true },
    evidence: [mail('cover letters of "Map GPU device memory as cacheable": the platform the series is for')],
  },
  {
    name: 'neoverse-v1',
    cpu: { fwb: true, dic: true, idc: true },
    evidence: [
      source(
        'QEMU target/arm/tcg/cpu64.c aarch64_neoverse_v1_initfn(): CTR_EL0 0xb444c004, ID_AA64MMFR2 0x0220011102101011',
      ),
    ],
  },
  {
    name: 'neoverse-n1',
    cpu: { fwb: false, dic: false, idc: false },
    evidence: [
      source(
        'QEMU target/arm/tcg/cpu64.c aarch64_neoverse_n1_initfn(): CTR_EL0 0x8444c004, ID_AA64MMFR2 0x1011 (silicon may set DIC and IDC)',
      ),
    ],
  },
  {
    name: 'graviton2',
    cpu: { fwb: false, dic: true, idc: true },
    evidence: [
      source('QEMU aarch64_neoverse_n1_initfn(): ID_AA64MMFR2 0x1011'),
      mail('a published capture of CTR_EL0 0xb444c004'),
    ],
  },
  {
    name: 'cortex-a72',
    cpu: { fwb: false, dic: false, idc: false },
    evidence: [source('QEMU target/arm/cpu64.c aarch64_a72_initfn(): CTR_EL0 0x8444c004')],
  },
  {
    name: 'apple-m3',
    cpu: { fwb: true, dic: false, idc: true },
    evidence: [
      mail('a published capture of CTR_EL0 0x9444c004'),
      inferred('FWB from the architecture version'),
    ],
  },
  {
    name: 'run-fwb-dic-vhe',
    cpu: { fwb: true, dic: true, idc: true },
    evidence: [measured('the emulated machine of the Linux 6.18.2 runs with FWB and DIC')],
  },
  {
    name: 'run-nofwb-nvhe',
    cpu: { fwb: false, dic: false, idc: false },
    evidence: [measured('the emulated machine of the Linux 6.18.2 runs without FWB and DIC')],
  },
];

export interface NamedCpu<C> {
  readonly name: string;
  readonly cpu: C;
  readonly evidence: readonly Evidence[];
}

const FEATURES = ['FWB', 'DIC', 'IDC', 'MTE'] as const;

/** Features (`FWB+DIC`, `none`), a profile name, or registers (`ID_AA64MMFR2_EL1=0x…,CTR_EL0=0x…`). */
export function parseArm64Cpu(text: string): NamedCpu<Arm64Cpu> {
  const profile = ARM64_PROFILES.find(p => p.name === text.toLowerCase());
  if (profile) return profile;
  const given: Record<'fwb' | 'dic' | 'idc' | 'mte', boolean> = {
    fwb: false,
    dic: false,
    idc: false,
    mte: false,
  };
  const words = text.split(/[\s,+]+/).filter(w => w !== '');
  let mte: boolean | undefined;
  for (const word of words) {
    const register = /^(ID_AA64MMFR2(?:_EL1)?|CTR(?:_EL0)?|ID_AA64PFR1(?:_EL1)?)=(0x[0-9a-f]+)$/i.exec(word);
    if (register) {
      const value = BigInt(register[2] as string);
      const field = (bit: bigint, width: bigint) => Number((value >> bit) & ((1n << width) - 1n));
      const name = (register[1] as string).toUpperCase();
      if (name.startsWith('ID_AA64MMFR2')) given.fwb = field(40n, 4n) > 0;
      else if (name.startsWith('CTR')) {
        given.idc = field(28n, 1n) === 1;
        given.dic = field(29n, 1n) === 1;
      } else mte = field(8n, 4n) >= 2;
      continue;
    }
    const upper = word.toUpperCase();
    if (['NONE', 'NOFWB', 'PLAIN'].includes(upper)) continue;
    if (!(FEATURES as readonly string[]).includes(upper))
      throw unknownName('arm64 CPU', word, [
        ...FEATURES,
        'none',
        ...ARM64_PROFILES.map(p => p.name),
        'ID_AA64MMFR2_EL1=0x…',
        'CTR_EL0=0x…',
      ]);
    if (upper === 'MTE') mte = true;
    else given[upper.toLowerCase() as 'fwb'] = true;
  }
  const name = [given.fwb ? 'FWB' : '', given.dic ? 'DIC' : ''].filter(Boolean).join('+') || 'no FWB, no DIC';
  return {
    name,
    cpu: { fwb: given.fwb, dic: given.dic, idc: given.idc, ...(mte === undefined ? {} : { mte }) },
    evidence: [],
  };
}

export const X86_PROFILES: readonly CpuProfile<X86Cpu>[] = [
  {
    name: 'intel',
    cpu: { vendor: 'intel', selfSnoop: true, tdp: true },
    evidence: [inferred('Intel CPUs since about 2010 report self-snoop; some with errata hide it')],
  },
  {
    name: 'intel-no-self-snoop',
    cpu: { vendor: 'intel', selfSnoop: false, tdp: true },
    evidence: [source('arch/x86/kernel/cpu/intel.c: self-snoop errata')],
  },
  {
    name: 'intel-no-ept',
    cpu: { vendor: 'intel', selfSnoop: true, tdp: false },
    evidence: [measured('Linux 6.18.2 with kvm_intel.ept=0')],
  },
  {
    name: 'amd',
    cpu: { vendor: 'amd', selfSnoop: false, tdp: true },
    evidence: [measured('Linux 6.18.2 on an emulated EPYC with NPT')],
  },
  {
    name: 'tdx',
    cpu: { vendor: 'tdx', selfSnoop: true, tdp: true },
    evidence: [
      mail('"Always honor guest PAT on TDX enabled guests" v3 6/6 (4 Mar 2025): self-snoop is required'),
    ],
  },
];

export function parseX86Cpu(text: string): NamedCpu<X86Cpu> {
  const profile = X86_PROFILES.find(p => p.name === text.toLowerCase());
  if (profile) return profile;
  throw unknownName(
    'x86 CPU',
    text,
    X86_PROFILES.map(p => p.name),
  );
}

// ---- Contradictions ----------------------------------------------------------------------------------------------

export interface Contradiction {
  readonly id: string;
  /** Over the facts of a mapping. */
  readonly when: string;
  readonly says: string;
  readonly valid: readonly string[];
}

/** What no kernel can produce. Queries leave these inputs out, predictions refuse them. */
export const CONTRADICTIONS: readonly Contradiction[] = [
  {
    id: 'pfnmap-and-mixedmap',
    when: 'VM_PFNMAP & VM_MIXEDMAP',
    says: 'VM_PFNMAP and VM_MIXEDMAP exclude each other (the kernel calls it a bug)',
    valid: ['VM_PFNMAP', 'VM_MIXEDMAP', 'neither'],
  },
  {
    id: 'pfnmap-with-struct-page',
    when: 'VM_PFNMAP & pfn = page-no-memblock',
    says: 'VM_PFNMAP maps raw page frames and says that nobody looks for a struct page, so the class page-no-memblock (a struct page outside kernel memory) contradicts it',
    valid: [
      'VM_PFNMAP with no-page (device memory)',
      'VM_PFNMAP with ram (kernel memory, as through /dev/mem)',
      'page-no-memblock in an ordinary or VM_MIXEDMAP mapping',
    ],
  },
  {
    id: 'ordinary-without-struct-page',
    when: '!VM_PFNMAP & !VM_MIXEDMAP & pfn = no-page',
    says: 'an ordinary mapping holds struct pages only, so the class no-page contradicts it',
    valid: [
      'no-page with VM_PFNMAP',
      'no-page with VM_MIXEDMAP',
      'ram or page-no-memblock in an ordinary mapping',
    ],
  },
];

const compiledContradictions = CONTRADICTIONS.map(c => ({ c, holds: VOCABULARY.compile(c.when).holds }));

/** The condition that every possible mapping fulfils, for queries. */
export const CONSISTENT = CONTRADICTIONS.map(c => `!(${c.when})`).join(' & ');

/** Throws when a mapping cannot exist. */
export function checkMapping(vma: Vma, pfn: PfnClass): void {
  const env = { ...vmaEnv(vma, { fwb: false, dic: false }), pfn };
  for (const { c, holds } of compiledContradictions)
    if (holds(env)) throw new KvmInputError(`${c.says}; valid: ${c.valid.join('; ')}`, c.valid);
}

/** Throws when a claim about host writability contradicts the mapping. */
export function checkWritable(vma: Vma, pfn: PfnClass, hostWritable: boolean | undefined): void {
  const cow = vma.flags.includes('VM_MAYWRITE') && !vma.flags.includes('VM_SHARED');
  if (hostWritable === true && cow && isSpecial(vma, pfn))
    throw new KvmInputError(
      'a private (copy-on-write) mapping of raw page frames is never writable on the host; valid: leave host writability out, or make the mapping VM_SHARED',
      ['VM_SHARED', 'host not writable'],
    );
}

/** Throws when the VM asks for what the CPU does not have. */
export function checkVm(cpu: Arm64Cpu, vmMte: boolean): void {
  if (vmMte && cpu.mte === false)
    throw new KvmInputError(
      'KVM_CAP_ARM_MTE needs a CPU with MTE; valid: a CPU with MTE, or a VM without it',
      ['MTE'],
    );
}
