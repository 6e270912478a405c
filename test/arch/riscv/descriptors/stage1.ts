/**
 * Page-table entries of Sv39 and Sv48 with Svpbmt and Svnapot [sections "Sv39: Page-Based 39-bit Virtual-Memory System",
 * "Sv48: Page-Based 48-bit Virtual-Memory System"]. A reserved bit or encoding in a valid entry is a page fault
 * [section "Virtual Address Translation Process", step 3].
 */
import { check, decode, EncodeError, type Finding } from '../../../../src/bits/codec.ts';
import type { Family, Intent, Reading } from '../../../../src/bits/family.ts';
import { type Format, format } from '../../../../src/bits/format.ts';
import { perSettings } from '../../../../src/bits/memo.ts';
import { choice, integer, type Settings, settle, toggle } from '../../../../src/bits/settings.ts';
import {
  bits,
  choose,
  fixed,
  flag,
  mbz,
  pageNumber,
  reserved,
  software,
  softwareWide,
  type ValueTable,
  type Violation,
} from '../../../../src/bits/spec.ts';
import type { Word } from '../../../../src/bits/word.ts';
import { priv, svnapot, svpbmt } from '../refs.ts';
import {
  leafShift,
  MODES,
  misaligned,
  PAGE_SIZE,
  type PageKind,
  pageKind,
  ppn,
  topLevel,
} from '../values/address.ts';
import { PBMT, type Pbmt, parsePbmt } from '../values/attributes.ts';
import { type Permissions, parsePermissions, permissionsOf, XWR } from '../values/permissions.ts';
import { names } from './names.ts';

const PTE = priv('Figure "Sv39 page table entry"');
const WALK = priv('section "Virtual Address Translation Process"');

// ---------------------------------------------------------------------------------------------------- settings

export const stage1Settings = {
  mode: choice(MODES, 'Virtual-memory system: satp.MODE', 'sv39'),
  level: integer(0, 3, 'Level of the table that the entry stands in, 0 the last', 0),
  pbmt: toggle('menvcfg.PBMTE: Svpbmt is there, and bits 62:61 are PBMT', 1),
  napot: toggle('Svnapot is there: bit 63 of a level 0 entry is N', 1),
  adue: toggle('menvcfg.ADUE: hardware sets A and D; else a clear one is a page fault', 1),
} as const;
export type Stage1Settings = Settings<typeof stage1Settings>;

// ----------------------------------------------------------------------------------------------------- layouts

const FAULT: Violation = { id: 'reserved-set', text: 'reserved (must be 0): page fault' };
const without = (extension: string): Violation => ({
  id: 'reserved-set',
  text: `reserved (must be 0) without ${extension}: page fault`,
});

const valid = fixed(0, 0, 1, 'V');
const common = {
  res54: mbz(60, 54, FAULT),
  rsw: software(9, 8, 'RSW', { note: 'for supervisor software' }),
};
const rights = {
  d: flag(7, 'D', { note: 'dirty' }),
  a: flag(6, 'A', { note: 'accessed' }),
  g: flag(5, 'G', { note: 'global: in every address space' }),
  u: flag(4, 'U', { note: 'user page' }),
  xwr: bits(3, 1, 'X, W, R', { values: XWR }),
};
const memory = (s: Pick<Stage1Settings, 'pbmt'>) =>
  choose(
    s.pbmt,
    { pbmt: bits(62, 61, 'PBMT', { values: PBMT, ref: svpbmt }) },
    { res61: mbz(62, 61, without('Svpbmt (menvcfg.PBMTE = 0)')) },
  );

/** Only V counts [section "Addressing and Memory Protection"]. */
export const invalid = format(
  'riscv.pte.invalid',
  { title: 'invalid PTE', ref: PTE },
  { free: softwareWide(63, 1, 'don’t care'), v: fixed(0, 0, 0, 'V') },
);

const pointer = {
  res63: mbz(63, 63, FAULT),
  res61: mbz(62, 61, FAULT),
  ...common,
  next: ppn(leafShift(0)),
  res6: mbz(7, 6, FAULT),
  g: flag(5, 'G', { note: 'global: everything below is' }),
  res4: mbz(4, 4, FAULT),
  xwr: fixed(3, 1, 0, 'X, W, R'),
  v: valid,
};

/** A pointer to the next level: R, W and X are clear. A, D, U, N and PBMT are reserved in it; G holds for all below. */
export const stage1Table = format(
  'riscv.pte.table',
  { title: 'PTE that points to a table', ref: PTE },
  pointer,
);
const noTable = format('riscv.pte.no-table', { title: 'pointer without a level below', ref: PTE }, pointer);

/** A leaf that maps a page by itself, at any level. */
export const stage1Page = perSettings(({ level, napot, ...s }: Stage1Settings) =>
  format(
    `riscv.pte.${pageKind(level)}`,
    { title: `PTE that maps ${TITLE[pageKind(level)]}`, ref: PTE },
    {
      ...choose(
        napot && level === 0,
        { contiguous: fixed(63, 63, 0, 'N', { ref: svnapot }) },
        { res63: mbz(63, 63, napot ? FAULT : without('Svnapot')) },
      ),
      ...memory(s),
      ...common,
      oa: ppn(leafShift(level)),
      ...choose(level > 0, { low: misaligned(Math.max(1, level)) }, {}),
      ...rights,
      v: valid,
    },
  ),
);

