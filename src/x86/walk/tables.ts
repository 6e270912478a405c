/**
 * x86 paging structures as the shared walker sees them: ordinary paging, EPT and NPT, built from the entry layouts and
 * readings. The shared level index is the manual's level minus one: PTE 0, PDE 1, …
 */

import { decode } from '../../bits/codec.ts';
import type { Format } from '../../bits/format.ts';
import { settle } from '../../bits/settings.ts';
import { entryForm, NO_FORM } from '../../walk/entry-form.ts';
import {
  type Access,
  type EntryClass,
  type EntryKind,
  type LeafView,
  type Level,
  type Regime,
  type Rights,
  type Root,
  softwareNote,
} from '../../walk/regime.ts';
import {
  type NptFacts,
  type NptReading,
  type NptSettings,
  nptSettings,
  readNpt,
} from '../descriptors/npt.ts';
import {
  readStage1,
  type Stage1Reading,
  type Stage1Settings,
  stage1Page,
  stage1Settings,
  stage1Table,
} from '../descriptors/stage1.ts';
import {
  readStage2,
  type Stage2Reading,
  type Stage2Settings,
  stage2Page,
  stage2Settings,
  stage2Table,
} from '../descriptors/stage2.ts';
import { addressBits, INDEX_BITS, leafShift, type Mode, topLevel } from '../values/address.ts';
import type { EptPermissions, Stage1Permissions } from '../values/permissions.ts';

/** What a table entry takes away from everything below it, as bits that add up: ordinary and nested paging. */
const DENY = { write: 1, user: 2, execute: 4 } as const;
/** The same for EPT. */
const EPT_DENY = { read: 1, write: 2, execute: 4, userExecute: 8 } as const;

/** 32-bit paging, and EFER.NXE = 0: no entry can forbid execution. */
const forbids = (page: Format): { readonly cannotForbid?: true } =>
  page.rows.some(({ key }) => key === 'xd') ? {} : { cannotForbid: true };

/** Where an ordinary walk begins; `stage1Regime` in `regime.ts` computes it from CR0, CR3, CR4 and EFER. */
export interface Stage1Tables {
  /** Everything an entry's reading depends on, but the level. */
  readonly settings: Partial<Omit<Stage1Settings, 'level'>>;
  /** Table address without PCID, PWT and PCD, bytes. */
  readonly base: bigint;
}

export function stage1Tables({ settings, base }: Stage1Tables): Regime {
  const common = settle(stage1Settings, settings);
  const { mode } = common;
  const at = levelsOf(mode).map((level): Stage1Settings => ({ ...common, level }));
  return {
    id: `x86.${MODE_ID[mode]}`,
    arch: 'x86',
    stage: 1,
    title: `x86 ${MODE_TITLE[mode]} paging, MAXPHYADDR ${common.maxphyaddr}, NXE=${common.nxe}`,
    input: 'va',
    output: 'pa',
    entryBytes: mode === '32' ? 4 : 8,
    ...forbids(stage1Page(at[0] as Stage1Settings)),
    payload: [0xffff_ffff, 0xffff_ffff],
    levels: at.map(s => ordinaryLevel(s, common.pse === 1)),
    roots: [ordinaryRoot(mode, base, true)],
    read: (word, level) => readStage1(word, at[level] as Stage1Settings),
    classify: (reading, level) => ordinaryClass(reading as Stage1Reading, mode, level),
    describe: (reading, _level, inherited) => describeOrdinary(reading as Stage1Reading, inherited, mode),
    perm: ordinaryPerm,
    describePayload: reading => softwareNote((reading as Stage1Reading).facts.software),
  };
}

/** Where a nested walk begins: nCR3 and the host's mode at VMRUN. */
export interface NptTables {
  readonly settings: Partial<Omit<NptSettings, 'level'>>;
  readonly base: bigint;
}

export function nptTables({ settings, base }: NptTables): Regime {
  const common = settle(nptSettings, settings);
  const { mode } = common;
  const at = levelsOf(mode).map((level): NptSettings => ({ ...common, level }));
  const ordinary = at.map(
    ({ level, ...s }): Stage1Settings => settle(stage1Settings, { ...s, level, vendor: 'amd' }),
  );
  return {
    id: 'x86.npt',
    arch: 'x86',
    stage: 2,
    title: `x86 nested paging (NPT), ${MODE_TITLE[mode]}, MAXPHYADDR ${common.maxphyaddr}`,
    input: 'gpa',
    output: 'pa',
    entryBytes: mode === '32' ? 4 : 8,
    ...forbids(stage1Page(ordinary[0] as Stage1Settings)),
    payload: [0xffff_ffff, 0x7fff_ffff], // KVM's empty entry has bit 63 set, for EPT's sake
    levels: ordinary.map(s => ordinaryLevel(s, common.pse === 1)),
    roots: [ordinaryRoot(mode, base, false)],
    read: (word, level) => readNpt(word, at[level] as NptSettings),
    classify: (reading, level) => {
      const { kind, inherits } = ordinaryClass(reading as Stage1Reading, mode, level);
      // every nested access is a user access: an entry without U/S maps nothing
      return { kind: (reading.facts as NptFacts).userFault && kind !== 'payload' ? 'fault' : kind, inherits };
    },
    describe: (reading, _level, inherited) => {
      const view = describeOrdinary(reading as Stage1Reading, inherited, mode);
      const { user = NONE } = view.rights; // every nested access is a user access, whoever makes it
      return { ...view, rights: { supervisor: user, user } };
    },
    perm: ordinaryPerm,
    describePayload: reading => softwareNote((reading as NptReading).facts.software),
  };
}

