/**
 * Entries found in text, read: which family, under which settings, from what the text itself reveals: its format, the
 * facts it states, the registers beside it, and where the entries stand. What remains open is the default, and named.
 */

import { descriptors } from '../arch/descriptors.ts';
import { type Architecture, architectureOf, candidatesOf } from '../arch/regimes.ts';
import { FEATURE_SETS, featuresOf, stage1Setup, stage2Setup } from '../arm64/index.ts';
import { ID_REGISTERS, idRegisters } from '../arm64/registers/features.ts';
import type { Family } from '../bits/family.ts';
import { type Candidate, candidates, costOf } from '../bits/rank.ts';
import { type Settings, type SettingTable, settle } from '../bits/settings.ts';
import { recogniserById } from '../text/formats/index.ts';
import type { Entry, FamilyId, Fault, RegimeGuess } from '../text/model.ts';

export type Given = Partial<Settings<SettingTable>>;
type Values = ReadonlyMap<string, bigint>;

/** What the text says beside the entries. */
export interface Context {
  readonly registers: Values;
  /** Facts by name: `MAXPHYADDR`, `va bits`, `vendor`. */
  readonly facts: ReadonlyMap<string, bigint | string>;
}

export const familyOf = (id: FamilyId): Family => {
  const family = descriptors.find(one => one.id === id);
  if (family === undefined) throw new TypeError(`no family ${id}`); // the ids of the model are those of the families
  return family;
};

const bit = (value: bigint, position: bigint): 0 | 1 => ((value >> position) & 1n ? 1 : 0);

/** Settings that ID registers decide: defaults where the text has none, not somebody's full-featured CPU. */
const FEATURES = ['mtePerm', 'xnx', 'xs', 'bbml', 'bti', 'lpa', 'mte2'];

function arm64Features(registers: Values) {
  const features = featuresOf(idRegisters(registers), FEATURE_SETS.full);
  return { features, known: registers.has(ID_REGISTERS.mmfr0) };
}

/** Settings of a valid setup: those that features decide only where ID registers were there. */
const taken = (settings: object, known: boolean): Given =>
  Object.fromEntries(
    Object.entries(settings).filter(
      ([key, value]) => value !== undefined && (known || !FEATURES.includes(key)),
    ),
  );

/** 52-bit addresses move descriptor bits: LPA2 for small granules, FEAT_LPA for 64K. */
const wide = ({ granule }: RegimeGuess, facts: Context['facts']): Given =>
  facts.get('va bits') === 52n && granule !== undefined ? (granule === '64K' ? { lpa: 1 } : { ds: 1 }) : {};

function arm64Stage2(guess: RegimeGuess, { registers, facts }: Context): Given {
  const vtcr = registers.get('VTCR_EL2');
  const hcr = registers.get('HCR_EL2');
  const said: Given = {
    ...(guess.granule === undefined ? {} : { granule: guess.granule }),
    ...wide(guess, facts),
  };
  if (vtcr !== undefined) {
    const { features, known } = arm64Features(registers);
    const vttbr = registers.get('VTTBR_EL2') ?? 0n;
    const [s2pir, s2por] = [registers.get('S2PIR_EL2'), registers.get('S2POR_EL1')];
    const setup = stage2Setup({ vtcr, vttbr, hcr, s2pir, s2por, features });
    if (setup.valid) {
      const { fwb: _, ...rest } = setup.settings;
      return { ...taken(rest, known), ...(hcr === undefined ? {} : { fwb: bit(hcr, 46n) }), ...said };
    }
  }
  return { ...(hcr === undefined ? {} : { fwb: bit(hcr, 46n) }), ...said };
}

const EL = { 'EL1&0': 1, EL2: 2, 'EL2&0': 2, EL3: 3 } as const;

