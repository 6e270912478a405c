/**
 * x86 paging structures as the shared walker sees them: ordinary paging, EPT and NPT, built from the entry layouts and
 * readings. The shared level index is the manual's level minus one: PTE 0, PDE 1, …
 */

import { decode } from '../../bits/codec.ts';
import type { Format } from '../../bits/format.ts';
import { settle } from '../../bits/settings.ts';
import type { Bit } from '../../bits/spec.ts';
import { apm, sdm } from '../../refs.ts';
import { entryForm, holdsConstant, NO_FORM } from '../../walk/entry-form.ts';
import {
  type EntryClass,
  type EntryKind,
  type LeafView,
  type Level,
  type Regime,
  type Root,
  softwareNote,
} from '../../walk/regime.ts';
import { type NptReading, type NptSettings, nptSettings, readNpt } from '../descriptors/npt.ts';
import {
  nptRights,
  stage1Denied,
  stage1Perm,
  stage1Rights,
  stage2Denied,
  stage2Perm,
  stage2Rights,
} from '../descriptors/perm.ts';
import {
  largePage as largeStage1Page,
  readStage1,
  type Stage1Reading,
  type Stage1Settings,
  stage1Page,
  stage1Settings,
  stage1Table,
} from '../descriptors/stage1.ts';
import {
  largePage as largeStage2Page,
  readStage2,
  type Stage2Reading,
  type Stage2Settings,
  stage2Page,
  stage2Settings,
  stage2Table,
} from '../descriptors/stage2.ts';
import type { Stage1Meaning, Stage2Meaning } from '../memtype/meaning.ts';
import { plainWords, stage2PlainWords } from '../memtype/plain-words.ts';
import { alone, eptMemory } from '../memtype/stage2.ts';
import { addressBits, INDEX_BITS, leafShift, type Mode, topLevel } from '../values/address.ts';
import { type Masking, masked } from '../values/pointer.ts';

/** 32-bit paging, and EFER.NXE = 0: no entry can forbid execution. */
const forbids = (page: Format): { readonly cannotForbid?: true } =>
  page.rows.some(({ key }) => key === 'xd') ? {} : { cannotForbid: true };

/** 64-bit paging alone has linear-address masking. */
/** LAM masks data accesses only [SDM, "Linear-Address Masking"]. */
const unmasking =
  (masking: Omit<Masking, 'levels'>, mode: '4l' | '5l') =>
  (pointer: bigint, fetch: boolean): bigint =>
    fetch ? pointer : masked(pointer, { ...masking, levels: mode === '5l' ? 5 : 4 });

/** Where an ordinary walk begins; `stage1Setup` in `setup.ts` computes it from CR0, CR3, CR4 and EFER. */
export interface Stage1Tables {
  /** Everything an entry's reading depends on, but the level. */
  readonly settings: Partial<Omit<Stage1Settings, 'level'>>;
  /** Table address without PCID, PWT and PCD, bytes. */
  readonly base: bigint;
  /** Linear-address masking; default: none. */
  readonly masking?: Omit<Masking, 'levels'>;
  /** CR0.WP; default 1. */
  readonly wp?: Bit;
}

export function stage1Tables({ settings, base, masking, wp = 1 }: Stage1Tables): Regime {
  const common = settle(stage1Settings, settings);
  const { mode } = common;
  const at = levelsOf(mode).map((level): Stage1Settings => ({ ...common, level }));
  return {
    id: `x86.${MODE_ID[mode]}`,
    arch: 'x86',
    stage: 1,
    ...(masking && (mode === '4l' || mode === '5l') ? { untag: unmasking(masking, mode) } : {}),
    title: `x86 ${MODE_TITLE[mode]} paging, MAXPHYADDR ${common.maxphyaddr}, NXE=${common.nxe}${wp ? '' : ', WP=0'}`,
    input: 'va',
    output: 'pa',
    entryBytes: mode === '32' ? 4 : 8,
    ...forbids(stage1Page(at[0] as Stage1Settings)),
    nonCanonical: '#GP(0), or #SS(0) through the stack, before any table is read',
    payload: [0xffff_ffff, 0xffff_ffff],
    levels: at.map(s => stage1Level(s)),
    roots: [stage1Root(mode, base, true)],
    settings: common,
    read: (word, level) => readStage1(word, at[level] as Stage1Settings),
    classify: (reading, level) => stage1Class(reading as Stage1Reading, mode, level),
    describe: (reading, _level, inherited) => describeStage1(reading as Stage1Reading, inherited, mode, wp),
    perm: stage1Perm,
    plainWords: ({ meaning }) => plainWords(meaning as Stage1Meaning | undefined),
    describePayload: reading => softwareNote((reading as Stage1Reading).facts.software),
  };
}

