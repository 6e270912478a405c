/**
 * Ordinary paging entries, drawn as in the manual [SDM, "Paging": Tables "Format of a 32-Bit …", "… PAE …", "… 4-Level
 * …", Figures "Formats of CR3 and Paging-Structure Entries"]: 32-bit, PAE, 4-level and 5-level paging, every level. The
 * last table is level 1 (PTE), then PDE, PDPTE, PML4E, PML5E. Read the row groups from bit 63 down beside the drawing.
 */
import { check, decode, type Finding, maskOf } from '../../bits/codec.ts';
import type { Family, Reading } from '../../bits/family.ts';
import { type Format, format } from '../../bits/format.ts';
import { perSettings } from '../../bits/memo.ts';
import { choice, integer, type Settings, settle, toggle } from '../../bits/settings.ts';
import {
  addr,
  bits,
  choose,
  fixed,
  flag,
  ignored,
  mbz,
  software,
  softwareWide,
  type Violation,
} from '../../bits/spec.ts';
import { hex, split, type Word } from '../../bits/word.ts';
import { apm, sdm } from '../../refs.ts';
import { patIndex, patSetting, patTypes } from '../registers/attributes.ts';
import {
  aboveAddress,
  addressBits,
  belowAddress,
  highBit,
  leafShift,
  MODES,
  PAGE_SIZE,
  type PageKind,
  pageKind,
  pse36Address,
  topLevel,
} from '../values/address.ts';
import type { PatType } from '../values/attributes.ts';
import { type Stage1Permissions, stage1Permissions } from '../values/permissions.ts';
import { names } from './names.ts';
import {
  isLinux,
  isWritableEptSpte,
  linuxLeafBits,
  linuxNotPresent,
  linuxNotPresent32,
  ownerSetting,
  windowsLeafBits,
  windowsNotPresent,
} from './software.ts';

// ---------------------------------------------------------------------------------------------------- settings

export const stage1Settings = {
  mode: choice(MODES, 'Paging mode: 32-bit, PAE, 4-level, 5-level (CR4.PAE, EFER.LMA, CR4.LA57)', '4l'),
  level: integer(1, 5, 'Level of the table that holds the entry: 1 page table, 2 directory, … 5 PML5', 1),
  maxphyaddr: integer(32, 52, 'MAXPHYADDR: CPUID 8000_0008h EAX[7:0]', 52),
  nxe: toggle('EFER.NXE: bit 63 is execute-disable', 1),
  pse: toggle('CR4.PSE: 4-MByte pages of 32-bit paging', 1),
  pse36: toggle('PSE-36: 4-MByte pages above 4 GBytes', 1),
  gbpages: toggle('1-GByte pages: CPUID 8000_0001h EDX.Page1GB', 1),
  vendor: choice(['intel', 'amd'], 'Whose reserved bits: AMD reserves bit 8 of PML4E and PML5E', 'intel'),
  cet: toggle('CR4.CET with shadow stacks: R/W = 0 with D = 1 is a shadow-stack page', 0),
  hlat: toggle('The entry belongs to an HLAT walk: bit 11 is R, restart', 0),
  cBit: highBit('Encryption bit (AMD SEV, SME): CPUID 8000_001Fh EBX[5:0]'),
  sBit: highBit('Shared bit of a TDX guest: 47 or 51'),
  pat: patSetting('IA32_PAT, to name memory types'),
  owner: ownerSetting,
} as const;
export type Stage1Settings = Settings<typeof stage1Settings>;

// --------------------------------------------------------------------------------------------------------- rows

const ia32e = (s: Stage1Settings): boolean => s.mode === '4l' || s.mode === '5l';
const BAD_PS: Violation = { id: 'bad-ps', text: 'reserved (must be 0): no page of this size' };
const NO_NX: Violation = { id: 'nx-without-nxe', text: 'reserved (must be 0) with EFER.NXE = 0' };