function arm64Stage1(guess: RegimeGuess, input: bigint | undefined, { registers, facts }: Context): Given {
  const regime = guess.regime ?? 'EL1&0';
  const el = EL[regime];
  const said: Given = {
    ...(guess.regime === undefined ? {} : { regime }),
    ...(guess.granule === undefined ? {} : { granule: guess.granule }),
    ...wide(guess, facts),
  };
  const value = (name: string): bigint | undefined => registers.get(`${name}_EL${el}`);
  const tcr = value('TCR');
  const mair = value('MAIR');
  if (tcr !== undefined) {
    const { features, known } = arm64Features(registers);
    const range =
      (regime === 'EL1&0' || regime === 'EL2&0') && input !== undefined && bit(input, 55n) ? 1 : 0;
    const setup = stage1Setup({
      regime,
      tcr,
      tcr2: value('TCR2'),
      ttbr: value(`TTBR${range}`) ?? 0n,
      range,
      sctlr: value('SCTLR'),
      hcr: registers.get('HCR_EL2'),
      mair,
      mair2: value('MAIR2'),
      pir: value('PIR'),
      pire0: registers.get(`PIRE0_EL${el}`),
      features,
    });
    if (setup.valid) return { ...taken(setup.settings, known), ...said };
  }
  return { ...(mair === undefined ? {} : { mair }), ...said };
}

/** MAXPHYADDR, vendor and PAT. */
function processor({ registers, facts }: Context): Given {
  const width = facts.get('MAXPHYADDR');
  const vendor = facts.get('vendor');
  const pat = registers.get('PAT');
  return {
    ...(typeof width === 'bigint' && width >= 32n && width <= 52n ? { maxphyaddr: Number(width) } : {}),
    ...(vendor === 'GenuineIntel' ? { vendor: 'intel' } : {}),
    ...(vendor === 'AuthenticAMD' || vendor === 'HygonGenuine' ? { vendor: 'amd' } : {}),
    ...(pat === undefined ? {} : { pat }),
  };
}

/** The paging mode that CR4 and EFER select, as far as they are there. */
function modeOf(registers: Values): RegimeGuess['mode'] {
  const cr4 = registers.get('CR4');
  const efer = registers.get('EFER');
  if (cr4 === undefined) return undefined;
  if (bit(cr4, 5n) === 0) return '32';
  if (efer === undefined) return undefined;
  return bit(efer, 10n) ? (bit(cr4, 12n) ? '5l' : '4l') : 'pae';
}

function x86Paging(guess: RegimeGuess, context: Context): Given {
  const { registers } = context;
  const cr4 = registers.get('CR4');
  const efer = registers.get('EFER');
  const mode = guess.mode ?? modeOf(registers);
  return {
    ...processor(context),
    ...(mode === undefined ? {} : { mode }),
    ...(cr4 === undefined ? {} : { pse: bit(cr4, 4n), cet: bit(cr4, 23n) }),
    ...(efer === undefined ? {} : { nxe: bit(efer, 11n) }),
  };
}

function x86Ept(context: Context): Given {
  const { registers } = context;
  const eptp = registers.get('EPTP');
  const caps = registers.get('IA32_VMX_EPT_VPID_CAP');
  return {
    ...processor(context),
    ...(eptp === undefined ? {} : { ad: bit(eptp, 6n) }),
    ...(caps === undefined ? {} : { execOnly: bit(caps, 0n), p2m: bit(caps, 16n), p1g: bit(caps, 17n) }),
  };
}

/** What the text reveals of an entry's settings. Keys that the family does not know are left out. */
export function revealed(entry: Pick<Entry, 'regime' | 'level' | 'input'>, context: Context): Given {
  const { regime: guess, input } = entry;
  if (guess === undefined) return {};
  const family = familyOf(guess.family);
  const all: Given = {
    ...(guess.family === 'arm64.stage2'
      ? arm64Stage2(guess, context)
      : guess.family === 'arm64.stage1'
        ? arm64Stage1(guess, input, context)
        : guess.family === 'x86.ept'
          ? x86Ept(context)
          : x86Paging(guess, context)),
  };
  const level = levelOf(entry, all);
  return Object.fromEntries(
    Object.entries(level === undefined ? all : { ...all, level }).filter(([key]) => key in family.settings),
  );
}

/** The level: printed, or that of the top table where the text says which mode it is. */
function levelOf({ level, regime }: Pick<Entry, 'regime' | 'level'>, all: Given): number | undefined {
  if (level === undefined) return undefined;
  if (level.number !== undefined) return level.number;
  if (regime?.family !== 'x86.pte' || level.name.toUpperCase() !== 'PGD') return undefined;
  const { mode } = all;
  return mode === '5l' ? 5 : mode === '4l' ? 4 : mode === 'pae' ? 3 : mode === '32' ? 2 : undefined;
}

/** One entry, read. */
export interface EntryReading extends Candidate {
  /** Settings that the text or the user gave; the others are defaults. */
  readonly given: Given;
}