/** A leaf that is one of the 16 that map 64 KiB together: the low bits of the PPN say how many they are. */
export const stage1Napot = perSettings((s: Stage1Settings) =>
  format(
    'riscv.pte.napot64k',
    { title: `PTE that maps ${TITLE.napot64k}`, ref: svnapot },
    {
      contiguous: fixed(63, 63, 1, 'N'),
      ...memory(s),
      ...common,
      oa: pageNumber('PPN', 16, [53, 14]),
      napotBits: bits(13, 10, 'PPN0[3:0]', { values: NAPOT_SIZES, ref: svnapot }),
      ...rights,
      v: valid,
    },
  ),
);
/** The NAPOT range that the low bits of the PPN stand for [Table "Page table entry encodings when pte.N=1"]. */
const NAPOT_64K = 0b1000;
const NAPOT_SIZES: ValueTable = Array.from({ length: 16 }, (_, code) =>
  code === NAPOT_64K ? '64 KiB' : reserved('Reserved: no NAPOT range of this size', svnapot),
);

const TITLE: Readonly<Record<PageKind, string>> = {
  page4k: 'a 4-KiB page',
  napot64k: 'its part of a 64-KiB NAPOT range',
  page2m: 'a 2-MiB megapage',
  page1g: 'a 1-GiB gigapage',
  page512g: 'a 512-GiB terapage',
};

// ----------------------------------------------------------------------------------------------------- reading

/** `no-table`: a pointer at level 0, below which there is no table. */
export type Stage1Kind = 'invalid' | 'table' | 'no-table' | PageKind;

/** What the fields of an entry add up to. Addresses and sizes in bytes. */
export type Stage1Facts = {
  /** Next table (tables). */
  readonly next?: bigint;
  /** Address and bytes mapped; of one of a NAPOT range, the address of the range, of which it maps its part. */
  readonly oa?: bigint;
  readonly size?: bigint;
  /** Bytes of the NAPOT range. */
  readonly contiguousBytes?: bigint;
  /** A reserved bit or encoding: page fault. */
  readonly reservedFault?: boolean;
  readonly permissions?: Permissions;
  readonly global?: boolean;
  readonly memory?: Pbmt | 'reserved';
};
export type Stage1Reading = Reading<Stage1Facts, Stage1Kind>;

/** The level in force: Sv39 has three. */
const levelOf = ({ mode, level }: Stage1Settings): number => Math.min(level, topLevel(mode));
const at = (s: Stage1Settings): Stage1Settings => (s.level === levelOf(s) ? s : { ...s, level: levelOf(s) });

/** Which kind V, the rights and N make of a word. */
export function stage1Kind(word: Word, s: Stage1Settings): Stage1Kind {
  if (decode(invalid, word).v === 0) return 'invalid';
  const level = levelOf(s);
  if (decode(stage1Table, word).xwr === 0) return level === 0 ? 'no-table' : 'table';
  const isNapot = level === 0 && s.napot === 1 && decode(stage1Napot(s), word).contiguous === 1;
  return isNapot ? 'napot64k' : pageKind(level);
}

/** Read one entry. Answers every word; what is wrong with it stands in the findings. */
export function readStage1(word: Word, s: Stage1Settings): Stage1Reading {
  const kind = stage1Kind(word, s);
  const layout = layoutOf(kind, at(s));
  const wrong = [...levelFindings(s), ...check(layout, word)];
  const base = { format: layout, raw: word, kind };
  if (kind === 'invalid') return { ...base, facts: {}, findings: levelFindings(s) };
  if (kind === 'table' || kind === 'no-table') {
    const d = decode(stage1Table, word);
    const findings = kind === 'table' ? wrong : [...wrong, NO_TABLE];
    const facts = {
      ...(kind === 'table' ? { next: d.next } : {}),
      reservedFault: faults(findings),
      global: d.g === 1,
    };
    return { ...base, facts, findings };
  }
  const d = kind === 'napot64k' ? decode(stage1Napot(s), word) : decode(stage1Page(at(s)), word);
  const facts: Stage1Facts = {
    oa: d.oa,
    ...(kind === 'napot64k'
      ? { size: PAGE_SIZE.page4k, contiguousBytes: PAGE_SIZE.napot64k }
      : { size: PAGE_SIZE[kind] }),
    reservedFault: faults(wrong),
    permissions: permissionsOf(d),
    global: d.g === 1,
    memory: pbmtOf(d.pbmt),
  };
  return { ...base, facts, findings: [...wrong, ...usedFindings(d, s)] };
}

const layoutOf = (kind: Stage1Kind, s: Stage1Settings): Format => {
  switch (kind) {
    case 'invalid':
      return invalid;
    case 'table':
      return stage1Table;
    case 'no-table':
      return noTable;
    case 'napot64k':
      return stage1Napot(s);
    default:
      return stage1Page(s);
  }
};

