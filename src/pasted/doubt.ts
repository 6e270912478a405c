/** What words most likely are, and whether they are what they were taken for. */
import { type ArchitectureId, architectureIdOf } from '../arch/architecture.ts';
import { descriptors } from '../arch/descriptors.ts';
import type { Family } from '../bits/family.ts';
import { candidates } from '../bits/rank.ts';
import type { Given } from '../text/context.ts';
import type { EntryReading } from './entry.ts';

/** Descriptors of one architecture, or all. */
export const descriptorsOf = (architecture: ArchitectureId | undefined): readonly Family[] =>
  architecture === undefined
    ? descriptors
    : descriptors.filter(({ id }) => architectureIdOf(id) === architecture);

/** What a family leaves unexplained in these words, each at its best level. */
export const costOfAll = (family: Family, words: readonly bigint[], given: Given = {}): number =>
  words.reduce((sum, word) => sum + (candidates(family, word, given)[0]?.cost ?? 0), 0);

/** The descriptor family that explains the words best, together. Zero says nothing: it is an empty entry everywhere. */
export function likeliest(
  words: readonly bigint[],
  given: (family: Family) => Given = () => ({}),
  among: readonly Family[] = descriptors,
): Family {
  const telling = words.filter(word => word !== 0n);
  const costs = among.map(family => costOfAll(family, telling, given(family)));
  return among[costs.indexOf(Math.min(...costs))] as Family;
}

/** Words that a doubt is based on at most. */
const DOUBT_SAMPLE = 200;

/** Entries that look like something else. */
export interface Doubt {
  /** What they were read as, and what explains them better. */
  readonly family: Family;
  readonly better: Family;
  /** How many of how many words are errors under `family`. */
  readonly wrong: number;
  readonly of: number;
}

/**
 * Are these of another format? Where at least half of the telling words are errors under their family, and another family
 * explains the same words with a quarter of the trouble. Undefined where there is no reason to doubt.
 *
 * @param readings all of one family
 */
export function doubt(readings: readonly EntryReading[]): Doubt | undefined {
  const telling = readings.filter(({ reading }) => reading.raw !== 0n).slice(0, DOUBT_SAMPLE);
  const wrong = telling.filter(({ reading }) =>
    reading.findings.some(({ severity }) => severity === 'error'),
  );
  const [first] = telling;
  if (!first || wrong.length * 2 < telling.length) return undefined;
  const words = telling.map(({ reading }) => reading.raw);
  const better = likeliest(words);
  if (better.id === first.family.id) return undefined; // by id: verbs are bundled apart
  const own = telling.reduce((sum, one) => sum + one.cost, 0);
  if (costOfAll(better, words) * 4 >= own) return undefined;
  return { family: first.family, better, wrong: wrong.length, of: telling.length };
}

/** The first family of whose readings there is a doubt. */
export function doubtAmong(readings: readonly EntryReading[]): Doubt | undefined {
  for (const id of new Set(readings.map(({ family }) => family.id))) {
    const found = doubt(readings.filter(({ family }) => family.id === id));
    if (found) return found;
  }
  return undefined;
}

// ------------------------------------------------------------------------------------------------ assumptions

/** Settings of a family that nobody gave, as they were taken. */
export interface AssumedSettings {
  readonly family: Family;
  /** Those that matter most; `undefined`: levels that differ, as tables or words fit. */
  readonly settings: Readonly<Record<string, string | number | bigint | undefined>>;
}

/** The settings that change most of what an entry says. */
const WEIGHTY = [
  'regime',
  'mode',
  'granule',
  'level',
  'ds',
  'fwb',
  'maxphyaddr',
  'mair',
  'pat',
  'oaBits',
] as const;

/** What had to be assumed of each family: settings that not every reading was given. */
export function assumedSettings(readings: readonly EntryReading[]): AssumedSettings[] {
  const families = new Map(readings.map(reading => [reading.family.id, reading.family]));
  return [...families.values()].flatMap(family => {
    const own = readings.filter(one => one.family.id === family.id);
    const [first] = own;
    if (!first) return [];
    const keys = WEIGHTY.filter(key => key in first.settings && own.some(({ given }) => !(key in given)));
    if (keys.length === 0) return [];
    const levels = new Set(own.map(({ settings: { level } }) => level));
    const settings = keys.map(key => [
      key,
      key === 'level' && levels.size > 1 ? undefined : first.settings[key],
    ]);
    return [{ family, settings: Object.fromEntries(settings) }];
  });
}