/** [63] */
const xd = (s: Stage1Settings) =>
  choose(s.nxe, { xd: flag(63, 'XD', { note: 'execute-disable; AMD: NX' }) }, { xd63: mbz(63, 63, NO_NX) });

/** [62:52] of a leaf, and of a table entry */
const upper = {
  page: {
    pk: bits(62, 59, 'PK', {
      note: 'protection key: user pages with CR4.PKE, supervisor pages with CR4.PKS',
    }),
    sw58: software(58, 58, 'ignored[58]', { note: 'Linux: SAVED_DIRTY, in the top table NOPTISHADOW' }),
    sw57: software(57, 57, 'ignored[57]', { note: 'Linux: DEVMAP' }),
    ign52: ignored(56, 52),
  },
  table: { ign52: ignored(62, 52) },
};

/** [11:9] */
const restart = {
  hlat: { r: flag(11, 'R', { note: '1: restart the walk from CR3', ref: sdm('section "HLAT Paging"') }) },
  none: { sw11: software(11, 11, 'ignored[11]', { note: 'Linux: SOFT_DIRTY. R in HLAT walks' }) },
};
const available = {
  sw10: software(10, 10, 'ignored[10]', { note: 'Linux: UFFD_WP' }),
  sw9: software(9, 9, 'ignored[9]', { note: 'Linux: SPECIAL' }),
};

/** [8:0] of a leaf. Bit 7 is PAT in a PTE, PS in a larger page, whose PAT stands at 12. */
const accessed = { a: flag(5, 'A', { note: 'accessed' }) };
const caching = {
  pcd: flag(4, 'PCD', { note: 'middle bit of the PAT index' }),
  pwt: flag(3, 'PWT', { note: 'low bit of the PAT index' }),
};
const rights = {
  us: flag(2, 'U/S', { note: '1: user-mode accesses allowed' }),
  rw: flag(1, 'R/W', { note: '1: writes allowed' }),
};
const present = { p: fixed(0, 0, 1, 'P') };
const dirty = {
  g: flag(8, 'G', { note: 'global, with CR4.PGE: kept when CR3 changes' }),
  d: flag(6, 'D', { note: 'dirty: written' }),
};
const page = {
  small: { pat: flag(7, 'PAT', { note: 'high bit of the PAT index' }) },
  large: { pat: flag(12, 'PAT', { note: 'high bit of the PAT index' }), ps: fixed(7, 7, 1, 'PS') },
};

/** Entries of PAE, 4-level and 5-level paging that map a page. */
const pageRows = (s: Stage1Settings, shift: number) => ({
  ...xd(s),
  ...choose(ia32e(s), upper.page, {}),
  ...aboveAddress(s, ia32e(s) ? 51 : 62),
  oa: addr('Address', [addressBits(s) - 1, shift]),
  ...belowAddress(shift, 13),
  ...choose(s.hlat && ia32e(s), restart.hlat, restart.none),
  ...available,
  ...dirty,
  ...choose(shift > 12, page.large, page.small),
  ...{ ...accessed, ...caching, ...rights, ...present },
});

/** Entries that point to a table. PS is constant 0 where it could be 1, and reserved where it could not. */
const tableRows = (s: Stage1Settings, level: number) => ({
  ...xd(s),
  ...choose(ia32e(s), upper.table, {}),
  ...aboveAddress(s, ia32e(s) ? 51 : 62),
  next: addr('Address', [addressBits(s) - 1, 12]),
  ...choose(s.hlat && ia32e(s), restart.hlat, restart.none),
  ign9: ignored(10, 9),
  ...choose(
    s.vendor === 'amd' && level > 3,
    { res8: mbz(8, 8, undefined, { ref: apm('Figure "4-Kbyte PML4E, Long Mode"') }) },
    { ign8: ignored(8) },
  ),
  ...choose(largePage(s, level), { ps: fixed(7, 7, 0, 'PS') }, { res7: mbz(7, 7, BAD_PS) }),
  ign6: ignored(6),
  ...{ ...accessed, ...caching, ...rights, ...present },
});

