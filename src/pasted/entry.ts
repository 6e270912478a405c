/**
 * One entry that stands in text, read: which family, under which settings, from what the text itself reveals: its format,
 * the facts it states, the registers beside it. What remains open is the default, and can be named.
 */
import { architectureIdOf, type Names, type Walks } from '../arch/architecture.ts';
import { descriptors } from '../arch/descriptors.ts';
import { architectureNames } from '../arch/names.ts';
import { architectureWalks, walksOf } from '../arch/walks.ts';
import type { Family } from '../bits/family.ts';
import { type Candidate, candidates, costOf } from '../bits/rank.ts';
import { settle } from '../bits/settings.ts';
import type { Context, Given } from '../text/context.ts';
import type { Entry, FamilyId } from '../text/model.ts';

/** The architectures that entries may be of: each part of all of them. */
export interface Among {
  readonly names: readonly Names[];
  readonly walks: readonly Walks[];
  /** Of table entries. */
  readonly families: readonly Family[];
}
export const OURS: Among = { names: architectureNames, walks: architectureWalks, families: descriptors };

/** @throws TypeError for an id that no descriptor family has: those of the text model are the families' own. */
export function familyOf(id: FamilyId, { families }: Among = OURS): Family {
  const family = families.find(one => one.id === id);
  if (family === undefined) throw new TypeError(`no family ${id}`);
  return family;
}

/** What the text reveals of an entry's settings. Keys that the family does not know are left out. */
export function revealed(
  entry: Pick<Entry, 'regime' | 'level' | 'input'>,
  context: Context,
  among: Among = OURS,
): Given {
  const { regime: guess } = entry;
  if (guess === undefined) return {};
  const family = familyOf(guess.family, among);
  const walks = walksOf(architectureIdOf(guess.family), among.walks);
  const all = walks.revealed(entry, context);
  const level = levelOf(entry, all, walks);
  return Object.fromEntries(
    Object.entries(level === undefined ? all : { ...all, level }).filter(([key]) => key in family.settings),
  );
}

/** The level: printed, or what the architecture makes of its name. */
function levelOf(
  { level, regime }: Pick<Entry, 'regime' | 'level'>,
  all: Given,
  walks: Walks,
): number | undefined {
  if (level === undefined || level.number !== undefined) return level?.number;
  return regime && walks.levelNamed(level.name, regime, all);
}

/** A word, read as one of a family. */
export interface EntryReading extends Candidate {
  /** Settings that the text or the user gave; the others are defaults, or were chosen so that the word fits. */
  readonly given: Given;
}

/** Reads a word of a known family. Without a level, at the level at which the word is something. */
export function readEntry(family: Family, word: bigint, given: Given): EntryReading {
  if (!('level' in given) && family.settings.level !== undefined) {
    const [best] = candidates(family, word, given);
    if (best) return { ...best, given };
  }
  const settings = settle(family.settings, given);
  const reading = family.read(word, settings);
  return { family, settings, chosen: {}, given, reading, cost: costOf(reading) };
}

/** Reads a word under settings that it does not choose for itself; `chosen` are those that nobody gave. */
export function readAs(family: Family, word: bigint, given: Given, chosen: Given): EntryReading {
  const settings = settle(family.settings, { ...given, ...chosen });
  const reading = family.read(word, settings);
  return { family, settings, chosen, given, reading, cost: costOf(reading) };
}
