/**
 * What software writes where the processor does not look: Linux in page tables [Linux 6.12,
 * arch/x86/include/asm/pgtable_types.h, pgtable_64.h, pgtable-invert.h] and KVM in the tables it makes for guests
 * [Linux 6.12, arch/x86/kvm/mmu/spte.h, spte.c].
 */

import { decode, encode, maskOf } from '../../bits/codec.ts';
import { format, rowWidth } from '../../bits/format.ts';
import { once } from '../../bits/once.ts';
import { pfnAddress, pfnOf } from '../../bits/pages.ts';
import { choice, known } from '../../bits/settings.ts';
import { addr, bits, fixed, flag, ignored, scattered, wide } from '../../bits/spec.ts';
import { bitAt, hex, WORD_MASK, type Word } from '../../bits/word.ts';
import { linux, windows } from '../../refs.ts';

/** The names of the bits that are set in a word. */
function namer(list: Readonly<Record<number, string>>): (word: Word) => readonly string[] {
  const bits = Object.entries(list).map(([bit, name]) => [Number(bit), name] as const);
  return word => bits.flatMap(([bit, name]) => (bitAt(word, bit) ? [name] : []));
}

export const OWNERS = ['any', 'linux', 'kvm', 'xen', 'windows', 'firmware'] as const;
export type Owner = (typeof OWNERS)[number];
/** Who wrote the tables. A convention is read only where its owner can have written it. */
export const ownerSetting = choice(
  OWNERS,
  'Who wrote the tables: whose meaning of the ignored bits is read',
  'any',
);
/** Linux's conventions, and those of KVM, which is Linux. */
export const isLinux = (owner: Owner): boolean => owner === 'any' || owner === 'linux' || owner === 'kvm';

// ------------------------------------------------------------------------------------------- Linux, page tables

/** Software bits of present x86-64 leaves; 58 is NOPTISHADOW in the top-level table. */
export const LINUX_LEAF = {
  9: 'SPECIAL',
  10: 'UFFD_WP',
  11: 'SOFT_DIRTY',
  57: 'DEVMAP',
  58: 'SAVED_DIRTY',
} as const;

/** Linux's names of the software bits that are set in a present 64-bit leaf; empty if none is. */
export const linuxLeafBits = namer(LINUX_LEAF);

const SPTE_H = linux('6.12 arch/x86/include/asm/pgtable_64.h');
/** A swap entry. The offset is stored inverted, so that it never names cacheable memory (L1TF). */
export const linuxSwap = format(
  'x86.linux.swap',
  { title: 'Linux x86-64 swap entry', ref: SPTE_H },
  {
    type: bits(63, 59, 'swap type'),
    invertedOffset: wide(58, 9, '~swap offset'),
    protNone: fixed(8, 8, 0, '_PAGE_PROTNONE'),
    ps: fixed(7, 7, 0, '_PAGE_PSE'),
    unused: ignored(6, 4),
    exclusive: flag(3, 'SWP_EXCLUSIVE'),
    uffdWp: flag(2, 'SWP_UFFD_WP'),
    softDirty: flag(1, 'SWP_SOFT_DIRTY'),
    present: fixed(0, 0, 0, 'P'),
  },
);
const PRESENT = maskOf(linuxSwap.fields.present);
const PROTNONE = maskOf(linuxSwap.fields.protNone);
/** The offset is inverted in all its bits. */
const OFFSET = BigInt.asUintN(rowWidth(linuxSwap.fields.invertedOffset), -1n);
/** PHYSICAL_PAGE_MASK of a kernel with 52-bit physical addresses. */
export const LINUX_PFN_MASK = 0x000f_ffff_ffff_f000n;

/** What an x86-64 Linux page-table entry says. */
export type LinuxEntry =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'swap';
      readonly type: number;
      readonly offset: bigint;
      readonly exclusive: boolean;
      readonly uffdWp: boolean;
      readonly softDirty: boolean;
    }
  /** `pfn` is the frame that the entry names, after undoing the inversion; `flags` is everything else. */
  | { readonly kind: 'present' | 'protnone'; readonly pfn: bigint; readonly flags: Word };