/** The four PDPTEs of PAE paging: no rights, no XD; reserved bits fault when CR3 is loaded. */
const pdpteRows = (s: Stage1Settings) => {
  const gp: Violation = { id: 'reserved-set', text: 'reserved (must be 0): loading CR3 raises #GP(0)' };
  return {
    ...aboveAddress(s, 63),
    next: addr('Address', [addressBits(s) - 1, 12]),
    ign9: ignored(11, 9),
    res5: mbz(8, 5, gp),
    ...caching,
    res1: mbz(2, 1, gp),
    ...present,
  };
};

/** 32-bit paging, bit 31 down. */
const small32 = {
  page: () => ({
    oa: addr('Address', [31, 12]),
    ...{ ...restart.none, ...available, ...dirty, ...page.small },
    ...{ ...accessed, ...caching, ...rights, ...present },
  }),
  large: (s: Stage1Settings) => ({
    ...pse36Address('Address', s),
    ...{ ...restart.none, ...available, ...dirty, ...page.large },
    ...{ ...accessed, ...caching, ...rights, ...present },
  }),
  table: (s: Stage1Settings) => ({
    next: addr('Address', [31, 12]),
    ign8: ignored(11, 8),
    ...choose(
      s.pse,
      { ps: fixed(7, 7, 0, 'PS') },
      { ign7: ignored(7, 7, { note: 'PS: ignored with CR4.PSE = 0' }) },
    ),
    ign6: ignored(6),
    ...{ ...accessed, ...caching, ...rights, ...present },
  }),
};

const NOT_PRESENT = sdm('section "Paging-Structure Entries", P = 0');
const notPresent = {
  64: format('x86.pte.not-present', { title: 'paging entry that is not present', ref: NOT_PRESENT }, () => ({
    payload: softwareWide(63, 1, 'ignored[63:1]'),
    p: fixed(0, 0, 0, 'P'),
  })),
  32: format(
    'x86.pte.not-present',
    { title: '32-bit paging entry that is not present', ref: NOT_PRESENT, width: 32 },
    () => ({ payload: software(31, 1, 'ignored[31:1]'), p: fixed(0, 0, 0, 'P') }),
  ),
};

const NAME = ['PTE', 'PDE', 'PDPTE', 'PML4E', 'PML5E'] as const;
const MODE_NAME = { '32': '32-bit', pae: 'PAE', '4l': '4-level', '5l': '5-level' } as const;
const SIZE_NAME = { page4k: '4-KByte', page2m: '2-MByte', page4m: '4-MByte', page1g: '1-GByte' } as const;

/** Can an entry at this level map a page, under these settings? */
export function largePage(s: Stage1Settings, level: number = levelOf(s)): boolean {
  if (level === 1) return true;
  if (level === 2) return s.mode !== '32' || s.pse === 1;
  return level === 3 && ia32e(s) && s.gbpages === 1;
}

/** The level, or the top one where the mode has fewer: the reading says so in a finding. */
export const levelOf = (s: Stage1Settings): number => Math.min(s.level, topLevel(s.mode));

const about = (s: Stage1Settings, what: string) => {
  const level = levelOf(s);
  const mode = MODE_NAME[s.mode];
  return {
    title: `${mode} paging ${NAME[level - 1]} that ${what}`,
    ref: sdm(
      `section "${mode === '32-bit' || mode === 'PAE' ? `${mode} Paging` : '4-Level Paging and 5-Level Paging'}"`,
    ),
    width: s.mode === '32' ? (32 as const) : (64 as const),
  };
};

/** The layout of a page at this level under these settings. Call it only where a page can be. */
export const stage1Page = perSettings((s: Stage1Settings) => {
  const level = levelOf(s);
  const kind = pageKind(s.mode, level);
  const title = about(s, `maps a ${SIZE_NAME[kind]} page`);
  const id = `x86.pte.${kind}`;
  if (s.mode !== '32') return format(id, title, pageRows(s, leafShift(s.mode, level)));
  return level === 1 ? format(id, title, small32.page()) : format(id, title, small32.large(s));
});

