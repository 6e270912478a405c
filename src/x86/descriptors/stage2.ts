/**
 * EPT entries, drawn as in the manual [SDM, Tables "Format of an EPT PML5 Entry …" to "Format of an EPT Page-Table Entry
 * that Maps a 4-KByte Page"], and the sub-page permission table. The last table is level 1 (EPT PTE), then EPT PDE,
 * PDPTE, PML4E, PML5E. Read the row groups from bit 63 down beside the drawing.
 */
import { check, decode, type Finding, maskOf } from '../../bits/codec.ts';
import type { Family, Reading } from '../../bits/family.ts';
import { type Format, format } from '../../bits/format.ts';
import { perSettings } from '../../bits/memo.ts';
import { integer, type Settings, settle, toggle } from '../../bits/settings.ts';
import {
  addr,
  bits,
  choose,
  fixed,
  flag,
  ignored,
  mbz,
  type Row,
  software,
  softwareWide,
} from '../../bits/spec.ts';
import { hex, type Word } from '../../bits/word.ts';
import { sdm } from '../../refs.ts';
import {
  aboveAddress,
  addressBits,
  belowAddress,
  leafShift,
  PAGE_SIZE,
  type PageKind,
  pageKind,
} from '../values/address.ts';
import { MEMORY_TYPE, type MemoryType, memoryType } from '../values/attributes.ts';
import { type EptPermissions, eptPermissions } from '../values/permissions.ts';
import { names } from './names.ts';
import {
  decodeMmioSpte,
  isLinux,
  isMmioPlace,
  isMmioSpte,
  kvmSpte,
  type MmioSpte,
  mmioAddress,
  mmioMasks,
  mmioText,
  ownerSetting,
} from './software.ts';

const MISCONFIGURATIONS = sdm('section "EPT Misconfigurations"');

// ---------------------------------------------------------------------------------------------------- settings

export const stage2Settings = {
  level: integer(1, 5, 'Level of the table that holds the entry: 1 EPT page table … 5 EPT PML5', 1),
  maxphyaddr: integer(32, 52, 'MAXPHYADDR: CPUID 8000_0008h EAX[7:0]', 52),
  execOnly: toggle('Execute-only translations: IA32_VMX_EPT_VPID_CAP[0]', 1),
  p2m: toggle('2-MByte pages: IA32_VMX_EPT_VPID_CAP[16]', 1),
  p1g: toggle('1-GByte pages: IA32_VMX_EPT_VPID_CAP[17]', 1),
  ad: toggle('Accessed and dirty flags: EPTP[6]', 1),
  sss: toggle('Supervisor shadow-stack control: EPTP[7]', 0),
  mbec: toggle('VM-execution control "mode-based execute control for EPT": bit 10 is XU', 0),
  ve: toggle('VM-execution control "EPT-violation #VE": bit 63 suppresses it', 0),
  spp: toggle('VM-execution control "sub-page write permissions for EPT"', 0),
  pw: toggle('VM-execution control "EPT paging-write control"', 0),
  vgp: toggle('VM-execution control "guest-paging verification"', 0),
  l1tfBits: integer(
    0,
    46,
    'KVM hosts with the L1TF erratum: physical-address bits of the cache; 0 others',
    0,
  ),
  ia: mmioAddress,
  owner: ownerSetting,
} as const;
export type Stage2Settings = Settings<typeof stage2Settings>;

// --------------------------------------------------------------------------------------------------------- rows