/** Where an EPT walk begins; `eptRegime` in `regime.ts` computes it from EPTP and the execution controls. */
export interface Stage2Tables {
  readonly settings: Partial<Omit<Stage2Settings, 'level'>>;
  /** 4 or 5. */
  readonly walkLength: number;
  readonly base: bigint;
}

export function stage2Tables({ settings, walkLength, base }: Stage2Tables): Regime {
  const common = settle(stage2Settings, settings);
  const at = levelsOf(walkLength === 5 ? '5l' : '4l').map((level): Stage2Settings => ({ ...common, level }));
  const levels = at.map((s): Level => {
    const large = s.level === 2 ? s.p2m === 1 : s.level === 3 && s.p1g === 1;
    return {
      name: s.level,
      shift: leafShift('5l', s.level),
      indexBits: 9,
      pointsToTable: s.level === 1 ? () => false : large ? lo => (lo & 0x80) === 0 : () => true,
      table: s.level === 1 ? NO_FORM : entryForm(stage2Table(s), 'next', s.maxphyaddr),
      leaf: s.level === 1 || large ? entryForm(stage2Page(s), 'oa', s.maxphyaddr) : NO_FORM,
    };
  });
  return {
    id: 'x86.ept',
    arch: 'x86',
    stage: 2,
    misconfigures: true,
    title: `x86 EPT, ${walkLength} levels, MAXPHYADDR ${common.maxphyaddr}`,
    input: 'gpa',
    output: 'pa',
    entryBytes: 8,
    payload: [0xffff_ffff, 0x7fff_ffff], // suppress #VE alone says nothing: it is KVM's empty entry
    levels,
    roots: [{ address: Number(base), level: levels.length - 1, entries: 512, inputFrame: 0 }],
    read: (word, level) => readStage2(word, at[level] as Stage2Settings),
    classify: reading => eptClass(reading as Stage2Reading),
    describe: (reading, _level, inherited) => describeEpt(reading as Stage2Reading, inherited),
    perm: eptPerm,
    describePayload: reading => softwareNote((reading as Stage2Reading).facts.software),
  };
}

const MODE_ID: Record<Mode, string> = { '32': '32bit', pae: 'pae', '4l': '4level', '5l': '5level' };
const MODE_TITLE: Record<Mode, string> = { '32': '32-bit', pae: 'PAE', '4l': '4-level', '5l': '5-level' };

const levelsOf = (mode: Mode): readonly number[] => INDEX_BITS[mode].map((_, i) => i + 1);

/** A level of ordinary paging. PS selects the large page where the mode has one at this level. */
function ordinaryLevel(s: Stage1Settings, pse: boolean): Level {
  const { mode, level } = s;
  const top = topLevel(mode);
  const large =
    level === 2 ? mode !== '32' || pse : level === 3 && (mode === '4l' || mode === '5l') && s.gbpages === 1;
  const outputBits = mode === '32' ? 40 : addressBits(s); // 4-MByte pages reach 40 bits; the rest of the row is reserved
  return {
    name: level,
    shift: leafShift(mode, level),
    indexBits: INDEX_BITS[mode][level - 1] as number,
    pointsToTable: level === 1 ? () => false : large ? lo => (lo & 0x80) === 0 : () => true,
    table: level === 1 ? NO_FORM : entryForm(stage1Table(s), 'next', outputBits),
    leaf: level === 1 || (large && level <= top) ? entryForm(stage1Page(s), 'oa', outputBits) : NO_FORM,
  };
}

/** In 4- and 5-level paging the upper half of the root translates the upper canonical half; a GPA is not canonical. */
function ordinaryRoot(mode: Mode, base: bigint, linear: boolean): Root {
  const top = topLevel(mode);
  const canonical = linear && (mode === '4l' || mode === '5l');
  return {
    address: Number(base),
    level: top - 1,
    entries: 2 ** (INDEX_BITS[mode][top - 1] as number),
    inputFrame: 0,
    ...(canonical ? { canonical } : {}),
  };
}

const EMPTY: EntryClass = { kind: 'empty', inherits: 0 };
const FAULT: EntryClass = { kind: 'fault', inherits: 0 };
const leafClass: EntryClass = { kind: 'leaf', inherits: 0 };