/** Entries that are not zero and not present hold their frame inverted [Linux, __pte_needs_invert]. */
const inverted = (word: Word): boolean => word !== 0n && !(word & PRESENT);

/** Read an x86-64 Linux entry. `pfnMask` is the kernel's PHYSICAL_PAGE_MASK. */
export function readLinuxEntry(word: Word, pfnMask = LINUX_PFN_MASK): LinuxEntry {
  if (word === 0n) return { kind: 'none' };
  if (word & (PRESENT | PROTNONE)) {
    const frame = inverted(word) ? ~word & pfnMask : word & pfnMask;
    return { kind: word & PRESENT ? 'present' : 'protnone', pfn: pfnOf(frame), flags: word & ~pfnMask };
  }
  const { type, invertedOffset, exclusive, uffdWp, softDirty } = decode(linuxSwap, word);
  const offset = invertedOffset ^ OFFSET;
  return {
    kind: 'swap',
    type,
    offset,
    exclusive: exclusive === 1,
    uffdWp: uffdWp === 1,
    softDirty: softDirty === 1,
  };
}

/** The word of a Linux entry. @throws EncodeError for a swap type or offset that does not fit. */
export function linuxEntry(entry: LinuxEntry, pfnMask = LINUX_PFN_MASK): Word {
  switch (entry.kind) {
    case 'none':
      return 0n;
    case 'swap':
      return encode(linuxSwap, {
        type: entry.type,
        invertedOffset: entry.offset ^ OFFSET,
        exclusive: entry.exclusive ? 1 : 0,
        uffdWp: entry.uffdWp ? 1 : 0,
        softDirty: entry.softDirty ? 1 : 0,
      });
    default: {
      const frame = pfnAddress(entry.pfn);
      return ((inverted(entry.flags) ? ~frame : frame) & pfnMask) | entry.flags;
    }
  }
}

/** One line about a nonzero non-present entry, as Linux means it. */
export function linuxNotPresent(word: Word): string | undefined {
  const entry = readLinuxEntry(word);
  if (entry.kind === 'protnone')
    return `PROT_NONE page: frame ${hex(entry.pfn)} (address ${hex(pfnAddress(entry.pfn))}), stored inverted`;
  if (entry.kind !== 'swap') return undefined;
  const flags = [
    ...(entry.exclusive ? ['exclusive'] : []),
    ...(entry.uffdWp ? ['uffd-wp'] : []),
    ...(entry.softDirty ? ['soft-dirty'] : []),
  ];
  return `swap entry: type ${entry.type}, offset ${hex(entry.offset)}${flags.map(flag => `, ${flag}`).join('')}`;
}

const LEVEL2_H = linux('6.12 arch/x86/include/asm/pgtable-2level.h');
const kept32 = once(() =>
  format(
    'x86.linux.kept-32',
    { title: 'Linux PROT_NONE entry of two-level paging', ref: LEVEL2_H, width: 32 },
    {
      page: addr('page', [31, 12]),
      rest9: bits(11, 9, 'software'),
      protNone: flag(8, '_PAGE_PROTNONE'),
      rest: bits(7, 1, 'attributes'),
      present: fixed(0, 0, 0, 'P'),
    },
  ),
);
const swap32 = once(() =>
  format(
    'x86.linux.swap-32',
    { title: 'Linux swap entry of two-level paging', ref: LEVEL2_H, width: 32 },
    {
      offset: bits(31, 9, 'swap offset'),
      protNone: fixed(8, 8, 0, '_PAGE_PROTNONE'),
      rest: bits(7, 6, 'flags'),
      type: bits(5, 1, 'swap type'),
      present: fixed(0, 0, 0, 'P'),
    },
  ),
);