/** [63:57] of a leaf: each control bit gives its row a meaning, or the processor ignores it. */
const controls = {
  ve: { sve: flag(63, 'Suppress #VE', { note: 'a violation here exits and raises no #VE' }) },
  noVe: { ign63: ignored(63) },
  spp: { spp: flag(61, 'SPP', { note: 'sub-page write permissions' }) },
  noSpp: { ign61: ignored(61) },
  sss: { sss: flag(60, 'SSS', { note: 'supervisor shadow stack' }) },
  noSss: { ign60: ignored(60) },
  pw: { pw: flag(58, 'PW', { note: 'paging-write access' }) },
  noPw: { sw58: software(58, 58, 'ignored[58]', { note: 'KVM: MMU-writable' }) },
  vgp: { vgp: flag(57, 'VGP', { note: 'verify guest paging' }) },
  noVgp: { sw57: software(57, 57, 'ignored[57]', { note: 'KVM: host-writable' }) },
};

/** [56:52] and [11]: ignored; KVM keeps access-tracking state and its own present bit there. */
const available = {
  high: {
    sw52: software(56, 52, 'ignored[56:52]', { note: 'KVM: A/D mode [53:52], saved X and R [56], [54]' }),
  },
  low: { sw11: software(11, 11, 'ignored[11]', { note: 'KVM: MMU-present' }) },
};

/** [10:8] */
const xu = {
  mbec: {
    xu: flag(10, 'XU', { note: 'execute, user-mode linear addresses; X is then for supervisor mode' }),
  },
  none: { ign10: ignored(10) },
};
const flags = {
  page: { d: flag(9, 'D', { note: 'dirty: written' }), a: flag(8, 'A', { note: 'accessed' }) },
  table: { ign9: ignored(9), a: flag(8, 'A', { note: 'accessed' }) },
  none: { ign8: ignored(9, 8) },
};

/** [7:3] */
const large = { ps: fixed(7, 7, 1, 'PS') };
const small = { ign7: ignored(7) };
const memory = {
  ipat: flag(6, 'IPAT', { note: 'ignore PAT' }),
  memType: bits(5, 3, 'Memory type', { values: MEMORY_TYPE, ref: sdm('section "EPT Memory Type"') }),
};

/** [2:0] */
const rights = { x: flag(2, 'X'), w: flag(1, 'W'), r: flag(0, 'R') };

const address = (s: Stage2Settings) => ({ maxphyaddr: s.maxphyaddr, cBit: 0, sBit: 0 });

/** An entry that maps a page: 1 GByte (level 3), 2 MBytes (level 2), 4 KBytes (level 1). */
const pageRows = (s: Stage2Settings) => ({
  ...choose(s.ve, controls.ve, controls.noVe),
  ign62: ignored(62),
  ...choose(s.spp && s.level === 1, controls.spp, controls.noSpp),
  ...choose(s.sss, controls.sss, controls.noSss),
  ign59: ignored(59),
  ...choose(s.pw, controls.pw, controls.noPw),
  ...choose(s.vgp, controls.vgp, controls.noVgp),
  ...available.high,
  ...aboveAddress(address(s)),
  oa: addr('Address', [addressBits(address(s)) - 1, leafShift('5l', s.level)]),
  ...belowAddress(leafShift('5l', s.level), 12),
  ...available.low,
  ...choose(s.mbec, xu.mbec, xu.none),
  ...choose(s.ad, flags.page, flags.none),
  ...choose(s.level > 1, large, small),
  ...memory,
  ...rights,
});

/** [6:3] of a table entry. In ordinary paging D and A stand here, and nothing else that tables use. */
const lower = { res3: mbz(6, 3) };
const DIRTY_ACCESSED = maskOf(flag(6, 'D')) | maskOf(flag(5, 'A'));

/** An entry that references a table. */
const tableRows = (s: Stage2Settings) => ({
  ign52: ignored(63, 52),
  ...aboveAddress(address(s)),
  next: addr('Address', [addressBits(address(s)) - 1, 12]),
  ...available.low,
  ...choose(s.mbec, xu.mbec, xu.none),
  ...choose(s.ad, flags.table, flags.none),
  ...choose(
    largePage(s),
    { ps: fixed(7, 7, 0, 'PS') },
    { res7: mbz(7, 7, { id: 'bad-ps', text: 'reserved (must be 0): no page of this size' }) },
  ),
  ...lower,
  ...rights,
});

