/** Inputs as people have them, turned into the words of the model; whatever cannot be meant is refused in one sentence. */

import { stage1Leaf, stage1Settings } from '../arm64/descriptors/stage1.ts';
import { decode } from '../bits/codec.ts';
import { settle } from '../bits/settings.ts';
import {
  type Arm64Mapping,
  PFN_CLASSES,
  type PfnClass,
  PGPROTS,
  type Pgprot,
  SLOT_FLAGS,
  type SlotFlag,
  VMA_FLAGS,
  type VmaFlag,
} from './arm64/model.ts';
import { KvmInputError, unknownName } from './errors.ts';

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

/** A stage-1 entry of the host, as the kernel writes it. */
const LEAF = stage1Leaf(settle(stage1Settings, {}));

/** `MT_NORMAL_NC`, `nGnRE`, `wb`, `pgprot_device`, or a page-table entry as a number (AttrIndx is taken from it). */
export function parsePgprot(text: string): Pgprot {
  const exact = PGPROTS.find(p => p.toLowerCase() === text.toLowerCase());
  if (exact) return exact;
  if (/^0x[0-9a-f_]+$/i.test(text)) {
    const { attrIndx: index } = decode(LEAF, BigInt(text.replaceAll('_', '')));
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

/** The bit by which a slot flag is passed. */
export const slotFlagBit = (flag: SlotFlag): number => 1 << SLOT_FLAGS.indexOf(flag);

/** Names with or without KVM_MEM_, or the number that was passed (bit 0 dirty log, 1 read-only, 2 guest_memfd, 3 cacheable). */
export function parseSlotFlags(text: string): SlotFlag[] {
  if (/^(0x)?[0-9a-f]+$/i.test(text) && /\d/.test(text)) {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 0 && value < 16)
      return SLOT_FLAGS.filter(flag => value & slotFlagBit(flag));
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

// ---- Whole mappings ----------------------------------------------------------------------------------------------

/** A mapping by its parts, each as text; what is left out is ordinary memory. */
export interface MappingText {
  readonly flags?: string | undefined;
  readonly pgprot?: string | undefined;
  readonly pfn?: string | undefined;
  readonly name?: string | undefined;
}

/** @throws KvmInputError where the page frame must be said and is not */
export function parseMapping({ flags = '', pgprot, pfn, name }: MappingText): Arm64Mapping {
  const parsed = parseVmaFlags(flags);
  const raw = parsed.flags.includes('VM_PFNMAP') || parsed.flags.includes('VM_MIXEDMAP');
  if (pfn === undefined && raw)
    throw new KvmInputError(
      'VM_PFNMAP and VM_MIXEDMAP may map anything, so the page frame must be said; valid: --pfn no-page, ram, page-no-memblock',
      ['no-page', 'ram'],
    );
  return {
    flags: parsed.flags,
    ...(parsed.hugetlb ? { hugetlb: true } : {}),
    pgprot: parsePgprot(pgprot ?? 'MT_NORMAL'),
    pfn: parsePfn(pfn ?? 'ram'),
    ...(name === undefined ? {} : { name }),
  };
}

const VMA_PARTS = ['flags', 'pgprot', 'pfn', 'name'] as const satisfies readonly (keyof MappingText)[];

/** `flags=VM_PFNMAP|VM_IO;pgprot=MT_NORMAL;pfn=no-page`. */
export function parseVma(text: string): Arm64Mapping {
  const given: { -readonly [P in keyof MappingText]: string } = {};
  for (const part of text.split(';')) {
    const at = part.indexOf('=');
    const key = VMA_PARTS.find(name => name === part.slice(0, at).trim());
    if (at < 0 || key === undefined)
      throw unknownName(
        'part of a VMA',
        part,
        VMA_PARTS.map(name => `${name}=…`),
      );
    given[key] = part.slice(at + 1).trim();
  }
  return parseMapping(given);
}