/** The layout of an entry that points to a table. Call it only above level 1. */
export const stage1Table = perSettings((s: Stage1Settings) => {
  const level = levelOf(s);
  const title = about(s, 'references a table');
  if (s.mode === '32') return format('x86.pte.table', title, small32.table(s));
  if (s.mode === 'pae' && level === 3) return format('x86.pte.table', title, pdpteRows(s));
  return format('x86.pte.table', title, tableRows(s, level));
});

// ------------------------------------------------------------------------------------------------------ reading

export type Stage1Kind = 'not-present' | 'table' | PageKind | 'bad-ps';

/** What the fields of a paging entry add up to. Addresses and sizes in bytes. */
export type Stage1Facts = {
  /** Which table the entry stands in: PTE, PDE, PDPTE, PML4E, PML5E. */
  readonly entry: string;
  /** Next table (tables). */
  readonly next?: bigint;
  /** Address and bytes mapped (pages). */
  readonly oa?: bigint;
  readonly size?: bigint;
  /** A reserved bit is set: #PF with RSVD = 1, or #GP(0) when CR3 is loaded (PAE PDPTE). */
  readonly reservedFault?: boolean;
  /** What this entry permits; every level above must permit too. */
  readonly permissions?: Stage1Permissions;
  /** 4*PAT + 2*PCD + PWT: of the page; of a table entry, for accesses to the next table. */
  readonly patIndex?: number;
  /** The PAT's type at that index, where a PAT is given. */
  readonly memory?: PatType | 'reserved';
  /** Shadow-stack page: R/W = 0 and D = 1, with CR4.CET. */
  readonly shadowStack?: boolean;
  /** The encryption bit of a page: private memory (AMD SEV, SME). Absent where there is no such bit. */
  readonly encrypted?: boolean;
  /** The shared bit of a page of a TDX guest. Absent where there is no such bit. */
  readonly shared?: boolean;
  /** What software means by the bits that the processor ignores. */
  readonly software?: Readonly<Record<string, string>>;
};
export type Stage1Reading = Reading<Stage1Facts, Stage1Kind>;

const P = maskOf(present.p);
const PS = maskOf(page.large.ps);
/** Which kind P, PS and the level make of a word. */
export function stage1Kind(word: Word, s: Stage1Settings): Stage1Kind {
  if ((word & P) === 0n) return 'not-present';
  const level = levelOf(s);
  if (level === 1) return 'page4k';
  if ((word & PS) === 0n) return 'table';
  if (largePage(s, level)) return pageKind(s.mode, level);
  return ia32e(s) ? 'bad-ps' : 'table'; // 32-bit: bit 7 is ignored; PAE PDPTE: one of its reserved bits
}

/** Read one paging entry. Answers every word; what is wrong with it stands in the findings. */
export function readStage1(word: Word, s: Stage1Settings): Stage1Reading {
  const kind = stage1Kind(word, s);
  switch (kind) {
    case 'not-present':
      return readNotPresent(word, s);
    case 'table':
    case 'bad-ps':
      return readTable(word, s, kind);
    default:
      return readPage(word, s, kind);
  }
}

/** Which table the entry stands in. */
export const entryName = (s: Stage1Settings): string => NAME[levelOf(s) - 1] ?? '';

function readNotPresent(word: Word, s: Stage1Settings): Stage1Reading {
  const facts: Stage1Facts = {
    entry: entryName(s),
    ...notPresentSoftware(word, s),
  };
  const layout = notPresent[s.mode === '32' ? 32 : 64];
  return { format: layout, raw: word, kind: 'not-present', facts, findings: modeFindings(word, s) };
}