/** An entry that is not present: [2:0] are 0, and XU too where it exists. */
const notPresentRows = (s: Stage2Settings) => ({
  ...choose(s.ve, controls.ve, controls.noVe),
  payload: softwareWide(62, 11, 'ignored[62:11]'),
  ...choose(s.mbec, { noXu: fixed(10, 10, 0, 'XU') }, xu.none),
  ign3: ignored(9, 3),
  rights: fixed(2, 0, 0, 'RWX'),
});

const NAME = ['EPT PTE', 'EPT PDE', 'EPT PDPTE', 'EPT PML4E', 'EPT PML5E'] as const;
const SIZE_NAME = { page4k: '4-KByte', page2m: '2-MByte', page4m: '', page1g: '1-GByte' } as const;
/** Which table the entry stands in. */
export const entryName = (s: Stage2Settings): string => NAME[s.level - 1] ?? '';

/** Can an entry at this level map a page? */
export const largePage = (s: Stage2Settings): boolean =>
  s.level === 1 || (s.level === 2 && s.p2m === 1) || (s.level === 3 && s.p1g === 1);

/** The layout of a page at this level under these settings. Call it only where a page can be. */
export const stage2Page = perSettings((s: Stage2Settings) => {
  const kind = pageKind('5l', s.level);
  const title = `${entryName(s)} that maps a ${SIZE_NAME[kind]} page`;
  const ref = sdm(`Table "Format of an ${entryName(s)} that Maps a ${SIZE_NAME[kind]} Page"`);
  return format(`x86.ept.${kind}`, { title, ref }, pageRows(s));
});

/** The layout of an entry that references a table. Call it only above level 1. */
export const stage2Table = perSettings((s: Stage2Settings) => {
  const ref = sdm(`Table "Format of an ${entryName(s)} that References an EPT Table"`);
  return format('x86.ept.table', { title: `${entryName(s)} that references a table`, ref }, tableRows(s));
});

const stage2NotPresent = perSettings((s: Stage2Settings) =>
  format(
    'x86.ept.not-present',
    { title: 'EPT entry that is not present', ref: sdm('section "EPT Violations"') },
    notPresentRows(s),
  ),
);

// ------------------------------------------------------------------------------------------------------ reading

export type Stage2Kind = 'not-present' | 'table' | Exclude<PageKind, 'page4m'>;

/** The rules by which an entry is misconfigured. */
export type Misconfiguration = 'write-without-read' | 'exec-only' | 'memtype' | 'reserved';

/** What the fields of an EPT entry add up to. Addresses and sizes in bytes. */
export type Stage2Facts = {
  /** Which table the entry stands in: EPT PTE, EPT PDE, EPT PDPTE, EPT PML4E, EPT PML5E. */
  readonly entry: string;
  /** Next table (tables). */
  readonly next?: bigint;
  /** Address and bytes mapped (pages). */
  readonly oa?: bigint;
  readonly size?: bigint;
  /** The EPT memory type by name (pages), and whether the guest's PAT is ignored. */
  readonly memory?: MemoryType | 'reserved';
  readonly ignorePat?: boolean;
  /** What this entry permits; every level above must permit too. */
  readonly permissions: EptPermissions;
  /** Every rule that makes the entry an EPT misconfiguration, sorted; empty if none does. */
  readonly misconfiguration: readonly Misconfiguration[];
  /** KVM's cached MMIO address: the entry is misconfigured on purpose. */
  readonly mmio?: { readonly gfn: bigint; readonly generation: number };
  /** What software means by the bits that the processor ignores. */
  readonly software?: Readonly<Record<string, string>>;
};
export type Stage2Reading = Reading<Stage2Facts, Stage2Kind>;