function ordinaryClass({ kind, facts, raw }: Stage1Reading, mode: Mode, level: number): EntryClass {
  if (kind === 'not-present') return raw === 0n ? EMPTY : { kind: 'payload', inherits: 0 };
  if (facts.reservedFault || kind === 'bad-ps') return FAULT;
  if (kind !== 'table') return leafClass;
  if (mode === 'pae' && level === 2) return { kind: 'table', inherits: 0 }; // a PAE PDPTE has no permissions
  return { kind: 'table', inherits: denied(facts.permissions) };
}

const denied = (p: Stage1Permissions | undefined): number =>
  p ? (p.w ? 0 : DENY.write) | (p.u ? 0 : DENY.user) | (p.x ? 0 : DENY.execute) : 0;

function eptClass({ kind, facts, raw }: Stage2Reading): EntryClass {
  if (kind === 'not-present') return raw === 0n ? EMPTY : { kind: 'payload', inherits: 0 };
  if (facts.misconfiguration.length > 0) return FAULT;
  const kindHere: EntryKind = kind === 'table' ? 'table' : 'leaf';
  return { kind: kindHere, inherits: kindHere === 'table' ? eptDenied(facts.permissions) : 0 };
}

const eptDenied = (p: EptPermissions): number =>
  (p.r ? 0 : EPT_DENY.read) |
  (p.w ? 0 : EPT_DENY.write) |
  (p.x ? 0 : EPT_DENY.execute) |
  (p.xu === 0 ? EPT_DENY.userExecute : 0);

/** `urwx`: user or supervisor, then read, write, execute, with every level taken together. */
const ordinaryPerm = ({ supervisor = NONE, user = NONE }: Rights): string => {
  const isUser = user.r || user.w || user.x;
  const { r, w, x } = isUser ? user : supervisor;
  return `${isUser ? 'u' : 's'}${r ? 'r' : '-'}${w ? 'w' : '-'}${x ? 'x' : '-'}`;
};
const NONE: Access = { r: false, w: false, x: false };

/** SMEP, SMAP and CR0.WP are access-time controls: the supervisor's rights are those of the entries. */
function ordinaryRights({ facts }: Stage1Reading, inherited: number): Rights {
  const p = facts.permissions ?? { r: 0, w: 0, x: 0, u: 0 };
  const allowed = (own: number, deny: number): boolean => own === 1 && (inherited & deny) === 0;
  const supervisor = { r: p.r === 1, w: allowed(p.w, DENY.write), x: allowed(p.x, DENY.execute) };
  return { supervisor, user: allowed(p.u, DENY.user) ? supervisor : NONE };
}

function describeOrdinary(reading: Stage1Reading, inherited: number, mode: Mode): LeafView {
  const { facts, format, raw } = reading;
  const d = decode(format, raw) as Readonly<Record<string, number | bigint | undefined>>;
  const rights = ordinaryRights(reading, inherited);
  const index = facts.patIndex ?? 0;
  return {
    rights,
    perm: ordinaryPerm(rights),
    type: facts.memory ?? `PAT${index}`,
    fields: {
      patIndex: index,
      a: Number(d.a ?? 0),
      d: Number(d.d ?? 0),
      g: Number(d.g ?? 0),
      ...(mode === '4l' || mode === '5l' ? { pk: Number(d.pk ?? 0) } : {}),
    },
  };
}

/** `rwx`; with mode-based execute control `p` is supervisor-mode execute only and `u` user-mode only. */
const eptPerm = ({ supervisor = NONE, user = NONE }: Rights): string => {
  const execute = supervisor.x ? (user.x ? 'x' : 'p') : user.x ? 'u' : '-';
  return `${supervisor.r ? 'r' : '-'}${supervisor.w ? 'w' : '-'}${execute}`;
};

function eptRights({ facts }: Stage2Reading, inherited: number): Rights {
  const { r, w, x, xu } = facts.permissions;
  const allowed = (own: number | undefined, deny: number): boolean => own === 1 && (inherited & deny) === 0;
  const data = { r: allowed(r, EPT_DENY.read), w: allowed(w, EPT_DENY.write) };
  const supervisor = { ...data, x: allowed(x, EPT_DENY.execute) };
  return {
    supervisor,
    user: xu === undefined ? supervisor : { ...data, x: allowed(xu, EPT_DENY.userExecute) },
  };
}

function describeEpt(reading: Stage2Reading, inherited: number): LeafView {
  const { facts, format, raw } = reading;
  const d = decode(format, raw) as Readonly<Record<string, number | bigint | undefined>>;
  const rights = eptRights(reading, inherited);
  return {
    rights,
    perm: eptPerm(rights),
    type: `${facts.memory ?? 'reserved'}${facts.ignorePat ? ', PAT ignored' : ''}`,
    fields: {
      mt: Number(d.memType ?? 0),
      ipat: Number(d.ipat ?? 0),
      ...(d.a === undefined ? {} : { a: Number(d.a) }),
      ...(d.d === undefined ? {} : { d: Number(d.d) }),
    },
  };
}