/** Reads an entry of a known family. Without a level, the level at which the word is something. */
export function readEntry(family: Family, word: bigint, given: Given): EntryReading {
  if ('level' in given || family.settings.level === undefined) {
    const settings = settle(family.settings, given);
    const reading = family.read(word, settings);
    return { family, settings, chosen: {}, given, reading, cost: costOf(reading) };
  }
  const [best] = candidates(family, word, given);
  if (best) return { ...best, given };
  const settings = settle(family.settings, given);
  const reading = family.read(word, settings);
  return { family, settings, chosen: {}, given, reading, cost: costOf(reading) };
}

// ------------------------------------------------------------------------------------------------ entries by place

const ARCHITECTURE: Readonly<Record<Architecture, readonly FamilyId[]>> = {
  arm64: ['arm64.stage1', 'arm64.stage2'],
  x86: ['x86.pte', 'x86.ept', 'x86.npt'],
};

/** Whose tables these are, for entries that a debugger printed at addresses. */
export interface Placed {
  readonly regime: RegimeGuess;
  readonly level: number;
  /** Decides between the two ranges of arm64 stage 1. */
  readonly input?: bigint;
  /** The registers of the CPU whose root it is. */
  readonly registers: Values;
  /** `stage2`, `el1.ttbr1`, `paging`. */
  readonly root: string;
}

interface Plain {
  readonly at?: bigint;
  readonly atSpace?: 'pa' | 'va';
  readonly word: bigint;
  readonly width: 32 | 64;
}

/** Table pages reached from the roots of a text; more would be no paste. */
const MOST_PAGES = 100_000;

/**
 * Entries that stand in tables which the registers of the same text point to: from each root down, as far as the tables
 * themselves were printed. Tables behind a second stage are left alone: their addresses are not physical.
 */
export function placeEntries<E extends Plain>(
  entries: readonly E[],
  cpus: readonly Values[],
  facts: Context['facts'],
): Map<E, Placed> {
  const placed = new Map<E, Placed>();
  const pages = new Map<bigint, E[]>();
  for (const entry of entries) {
    if (entry.at === undefined || entry.atSpace === 'va') continue;
    const page = entry.at >> 12n;
    const there = pages.get(page);
    if (there) there.push(entry);
    else pages.set(page, [entry]);
  }
  if (pages.size === 0) return placed;
  for (const registers of cpus) {
    const architecture = architectureOf(registers);
    if (architecture === undefined) continue;
    for (const { name, regime, through } of candidatesOf(registers, architecture).found) {
      if (through !== undefined) continue;
      const guess = guessOf(regime.id, name, architecture);
      for (const root of regime.roots) {
        const top = regime.levels[root.level];
        if (top === undefined) continue;
        const queue: { at: bigint; bytes: number; level: number }[] = [
          { at: BigInt(root.address), bytes: root.entries * regime.entryBytes, level: root.level },
        ];
        const seen = new Set<string>();
        const input = root.inputFrame > 0 ? BigInt(root.inputFrame) << 12n : 0n;
        for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
          const key = `${next.at}/${next.level}`;
          if (seen.has(key) || seen.size > MOST_PAGES) continue;
          seen.add(key);
          const level = regime.levels[next.level];
          if (level === undefined) continue;
          for (const entry of within(pages, next.at, next.bytes)) {
            if (placed.has(entry) || entry.width !== 8 * regime.entryBytes) continue;
            placed.set(entry, { regime: guess, level: level.name, input, registers, root: name });
            if (entry.word === 0n || next.level === 0) continue;
            const settings = revealed(
              { regime: guess, level: { name: '', number: level.name }, input },
              { registers, facts },
            );
            const below = regime.levels[next.level - 1];
            const { kind, facts: says } = familyOf(guess.family).read(
              entry.word,
              settle(familyOf(guess.family).settings, settings),
            );
            if (kind === 'table' && below && typeof says.next === 'bigint')
              queue.push({
                at: says.next,
                bytes: regime.entryBytes << below.indexBits,
                level: next.level - 1,
              });
          }
        }
      }
    }
  }
  return placed;
}