const RWX = Object.values(rights).reduce((mask, row) => mask | maskOf(row), 0n);
const XU = maskOf(xu.mbec.xu);
const PS = maskOf(large.ps);
/** Which kind the rights, bit 7 and the level make of a word. With mode-based execute control XU alone is present. */
export function stage2Kind(word: Word, s: Stage2Settings): Stage2Kind {
  if ((word & (s.mbec ? RWX | XU : RWX)) === 0n) return 'not-present';
  if (s.level === 1) return 'page4k';
  if (word & PS && largePage(s)) return s.level === 2 ? 'page2m' : 'page1g';
  return 'table';
}

/** Read one EPT entry. Answers every word; what is wrong with it stands in the findings. */
export function readStage2(word: Word, s: Stage2Settings): Stage2Reading {
  const kind = stage2Kind(word, s);
  switch (kind) {
    case 'not-present':
      return readNotPresent(word, s);
    case 'table':
      return readTable(word, s);
    default:
      return readPage(word, s, kind);
  }
}

function readNotPresent(word: Word, s: Stage2Settings): Stage2Reading {
  const permissions: EptPermissions = { r: 0, w: 0, x: 0, ...(s.mbec ? { xu: 0 } : {}) };
  const facts = { entry: entryName(s), permissions, misconfiguration: [], ...softwareOf(word, s) };
  return { format: stage2NotPresent(s), raw: word, kind: 'not-present', facts, findings: [] };
}

function readTable(word: Word, s: Stage2Settings): Stage2Reading {
  const layout = stage2Table(s);
  const d = decode(layout, word);
  const findings = [...check(layout, word), ...rightsFindings(d, s)];
  const facts: Stage2Facts = {
    entry: entryName(s),
    next: d.next,
    permissions: eptPermissions(d),
    misconfiguration: misconfiguration(findings),
    ...softwareOf(word, s),
  };
  // read and write with the Accessed and Dirty flags of ordinary paging, which EPT reserves in tables
  const ordinary = d.r && d.w && (word & maskOf(lower.res3)) === DIRTY_ACCESSED;
  return {
    format: layout,
    raw: word,
    kind: 'table',
    facts,
    findings: [...findings, ...(ordinary ? [LOOKS] : [])],
  };
}

function readPage(word: Word, s: Stage2Settings, kind: Exclude<PageKind, 'page4m'>): Stage2Reading {
  const layout = stage2Page(s);
  const d = decode(layout, word);
  const findings = [...check(layout, word), ...rightsFindings(d, s)];
  const type = memoryType(d.memType);
  const facts: Stage2Facts = {
    entry: entryName(s),
    oa: d.oa,
    size: PAGE_SIZE[kind],
    memory: type ?? 'reserved',
    ignorePat: d.ipat === 1,
    permissions: eptPermissions(d),
    misconfiguration: misconfiguration(findings),
    ...softwareOf(word, s),
  };
  // P, R/W, A and D of an ordinary 4-KByte page read as WT with IPAT, a type that hypervisors do not use
  const ordinary = type === 'WT' && d.ipat === 1 && d.r === 1 && d.w === 1;
  return { format: layout, raw: word, kind, facts, findings: [...findings, ...(ordinary ? [LOOKS] : [])] };
}

const LOOKS: Finding = {
  id: 'looks-like-stage1',
  severity: 'note',
  bits: '6:5',
  message: 'in an ordinary paging entry these bits are Accessed and Dirty: is this an ordinary paging entry?',
  ref: sdm('Figure "Formats of CR3 and Paging-Structure Entries"'),
};