/** The same for two-level paging, where nothing is inverted. */
export function linuxNotPresent32(word: Word): string | undefined {
  const { page, protNone, present } = decode(kept32(), word);
  if (word === 0n || present) return undefined;
  if (protNone) return `PROT_NONE page: address ${hex(page)}`;
  const { type, offset } = decode(swap32(), word);
  return `swap entry: type ${type}, offset ${hex(offset)}`;
}

// ------------------------------------------------------------------------------------------ Windows, page tables

const WINDOWS = windows('x64, nt!_MMPTE_HARDWARE, nt!_MMPTE_SOFTWARE, nt!_MMPTE_TRANSITION');
const windowsPage = once(() =>
  format(
    'x86.windows.page',
    { title: 'Windows PTE, valid', ref: WINDOWS },
    {
      rest12: wide(63, 12, 'address and above'),
      write: flag(11, 'Write', { note: 'the page may be written, whatever R/W says now' }),
      bit10: ignored(10),
      copyOnWrite: flag(9, 'CopyOnWrite'),
      rest: bits(8, 0, 'the processor’s'),
    },
  ),
);
/** Windows' names of the software bits that are set in a valid entry; empty if none is. */
export function windowsLeafBits(word: Word): readonly string[] {
  const { write, copyOnWrite } = decode(windowsPage(), word);
  return [...(write ? ['Write'] : []), ...(copyOnWrite ? ['CopyOnWrite'] : [])];
}

const windowsInvalid = once(() =>
  format(
    'x86.windows.software',
    { title: 'Windows PTE, not valid', ref: WINDOWS },
    {
      pageFileHigh: bits(63, 32, 'PageFileHigh'),
      rest16: bits(31, 16, 'page frame of a transition entry, with the bits around'),
      pageFileLow: bits(15, 12, 'PageFileLow'),
      transition: flag(11, 'Transition'),
      prototype: flag(10, 'Prototype'),
      protection: bits(9, 5, 'Protection'),
      rest: bits(4, 1, 'flags'),
      valid: fixed(0, 0, 0, 'Valid'),
    },
  ),
);
const windowsTransition = once(() =>
  format(
    'x86.windows.transition',
    { title: 'Windows PTE, in transition', ref: WINDOWS },
    { rest48: bits(63, 48, 'above the page'), page: addr('page', [47, 12]), rest: bits(11, 0, 'as above') },
  ),
);
/** One line about a nonzero entry that is not valid, as Windows means it. */
export function windowsNotPresent(word: Word): string | undefined {
  const { pageFileHigh, pageFileLow, transition, prototype, protection, valid } = decode(
    windowsInvalid(),
    word,
  );
  if (word === 0n || valid) return undefined;
  const rights = `, protection ${protection}`;
  if (prototype) return `prototype PTE${rights}`;
  if (transition) return `in transition: page ${hex(decode(windowsTransition(), word).page)}${rights}`;
  if (pageFileHigh === 0) return `demand zero${rights}`;
  return `page file ${pageFileLow}, offset ${hex(BigInt(pageFileHigh))}${rights}`;
}

// -------------------------------------------------------------------------------------------------- KVM, SPTEs

/** Bit 11: KVM's own present bit, clear in MMIO and frozen entries. */
const MMU_PRESENT = 11;
/** What an entry holds while another processor changes it: 5A0h, on 64-bit hosts since 6.10 with bit 63. */
const FROZEN = 0x5a0n;
const suppressVe = { suppressVe: flag(63, 'suppress #VE') };
const SUPPRESS_VE = maskOf(suppressVe.suppressVe);
const AD_MODE = [
  'A/D bits in use',
  'A/D bits off, access tracking',
  'write-protected for dirty logging',
  undefined,
];