/** Where a nested walk begins: nCR3 and the host's mode at VMRUN; `nptSetup` in `setup.ts` computes it. */
export interface NptTables {
  readonly settings: Partial<Omit<NptSettings, 'level'>>;
  readonly base: bigint;
  /** The VMCB asks for read-only guest page tables: a walk of the guest only reads them. */
  readonly readOnlyTables?: boolean;
}

export function nptTables({ settings, base, readOnlyTables = false }: NptTables): Regime {
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
    ...(readOnlyTables ? {} : { walksWrite: true as const }), // [APM, "Nested Table Walk"]
    walker: { refused: refused(!readOnlyTables), ref: apm('section "Nested Table Walk"') },
    title: `x86 nested paging (NPT), ${MODE_TITLE[mode]}, MAXPHYADDR ${common.maxphyaddr}`,
    input: 'gpa',
    output: 'pa',
    entryBytes: mode === '32' ? 4 : 8,
    ...forbids(stage1Page(ordinary[0] as Stage1Settings)),
    payload: [0xffff_ffff, 0x7fff_ffff], // KVM's empty entry has bit 63 set, for EPT's sake
    levels: ordinary.map(s => stage1Level(s)),
    roots: [stage1Root(mode, base, false)],
    settings: common,
    read: (word, level) => readNpt(word, at[level] as NptSettings),
    // rights are looked at when the walk is over: an entry without U/S leads on
    classify: (reading, level) => stage1Class(reading as Stage1Reading, mode, level),
    describe: (reading, _level, inherited) => {
      const rights = nptRights((reading as NptReading).facts.permissions, inherited, common);
      return {
        ...describeStage1(reading as Stage1Reading, inherited, mode),
        rights,
        perm: stage1Perm(rights),
      };
    },
    perm: stage1Perm,
    plainWords: ({ meaning }) => plainWords(meaning as Stage1Meaning | undefined),
    describePayload: reading => softwareNote((reading as NptReading).facts.software),
  };
}

/** Where an EPT walk begins; `stage2Setup` in `setup.ts` computes it from EPTP and the execution controls. */
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
    return {
      name: s.level,
      shift: leafShift('5l', s.level),
      indexBits: 9,
      pointsToTable: s.level === 1 ? () => false : holdsConstant(stage2Table(s), 'ps'),
      table: s.level === 1 ? NO_FORM : entryForm(stage2Table(s), 'next', s.maxphyaddr),
      leaf: largeStage2Page(s) ? entryForm(stage2Page(s), 'oa', s.maxphyaddr) : NO_FORM,
    };
  });
  return {
    id: 'x86.ept',
    arch: 'x86',
    stage: 2,
    // with accessed and dirty flags reads of guest tables are writes [SDM, "Accessed and Dirty Flags for EPT"]
    ...(common.ad ? { walksWrite: true as const } : {}),
    walker: { refused: refused(common.ad === 1), ref: sdm('section "EPT Violations"') },
    misconfigures: true,
    ...(common.mbec ? { executesByPage: true as const } : {}),
    title: `x86 EPT, ${walkLength} levels, MAXPHYADDR ${common.maxphyaddr}`,
    input: 'gpa',
    output: 'pa',
    entryBytes: 8,
    payload: [0xffff_ffff, 0x7fff_ffff], // suppress #VE alone says nothing: it is KVM's empty entry
    levels,
    roots: [{ address: Number(base), level: levels.length - 1, entries: 512, inputFrame: 0 }],
    settings: common,
    read: (word, level) => readStage2(word, at[level] as Stage2Settings),
    classify: reading => stage2Class(reading as Stage2Reading),
    describe: (reading, _level, inherited) => describeStage2(reading as Stage2Reading, inherited),
    alone: ({ meaning }) => alone(meaning as Stage2Meaning),
    perm: stage2Perm,
    plainWords: ({ meaning }) => stage2PlainWords(meaning as Stage2Meaning),
    describePayload: reading => softwareNote((reading as Stage2Reading).facts.software),
  };
}

/** A walk reads guest tables as a user; where that counts as a write it needs both rights. */
const refused =
  (writes: boolean) =>
  ({ rights }: LeafView): string | undefined => {
    const { r, w } = rights.user ?? { r: false, w: false };
    if (!r) return 'not readable';
    return writes && !w ? 'not writable, and reads of guest tables count as writes' : undefined;
  };

const MODE_ID: Record<Mode, string> = { '32': '32bit', pae: 'pae', '4l': '4level', '5l': '5level' };
const MODE_TITLE: Record<Mode, string> = { '32': '32-bit', pae: 'PAE', '4l': '4-level', '5l': '5-level' };