/** What the rights say against an entry [SDM, "EPT Misconfigurations"]. */
export function rightsFindings(
  d: {
    readonly r: number;
    readonly w: number;
    readonly x: number;
    readonly xu?: number;
    readonly pw?: number;
  },
  s: Stage2Settings,
): Finding[] {
  if (d.r) return [];
  const findings: Finding[] = [];
  const say = (id: string, bits: string, message: string, severity: Finding['severity'] = 'error') =>
    findings.push({ id, severity, bits, message, ref: MISCONFIGURATIONS });
  if (d.w) say('ept-write-without-read', '1:0', 'writable but not readable: EPT misconfiguration');
  if (!s.execOnly && d.x)
    say('ept-exec-only', '2,0', 'execute-only, which this processor does not support: EPT misconfiguration');
  if (!s.execOnly && d.xu)
    say(
      'ept-exec-only',
      '10,0',
      'user-mode execute-only, which this processor does not support: EPT misconfiguration',
    );
  if (d.pw)
    say(
      'ept-paging-write-without-read',
      '58,0',
      'paging-write access without read: EPT misconfiguration',
      'warning',
    );
  return findings;
}

const RULE: Readonly<Record<string, Misconfiguration>> = {
  'ept-write-without-read': 'write-without-read',
  'ept-exec-only': 'exec-only',
  'reserved-encoding': 'memtype',
  'address-above-maxphyaddr': 'reserved',
  'address-misaligned': 'reserved',
  'bad-ps': 'reserved',
  'reserved-set': 'reserved',
};
const misconfiguration = (findings: readonly Finding[]): readonly Misconfiguration[] =>
  [...new Set(findings.flatMap(({ id }) => RULE[id] ?? []))].sort();

/** KVM's conventions, where the word fits them. */
function softwareOf(word: Word, s: Stage2Settings): Pick<Stage2Facts, 'mmio' | 'software'> {
  if (!isLinux(s.owner)) return {};
  if (isMmioSpte(word, 'ept', s.maxphyaddr)) {
    const mmio: MmioSpte = decodeMmioSpte(word, mmioMasks('ept', s.maxphyaddr, s.l1tfBits));
    if (!isMmioPlace(mmio, s)) return {};
    const { gfn, generation } = mmio;
    return { mmio: { gfn, generation }, software: { 'Linux 6.12 KVM': mmioText(mmio) } };
  }
  const kvm = kvmSpte(word, 'ept');
  return kvm ? { software: { 'Linux 6.12 KVM': kvm.join(', ') } } : {};
}

// ----------------------------------------------------------------------------------------------------- variants

type Given = Partial<Stage2Settings>;
const at = (settings: Given): Stage2Settings => settle(stage2Settings, settings);
const page = (settings: Given) => ({
  kind: pageKind('5l', at(settings).level),
  settings,
  format: stage2Page(at(settings)),
});
const table = (settings: Given) => ({ kind: 'table', settings, format: stage2Table(at(settings)) });

/** Every distinct layout: each level, then what each control bit and capability changes. */
const variants = () => [
  { kind: 'not-present', settings: {}, format: stage2NotPresent(at({})) },
  { kind: 'not-present', settings: { ve: 1 } as const, format: stage2NotPresent(at({ ve: 1 })) },
  { kind: 'not-present', settings: { mbec: 1 } as const, format: stage2NotPresent(at({ mbec: 1 })) },
  ...[1, 2, 3].map(level => page({ level })),
  ...[2, 3, 4, 5].map(level => table({ level })),
  ...[46, 39].flatMap(maxphyaddr => [
    page({ maxphyaddr }),
    page({ maxphyaddr, level: 2 }),
    table({ maxphyaddr, level: 4 }),
  ]),
  ...([{ ve: 1 }, { spp: 1 }, { sss: 1 }, { pw: 1 }, { vgp: 1 }, { mbec: 1 }, { ad: 0 }] as const).map(page),
  ...(
    [
      { mbec: 1, level: 4 },
      { ad: 0, level: 4 },
      { p2m: 0, level: 2 },
      { p1g: 0, level: 3 },
    ] as const
  ).map(table),
];