function notPresentSoftware(word: Word, s: Stage1Settings): Pick<Stage1Facts, 'software'> {
  if (s.owner === 'windows' && ia32e(s)) {
    const windows = windowsNotPresent(word);
    return windows === undefined ? {} : { software: { Windows: windows } };
  }
  if (!isLinux(s.owner)) return {};
  const linux = ia32e(s) ? linuxNotPresent(word) : s.mode === '32' ? linuxNotPresent32(word) : undefined;
  return linux === undefined ? {} : { software: { 'Linux 6.12': linux } };
}

function pageSoftware(word: Word, s: Stage1Settings): Pick<Stage1Facts, 'software'> {
  if (!ia32e(s)) return {};
  const [name, set] =
    s.owner === 'windows'
      ? (['Windows', windowsLeafBits(word)] as const)
      : (['Linux 6.12', isLinux(s.owner) ? linuxLeafBits(word) : []] as const);
  return set.length > 0 ? { software: { [name]: set.join(', ') } } : {};
}

/** The encryption bit and the shared bit, where the address has one. */
const protection = (d: {
  readonly c?: number;
  readonly shared?: number;
}): Pick<Stage1Facts, 'encrypted' | 'shared'> => ({
  ...(d.c === undefined ? {} : { encrypted: d.c === 1 }),
  ...(d.shared === undefined ? {} : { shared: d.shared === 1 }),
});

function readTable(word: Word, s: Stage1Settings, kind: 'table' | 'bad-ps'): Stage1Reading {
  const layout: Format<Partial<ReturnType<typeof tableRows>>> = stage1Table(s);
  const d = decode(layout, word);
  const wrong = check(layout, word);
  const index = patIndex(d);
  const facts: Stage1Facts = {
    entry: entryName(s),
    ...(kind === 'table' && d.next !== undefined ? { next: d.next } : {}),
    reservedFault: faults(wrong),
    permissions: stage1Permissions(d),
    ...(kind === 'table' ? { patIndex: index, ...named(s, index) } : {}),
  };
  return { format: layout, raw: word, kind, facts, findings: [...modeFindings(word, s), ...wrong] };
}

function readPage(word: Word, s: Stage1Settings, kind: PageKind): Stage1Reading {
  const layout: Format<Partial<ReturnType<typeof pageRows>>> = stage1Page(s);
  const d = decode(layout, word);
  const wrong = check(layout, word);
  const index = patIndex(d);
  const facts: Stage1Facts = {
    entry: entryName(s),
    oa: d.oa ?? 0n,
    size: PAGE_SIZE[kind],
    reservedFault: faults(wrong),
    permissions: stage1Permissions(d),
    patIndex: index,
    ...named(s, index),
    ...(s.cet ? { shadowStack: d.rw === 0 && d.d === 1 } : {}),
    ...protection(d),
    ...pageSoftware(word, s),
  };
  const findings = [...modeFindings(word, s), ...wrong, ...pageFindings(word, d, s)];
  return { format: layout, raw: word, kind, facts, findings };
}

/** Everything that `check` calls an error here is a reserved bit. */
const faults = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === 'error');

const named = (s: Stage1Settings, index: number): Pick<Stage1Facts, 'memory'> =>
  s.pat === 'unknown' ? {} : { memory: patTypes(s.pat)[index] ?? 'reserved' };

/** Settings and words that do not go together. */
function modeFindings(word: Word, s: Stage1Settings): Finding[] {
  const findings: Finding[] = [];
  if (s.level > topLevel(s.mode))
    findings.push({
      id: 'no-such-level',
      severity: 'error',
      bits: '',
      message: `${MODE_NAME[s.mode]} paging has no level ${s.level}: read as level ${topLevel(s.mode)}`,
    });
  const [, above] = split(word);
  if (s.mode === '32' && above !== 0)
    findings.push({
      id: 'wider-than-entry',
      severity: 'error',
      bits: '63:32',
      message: `entries of 32-bit paging have 32 bits: ${hex(above)} above them is not read`,
    });
  return findings;
}

type PageBits = { readonly [K in 'rw' | 'us' | 'pwt' | 'pcd' | 'a']?: number };