const levelsOf = (mode: Mode): readonly number[] => INDEX_BITS[mode].map((_, i) => i + 1);

/** A level of ordinary paging. PS selects the large page where the mode has one at this level. */
function stage1Level(s: Stage1Settings): Level {
  const { mode, level } = s;
  const outputBits = mode === '32' ? 40 : addressBits(s); // 4-MByte pages reach 40 bits; the rest of the row is reserved
  return {
    name: level,
    shift: leafShift(mode, level),
    indexBits: INDEX_BITS[mode][level - 1] as number,
    pointsToTable: level === 1 ? () => false : holdsConstant(stage1Table(s), 'ps'),
    table: level === 1 ? NO_FORM : entryForm(stage1Table(s), 'next', outputBits),
    leaf: largeStage1Page(s) ? entryForm(stage1Page(s), 'oa', outputBits) : NO_FORM,
  };
}

/** In 4- and 5-level paging the upper half of the root translates the upper canonical half; a GPA is not canonical. */
function stage1Root(mode: Mode, base: bigint, linear: boolean): Root {
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

function stage1Class({ kind, facts, raw }: Stage1Reading, mode: Mode, level: number): EntryClass {
  if (kind === 'not-present') return raw === 0n ? EMPTY : { kind: 'payload', inherits: 0 };
  // a PAE PDPTE has no permissions; its reserved bits are checked when CR3 is loaded and not in a walk, and emulators leave
  // an accessed flag there [SDM, "PDPTE Registers"; APM, "Page-Directory-Pointer Entries"]
  if (mode === 'pae' && level === 2 && kind === 'table') return { kind: 'table', inherits: 0 };
  if (facts.reservedFault || kind === 'bad-ps') return FAULT;
  if (kind !== 'table') return leafClass;
  return { kind: 'table', inherits: stage1Denied(facts.permissions) };
}

function stage2Class({ kind, facts, raw }: Stage2Reading): EntryClass {
  if (kind === 'not-present') return raw === 0n ? EMPTY : { kind: 'payload', inherits: 0 };
  if (facts.misconfiguration.length > 0) return FAULT;
  const kindHere: EntryKind = kind === 'table' ? 'table' : 'leaf';
  return { kind: kindHere, inherits: kindHere === 'table' ? stage2Denied(facts.permissions) : 0 };
}

/** Whether memory is encrypted or shared, where entries have a bit for it. */
const protectionText = ({ encrypted, shared }: Stage1Reading['facts']): string =>
  `${encrypted === undefined ? '' : encrypted ? ', encrypted' : ', not encrypted'}${shared === undefined ? '' : shared ? ', shared' : ', private'}`;

function describeStage1(reading: Stage1Reading, inherited: number, mode: Mode, wp: Bit = 1): LeafView {
  const { facts, format, raw } = reading;
  const d = decode(format, raw) as Readonly<Record<string, number | bigint | undefined>>;
  const rights = stage1Rights(facts.permissions, inherited, wp);
  const index = facts.patIndex ?? 0;
  return {
    rights,
    perm: stage1Perm(rights),
    type: `${facts.memory ?? `PAT${index}`}${protectionText(facts)}`,
    ...(facts.memory === undefined ? {} : { meaning: facts.memory }),
    fields: {
      patIndex: index,
      a: Number(d.a ?? 0),
      d: Number(d.d ?? 0),
      g: Number(d.g ?? 0),
      ...(mode === '4l' || mode === '5l' ? { pk: Number(d.pk ?? 0) } : {}),
      ...(facts.encrypted === undefined ? {} : { encrypted: facts.encrypted ? 1 : 0 }),
      ...(facts.shared === undefined ? {} : { shared: facts.shared ? 1 : 0 }),
    },
  };
}

function describeStage2(reading: Stage2Reading, inherited: number): LeafView {
  const { facts, format, raw } = reading;
  const d = decode(format, raw) as Readonly<Record<string, number | bigint | undefined>>;
  const rights = stage2Rights(facts.permissions, inherited);
  return {
    rights,
    perm: stage2Perm(rights),
    type: `${facts.memory ?? 'reserved'}${facts.ignorePat ? ', PAT ignored' : ''}`,
    meaning: eptMemory({ memType: Number(d.memType ?? 0), ipat: Number(d.ipat ?? 0) }).value,
    fields: {
      mt: Number(d.memType ?? 0),
      ipat: Number(d.ipat ?? 0),
      ...(d.a === undefined ? {} : { a: Number(d.a) }),
      ...(d.d === undefined ? {} : { d: Number(d.d) }),
    },
  };
}