const pbmtOf = (code = 0): Pbmt | 'reserved' => {
  const name = PBMT[code];
  return typeof name === 'string' ? (name as Pbmt) : 'reserved';
};

const faults = (findings: readonly Finding[]): boolean =>
  findings.some(({ severity }) => severity === 'error');

const NO_TABLE: Finding = {
  id: 'pointer-at-last-level',
  severity: 'error',
  bits: '3:1',
  message: 'R, W and X are 0 at level 0, below which there is no table: page fault',
  ref: WALK,
};

function levelFindings(s: Stage1Settings): readonly Finding[] {
  if (s.level === levelOf(s)) return [];
  const message = `${s.mode} has no level ${s.level}: read as level ${levelOf(s)}`;
  return [{ id: 'no-such-level', severity: 'error', bits: '', message }];
}

/** What A and D mean for the first access and the first store [step 9]. */
function usedFindings(
  { a, d, xwr }: { readonly a: number; readonly d: number; readonly xwr: number },
  { adue }: Stage1Settings,
): readonly Finding[] {
  if (adue) return [];
  const found: Finding[] = [];
  if (!a)
    found.push({
      id: 'access-flag-clear',
      severity: 'note',
      bits: '6',
      message: 'A is 0 and hardware does not set it: the first access takes a page fault',
      ref: WALK,
    });
  if (!d && permissionsOf({ xwr, u: 0 }).w)
    found.push({
      id: 'dirty-flag-clear',
      severity: 'note',
      bits: '7',
      message: 'D is 0 and hardware does not set it: the first store takes a page fault',
      ref: WALK,
    });
  return found;
}

// ----------------------------------------------------------------------------------------------------- writing

/** The fields of a leaf with this type and these rights, at the settings' level. */
export function stage1Intent(wish: Intent, s: Stage1Settings) {
  const kind = pageKind(levelOf(s));
  const refuse = (text: string): never => {
    throw new EncodeError(`riscv.pte.${kind}: ${text}`);
  };
  if (s.level !== levelOf(s)) return refuse(`${s.mode} has no level ${s.level}`);
  const fields: Record<string, number | bigint> = {};
  if (wish.oa !== undefined) fields.oa = wish.oa;
  if (wish.perm !== undefined) {
    const perm = parsePermissions(wish.perm);
    if (!perm)
      return refuse(`'${wish.perm}' is no permission of a leaf: write r--, rw-, r-x, --x, rwx or rwxu`);
    Object.assign(fields, perm);
  }
  if (wish.type !== undefined) {
    const pbmt = parsePbmt(wish.type);
    if (pbmt === undefined) return refuse(`no memory type '${wish.type}'; there are PMA, NC, IO`);
    if (s.pbmt) fields.pbmt = pbmt;
    else if (pbmt !== 0) return refuse(`'${wish.type}' needs Svpbmt: set pbmt=1`);
  }
  return { kind, fields };
}

// ---------------------------------------------------------------------------------------------------- variants

type Given = Partial<Stage1Settings>;
const page = (settings: Given) => {
  const s = settle(stage1Settings, settings);
  return { kind: pageKind(s.level), settings, format: stage1Page(s) };
};
const napot = (settings: Given) => ({
  kind: 'napot64k',
  settings,
  format: stage1Napot(settle(stage1Settings, settings)),
});

/** Sv39 and Sv48 entries as a family, for everything that is driven by names. */
export const stage1: Family<typeof stage1Settings, Stage1Reading> = {
  ...names.stage1,
  title: 'page-table entry (Sv39, Sv48)',
  ref: priv('section "Sv39: Page-Based 39-bit Virtual-Memory System"'),
  role: 'descriptor',
  settings: stage1Settings,
  kinds: ['invalid', 'table', 'no-table', 'page4k', 'napot64k', 'page2m', 'page1g', 'page512g'],
  layout(kind, s): Format | undefined {
    const known: Record<string, boolean> = {
      invalid: true,
      table: s.level > 0,
      'no-table': s.level === 0,
      napot64k: s.level === 0 && s.napot === 1,
      [pageKind(s.level)]: true,
    };
    return s.level === levelOf(s) && known[kind] ? layoutOf(kind as Stage1Kind, s) : undefined;
  },
  read: readStage1,
  variants: () => [
    { kind: 'invalid', settings: {}, format: invalid },
    { kind: 'table', settings: { level: 1 }, format: stage1Table },
    { kind: 'no-table', settings: {}, format: noTable },
    ...([{}, { level: 1 }, { level: 2 }, { mode: 'sv48', level: 3 }] as const).map(page),
    ...([{ pbmt: 0 }, { napot: 0 }, { pbmt: 0, napot: 0 }] as const).map(page),
    ...(
      [
        { level: 1, pbmt: 0 },
        { level: 1, napot: 0 },
      ] as const
    ).map(page),
    ...([{}, { pbmt: 0 }] as const).map(napot),
  ],
  intent: stage1Intent,
};