/** What only several fields together can say. */
function pageFindings(word: Word, d: PageBits, s: Stage1Settings): Finding[] {
  // RWX and WB of an EPT entry are P, R/W, U/S, PCD and A here; with KVM's software bits of EPT it is surely one
  const rwxWb = d.rw && d.us && !d.pwt && d.pcd && d.a;
  if (!(ia32e(s) && rwxWb && isWritableEptSpte(word))) return [];
  return [
    {
      id: 'looks-like-ept',
      severity: 'note',
      bits: '58:57,11,5:0',
      message: 'as an EPT entry of KVM this is read/write/execute and WB: is it an EPT entry?',
      ref: sdm('Table "Format of an EPT Page-Table Entry that Maps a 4-KByte Page"'),
    },
  ];
}

// ----------------------------------------------------------------------------------------------------- variants

type Given = Partial<Stage1Settings>;
const at = (settings: Given): Stage1Settings => settle(stage1Settings, settings);
const pageVariant = (settings: Given) => {
  const s = at(settings);
  return { kind: pageKind(s.mode, s.level), settings, format: stage1Page(s) };
};
const tableVariant = (settings: Given) => ({
  kind: 'table' as const,
  settings,
  format: stage1Table(at(settings)),
});

/** Every distinct layout: each mode and level, then what each control bit and feature changes. */
const variants = () => [
  { kind: 'not-present', settings: {}, format: notPresent[64] },
  { kind: 'not-present', settings: { mode: '32' } as const, format: notPresent[32] },
  ...MODES.flatMap(mode =>
    [1, 2, 3, 4, 5]
      .filter(level => level <= topLevel(mode))
      .flatMap(level => [
        ...(largePage(at({ mode }), level) ? [pageVariant({ mode, level })] : []),
        ...(level > 1 ? [tableVariant({ mode, level })] : []),
      ]),
  ),
  ...[46, 40, 36].flatMap(maxphyaddr => [
    pageVariant({ maxphyaddr }),
    pageVariant({ maxphyaddr, mode: 'pae' }),
    pageVariant({ maxphyaddr, mode: '32', level: 2 }),
    tableVariant({ maxphyaddr, level: 2 }),
    tableVariant({ maxphyaddr, mode: 'pae', level: 3 }),
  ]),
  pageVariant({ nxe: 0 }),
  tableVariant({ nxe: 0, level: 2 }),
  pageVariant({ mode: '32', level: 2, pse36: 0 }),
  tableVariant({ mode: '32', level: 2, pse: 0 }),
  tableVariant({ level: 3, gbpages: 0 }),
  tableVariant({ level: 4, vendor: 'amd' }),
  pageVariant({ vendor: 'amd' }),
  pageVariant({ hlat: 1 }),
  pageVariant({ cBit: 51, vendor: 'amd' }),
  pageVariant({ cBit: 47, maxphyaddr: 48, vendor: 'amd' }),
  pageVariant({ sBit: 51 }),
  pageVariant({ sBit: 47, maxphyaddr: 46 }),
];

/** Ordinary paging as a family, for everything that is driven by names. */
export const stage1: Family<typeof stage1Settings, Stage1Reading> = {
  ...names.stage1,
  title: 'paging entry (32-bit, PAE, 4-level, 5-level)',
  ref: sdm('chapter "Paging"'),
  role: 'descriptor',
  settings: stage1Settings,
  kinds: ['not-present', 'table', 'page4k', 'page2m', 'page4m', 'page1g', 'bad-ps'],
  layout(kind, s): Format | undefined {
    const level = levelOf(s);
    if (kind === 'not-present') return notPresent[s.mode === '32' ? 32 : 64];
    if (s.level > level) return undefined;
    if (kind === 'table') return level > 1 ? stage1Table(s) : undefined;
    if (kind === 'bad-ps') return ia32e(s) && !largePage(s, level) ? stage1Table(s) : undefined;
    return kind === pageKind(s.mode, level) && largePage(s, level) ? stage1Page(s) : undefined;
  },
  read: readStage1,
  variants,
};