/** EPT entries as a family, for everything that is driven by names. */
export const stage2: Family<typeof stage2Settings, Stage2Reading> = {
  ...names.stage2,
  title: 'EPT entry (4 and 5 levels)',
  ref: sdm('section "EPT Translation Mechanism"'),
  role: 'descriptor',
  settings: stage2Settings,
  kinds: ['not-present', 'table', 'page4k', 'page2m', 'page1g'],
  layout(kind, s): Format | undefined {
    if (kind === 'not-present') return stage2NotPresent(s);
    if (kind === 'table') return s.level > 1 ? stage2Table(s) : undefined;
    return kind === pageKind('5l', s.level) && largePage(s) ? stage2Page(s) : undefined;
  },
  read: readStage2,
  variants,
};

// ----------------------------------------------------------------------------------- sub-page permission table

export const spptSettings = {
  level: integer(1, 4, 'Level of the table that holds the entry: 1 holds the permission vectors', 1),
  maxphyaddr: integer(32, 52, 'MAXPHYADDR: CPUID 8000_0008h EAX[7:0]', 52),
} as const;
export type SpptSettings = Settings<typeof spptSettings>;
const SPPT = sdm('section "Sub-Page Write Permissions"');

const spptTable = perSettings((s: SpptSettings) =>
  format(
    'x86.sppt.table',
    { title: 'sub-page permission table entry that references a table', ref: SPPT },
    {
      ...aboveAddress({ maxphyaddr: s.maxphyaddr, cBit: 0, sBit: 0 }, 63),
      next: addr('Address', [Math.min(s.maxphyaddr, 52) - 1, 12]),
      res1: mbz(11, 1),
      valid: flag(0, 'V'),
    },
  ),
);

/** Bit 2i permits writes to the i-th 128 bytes of a 4-KByte page. */
const spptVector = format(
  'x86.sppt.leaf',
  { title: 'sub-page write permissions of a 4-KByte page', ref: SPPT },
  () =>
    Object.fromEntries(
      Array.from({ length: 32 }, (_, i) => i).flatMap<[string, Row]>(i => [
        [`res${2 * i + 1}`, mbz(2 * i + 1)],
        [`w${i}`, flag(2 * i, `W${i}`, { note: `write to bytes ${hex(128 * i)} to ${hex(128 * i + 127)}` })],
      ]),
    ),
);

export type SpptKind = 'not-present' | 'table' | 'leaf';
export type SpptFacts = {
  readonly next?: bigint;
  /** Which of the 32 sub-pages of 128 bytes may be written: bit i for sub-page i. */
  readonly writable?: number;
  readonly misconfiguration: boolean;
};
export type SpptReading = Reading<SpptFacts, SpptKind>;

/** Read one entry of the sub-page permission table. */
export function readSppt(word: Word, s: SpptSettings): SpptReading {
  const layout = s.level === 1 ? spptVector : spptTable(s);
  const findings = check(layout, word);
  const misconfiguration = findings.length > 0;
  if (s.level === 1) {
    const allowed = decode(spptVector, word);
    let writable = 0;
    for (let i = 0; i < 32; i++) if (allowed[`w${i}`]) writable += 2 ** i;
    return { format: layout, raw: word, kind: 'leaf', facts: { writable, misconfiguration }, findings };
  }
  const { next, valid } = decode(spptTable(s), word);
  if (!valid)
    return {
      format: layout,
      raw: word,
      kind: 'not-present',
      facts: { misconfiguration: false },
      findings: [],
    };
  return { format: layout, raw: word, kind: 'table', facts: { next, misconfiguration }, findings };
}

export const sppt: Family<typeof spptSettings, SpptReading> = {
  ...names.sppt,
  title: 'sub-page permission table entry',
  ref: SPPT,
  role: 'descriptor',
  settings: spptSettings,
  kinds: ['not-present', 'table', 'leaf'],
  layout: (kind, s) => (kind === 'leaf' ? spptVector : spptTable(s)), // not present: V = 0, the same layout
  read: readSppt,
  variants: () => [
    { kind: 'table', settings: { level: 2 }, format: spptTable(settle(spptSettings)) },
    { kind: 'leaf', settings: {}, format: spptVector },
  ],
};