const SPTE = { title: 'KVM SPTE', ref: linux('6.12 arch/x86/kvm/mmu/spte.h') };
const present = { mmuPresent: flag(MMU_PRESENT, 'MMU-present') };
const adMode = { mode: bits(53, 52, 'A/D mode') };
const spteEpt = once(() =>
  format('x86.kvm.spte-ept', SPTE, {
    ...suppressVe,
    rest59: bits(62, 59, 'the processor’s'),
    mmuWritable: flag(58, 'MMU-writable'),
    hostWritable: flag(57, 'host-writable'),
    savedX: flag(56, 'saved X'),
    rest55: flag(55, 'nothing'),
    savedR: flag(54, 'saved R'),
    ...adMode,
    rest12: wide(51, 12, 'address'),
    ...present,
    rest: bits(10, 0, 'rights and type'),
  }),
);
const spteNpt = once(() =>
  format('x86.kvm.spte-npt', SPTE, {
    rest54: bits(63, 54, 'the processor’s'),
    ...adMode,
    rest12: wide(51, 12, 'address'),
    ...present,
    mmuWritable: flag(10, 'MMU-writable'),
    hostWritable: flag(9, 'host-writable'),
    rest: bits(8, 0, 'rights and attributes'),
  }),
);

/** Is it, if it is an EPT entry, one that KVM lets a guest write, as nearly all are? */
export function isWritableEptSpte(word: Word): boolean {
  const { suppressVe, mmuWritable, hostWritable, mmuPresent } = decode(spteEpt(), word);
  return !suppressVe && (mmuWritable & hostWritable & mmuPresent) === 1;
}

/** Readings of an entry that KVM wrote, one phrase each; undefined where its conventions do not fit. */
export function kvmSpte(word: Word, kind: 'ept' | 'npt'): readonly string[] | undefined {
  const low = word & ~SUPPRESS_VE;
  if (low === FROZEN) return ['frozen: being changed'];
  if (word === SUPPRESS_VE) return ['empty, #VE suppressed'];
  const own = kind === 'ept' ? decode(spteEpt(), word) : { savedR: 0, savedX: 0, ...decode(spteNpt(), word) };
  const { mmuPresent, mmuWritable, hostWritable, mode: code, savedR, savedX } = own;
  if (!mmuPresent) return undefined;
  if (mmuWritable && !hostWritable) return undefined; // KVM never writes this: no KVM entry
  const mode = AD_MODE[code];
  if (mode === undefined) return undefined;
  const saved = `${savedR ? 'R' : ''}${savedX ? 'X' : ''}`;
  return [
    'MMU-present',
    ...(hostWritable ? ['host-writable'] : []),
    ...(mmuWritable ? ['MMU-writable'] : []),
    mode,
    ...(saved === '' ? [] : [`saved for access tracking: ${saved}`]),
  ];
}

// --------------------------------------------------------------------------------------------- KVM, MMIO SPTEs

/**
 * How a host marks cached MMIO entries. `mmioValue` makes every access fault; `rsvdMask` are the address bits that
 * hosts with the L1TF erratum force to one, five of them, and move up by five.
 */
export interface MmioMasks {
  readonly mmioValue: Word;
  /** The permission bits that are kept. */
  readonly accessMask: Word;
  readonly rsvdMask: Word;
  readonly lowGpaMask: Word;
}

/** The generation is spread over two places [Linux 6.12, MMIO_SPTE_GEN_LOW_START…MMIO_SPTE_GEN_HIGH_END]. */
const mmioLayout = format(
  'x86.kvm.mmio-spte',
  { title: 'KVM MMIO SPTE', ref: linux('6.12 arch/x86/kvm/mmu/spte.c, make_mmio_spte') },
  {
    ...suppressVe,
    generation: scattered('generation', [
      [62, 52],
      [10, 3],
    ]),
    gpa: addr('guest physical address', [51, 12]),
    mmuPresent: fixed(MMU_PRESENT, MMU_PRESENT, 0, 'MMU-present'),
    access: bits(2, 0, 'value and access'),
  },
);
const L1TF_BITS = 5n;

/** An address that KVM found to be MMIO, cached in the entry that the next access will meet. */
export interface MmioSpte {
  readonly gfn: bigint;
  /** Memslot generation, 19 bits: an older one makes the entry stale. */
  readonly generation: number;
  /** Bits as in an entry: 2 write, 4 user, 1 execute. */
  readonly access: number;
}