function* within<E extends Plain>(
  pages: ReadonlyMap<bigint, readonly E[]>,
  at: bigint,
  bytes: number,
): Generator<E> {
  const end = at + BigInt(bytes);
  for (let page = at >> 12n; page << 12n < end; page++)
    for (const entry of pages.get(page) ?? [])
      if (entry.at !== undefined && entry.at >= at && entry.at < end) yield entry;
}

function guessOf(id: string, name: string, architecture: Architecture): RegimeGuess {
  const family = ARCHITECTURE[architecture].find(one => one === id);
  if (architecture === 'x86') return { family: family ?? 'x86.pte' };
  if (family === 'arm64.stage2') return { family };
  const regime = name.startsWith('el2.')
    ? 'EL2&0'
    : name === 'el2'
      ? 'EL2'
      : name === 'el3'
        ? 'EL3'
        : 'EL1&0';
  return { family: 'arm64.stage1', regime };
}

/** Descriptors of one architecture, or all. */
export const descriptorsOf = (architecture: Architecture | undefined): readonly Family[] =>
  architecture === undefined
    ? descriptors
    : descriptors.filter(({ id }) => id.startsWith(`${architecture}.`));

/** Which architecture a text is of: by its registers, else by the tools that printed it. */
export function architectureIn(registers: Values, tools: Iterable<string>): Architecture | undefined {
  const said = architectureOf(registers);
  if (said !== undefined) return said;
  for (const tool of tools) {
    const arch = recogniserById(tool)?.arch;
    if (arch !== undefined) return arch as Architecture;
  }
  return undefined;
}

// ------------------------------------------------------------------------------------------------ doubts

/** The descriptor family that explains the words best, together. Zero says nothing: it is an empty entry everywhere. */
export function likeliest(
  words: readonly bigint[],
  given: (family: Family) => Given = () => ({}),
  among: readonly Family[] = descriptors,
): Family {
  const telling = words.filter(word => word !== 0n);
  const costs = among.map(family =>
    telling.reduce((sum, word) => sum + (candidates(family, word, given(family))[0]?.cost ?? 0), 0),
  );
  return among[costs.indexOf(Math.min(...costs))] as Family;
}

/** Words that a doubt is based on at most. */
const DOUBT_SAMPLE = 200;

/**
 * Is this another format? Where at least half of the telling words are errors under their family, and another family
 * explains the same words with a quarter of the trouble. Undefined where there is no reason to doubt.
 */
export function doubt(
  readings: readonly EntryReading[],
): { wrong: number; of: number; better: Family } | undefined {
  const telling = readings.filter(({ reading }) => reading.raw !== 0n).slice(0, DOUBT_SAMPLE);
  const wrong = telling.filter(({ reading }) =>
    reading.findings.some(({ severity }) => severity === 'error'),
  );
  const [first] = telling;
  if (!first || wrong.length * 2 < telling.length) return undefined;
  const words = telling.map(({ reading }) => reading.raw);
  const better = likeliest(words);
  if (better.id === first.family.id) return undefined; // by id: verbs are bundled apart
  const cost = words.reduce((sum, word) => sum + (candidates(better, word)[0]?.cost ?? 0), 0);
  const own = telling.reduce((sum, one) => sum + one.cost, 0);
  return cost * 4 < own ? { wrong: wrong.length, of: telling.length, better } : undefined;
}

/** x86 page-fault error code, by the names of its bits [SDM vol. 3A, "Page-Fault Exceptions"]. */
export function errorCodeText(code: bigint): string {
  const on = (position: bigint): boolean => bit(code, position) === 1;
  return [
    on(0n) ? 'protection' : 'not present',
    on(4n) ? 'instruction fetch' : on(1n) ? 'write' : 'read',
    on(2n) ? 'user mode' : 'supervisor mode',
    ...(on(3n) ? ['reserved bit set'] : []),
    ...(on(5n) ? ['protection key'] : []),
    ...(on(6n) ? ['shadow stack'] : []),
    ...(on(15n) ? ['SGX'] : []),
  ].join(', ');
}

/** The fault status of an ESR for aborts: bits [5:0] of ISS [Arm ARM, ESR_EL1, Data and Instruction Abort]. */
export const faultStatus = ({ esr }: Pick<Fault, 'esr'>): number | undefined => {
  if (esr === undefined) return undefined;
  const ec = Number((esr >> 26n) & 0x3fn);
  return ec === 0x20 || ec === 0x21 || ec === 0x24 || ec === 0x25 ? Number(esr & 0x3fn) : undefined;
};
