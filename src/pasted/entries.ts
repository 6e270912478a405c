/**
 * Entries found in text, read: which family, under which settings, from what the text itself reveals: its format, the
 * facts it states, the registers beside it, and where the entries stand. What remains open is the default, and named.
 */

import { type ArchitectureId, architectureIdOf } from '../arch/architecture.ts';
import { descriptors } from '../arch/descriptors.ts';
import { architectureOf } from '../arch/names.ts';
import { candidatesOf, walksOf } from '../arch/walks.ts';
import type { Family } from '../bits/family.ts';
import { type Candidate, candidates, costOf } from '../bits/rank.ts';
import { settle } from '../bits/settings.ts';
import { addressOf, type Frame, frameAt } from '../image/frames.ts';
import type { Context, Given } from '../text/context.ts';
import { recogniserById } from '../text/formats/index.ts';
import type { Entry, FamilyId, RegimeGuess } from '../text/model.ts';

export type { Context, Given } from '../text/context.ts';

type Values = Context['registers'];

export const familyOf = (id: FamilyId): Family => {
  const family = descriptors.find(one => one.id === id);
  if (family === undefined) throw new TypeError(`no family ${id}`); // the ids of the model are those of the families
  return family;
};

/** What the text reveals of an entry's settings. Keys that the family does not know are left out. */
export function revealed(entry: Pick<Entry, 'regime' | 'level' | 'input'>, context: Context): Given {
  const { regime: guess } = entry;
  if (guess === undefined) return {};
  const family = familyOf(guess.family);
  const all = walksOf(architectureIdOf(guess.family)).revealed(entry, context);
  const level = levelOf(entry, all);
  return Object.fromEntries(
    Object.entries(level === undefined ? all : { ...all, level }).filter(([key]) => key in family.settings),
  );
}

/** The level: printed, or what the architecture makes of its name. */
function levelOf({ level, regime }: Pick<Entry, 'regime' | 'level'>, all: Given): number | undefined {
  if (level === undefined || level.number !== undefined) return level?.number;
  return regime && walksOf(architectureIdOf(regime.family)).levelNamed(level.name, regime, all);
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
  const pages = new Map<Frame, E[]>();
  for (const entry of entries) {
    if (entry.at === undefined || entry.atSpace === 'va') continue;
    const page = frameAt(entry.at);
    const there = pages.get(page);
    if (there) there.push(entry);
    else pages.set(page, [entry]);
  }
  if (pages.size === 0) return placed;
  for (const registers of cpus) {
    const architecture = architectureOf(registers);
    if (architecture === undefined) continue;
    for (const candidate of candidatesOf(registers, architecture).found) {
      const { name, regime, through } = candidate;
      if (through !== undefined) continue;
      const guess = walksOf(architecture).guess(candidate);
      for (const root of regime.roots) {
        const top = regime.levels[root.level];
        if (top === undefined) continue;
        const queue: { at: bigint; bytes: number; level: number }[] = [
          { at: BigInt(root.address), bytes: root.entries * regime.entryBytes, level: root.level },
        ];
        const seen = new Set<string>();
        const input = root.inputFrame > 0 ? addressOf(root.inputFrame) : 0n;
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
  pages: ReadonlyMap<Frame, readonly E[]>,
  at: bigint,
  bytes: number,
): Generator<E> {
  const end = at + BigInt(bytes);
  for (let page = frameAt(at); addressOf(page) < end; page++)
    for (const entry of pages.get(page) ?? [])
      if (entry.at !== undefined && entry.at >= at && entry.at < end) yield entry;
}

/** Descriptors of one architecture, or all. */
export const descriptorsOf = (architecture: ArchitectureId | undefined): readonly Family[] =>
  architecture === undefined
    ? descriptors
    : descriptors.filter(({ id }) => id.startsWith(`${architecture}.`));

/** Which architecture a text is of: by its registers, else by the tools that printed it. */
export function architectureIn(registers: Values, tools: Iterable<string>): ArchitectureId | undefined {
  const said = architectureOf(registers);
  if (said !== undefined) return said;
  for (const tool of tools) {
    const arch = recogniserById(tool)?.arch;
    if (arch !== undefined) return arch;
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