/** [Linux 6.12, make_mmio_spte] */
export function encodeMmioSpte({ gfn, generation, access }: MmioSpte, masks: MmioMasks): Word {
  const gpa = pfnAddress(gfn);
  return (
    (masks.mmioValue |
      encode(mmioLayout, { generation }) |
      (BigInt(access) & masks.accessMask) |
      gpa |
      masks.rsvdMask |
      ((gpa & masks.rsvdMask) << L1TF_BITS)) &
    WORD_MASK
  );
}

/** [Linux 6.12, get_mmio_spte_gfn, get_mmio_spte_generation] */
export function decodeMmioSpte(word: Word, masks: MmioMasks): MmioSpte {
  const gpa = (word & masks.lowGpaMask) | ((word >> L1TF_BITS) & masks.rsvdMask);
  return {
    gfn: pfnOf(gpa),
    generation: decode(mmioLayout, word).generation,
    access: Number(word & masks.accessMask),
  };
}

/** One line about an MMIO entry. */
export const mmioText = ({ gfn, generation, access }: MmioSpte): string =>
  `MMIO: gfn ${hex(gfn)}, generation ${hex(generation)}${access ? `, access ${access & 2 ? 'W' : ''}${access & 4 ? 'U' : ''}` : ''}`;

const ones = (hi: number, lo: number): Word => ((1n << BigInt(hi - lo + 1)) - 1n) << BigInt(lo);

/** Of EPT write and execute without read; of the other, write and user. */
const WRITE_EXECUTE = encode(mmioLayout, { access: 0b110 });
/** The highest bit of the address with P. */
const RESERVED_PRESENT = encode(mmioLayout, { gpa: 2n ** 51n, access: 0b001 });

/**
 * The masks of a host [Linux 6.12, kvm_mmu_reset_all_pte_masks, kvm_mmu_set_ept_masks]. `physBits` is MAXPHYADDR;
 * `l1tfBits` the cache's physical-address bits on hosts with the L1TF erratum, else 0.
 */
export function mmioMasks(kind: 'ept' | 'npt', physBits: number, l1tfBits = 0): MmioMasks {
  const low = l1tfBits > 0 && l1tfBits < 47 ? l1tfBits - Number(L1TF_BITS) : Math.min(physBits, 52);
  return {
    mmioValue: kind === 'ept' ? WRITE_EXECUTE : physBits < 52 ? RESERVED_PRESENT : 0n,
    accessMask: kind === 'ept' ? 0n : WRITE_EXECUTE,
    rsvdMask: low === l1tfBits - Number(L1TF_BITS) ? ones(l1tfBits - 1, low) : 0n,
    lowGpaMask: ones(low - 1, 12),
  };
}

/** Is this word one of KVM's MMIO entries? EPT: write and execute without read; else bit 51 with P, above MAXPHYADDR. */
export function isMmioSpte(word: Word, kind: 'ept' | 'npt', physBits: number): boolean {
  if (bitAt(word, MMU_PRESENT)) return false;
  if (kind === 'ept') return (word & maskOf(mmioLayout.fields.access)) === WRITE_EXECUTE;
  return physBits < 52 && (word & RESERVED_PRESENT) === RESERVED_PRESENT;
}

/** The guest-physical address that an entry translates: an MMIO entry of KVM names it. */
export const mmioAddress = known(
  'Guest-physical address that the entry translates: is it KVM’s MMIO entry for it?',
);

/** KVM writes MMIO entries in tables of level 1, with the frame of the address that they translate [Linux 6.12, mark_mmio_spte]. */
export const isMmioPlace = (
  { gfn }: MmioSpte,
  { level, ia }: { readonly level: number; readonly ia: bigint | 'unknown' },
): boolean => level === 1 && (ia === 'unknown' || pfnOf(ia) === gfn);
