/**
 * Words that stand together: entries of one table, most of the time, and so of one level. What is said of them comes from
 * all of them, and is the same in whatever order they come.
 */
import type { Family, Reading } from './family.ts';
import { costOf } from './rank.ts';
import { type Settings, type SettingTable, settle } from './settings.ts';
import type { Word } from './word.ts';

type Given = Partial<Settings<SettingTable>>;

/** Different words that a level is chosen by. */
const MOST = 4096;
/** What a word costs that is of another kind than was asked for: as much as an error. */
const ANOTHER_KIND = 1000;

/**
 * Different words, and how often each of them is there. Of more than `most` those whose scrambled values are the smallest:
 * chosen as if by lot, and the same in any order.
 */
export function sampleOf(words: Iterable<Word>, most: number): ReadonlyMap<Word, number> {
  const counts = new Map<Word, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  if (counts.size <= most) return counts;
  // an odd factor: no two words of 64 bits scramble to one
  const lots = [...counts].map(
    ([word, count]) => [BigInt.asUintN(64, word * 0x9e37_79b9_7f4a_7c15n), word, count] as const,
  );
  lots.sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(lots.slice(0, most).map(([, word, count]) => [word, count]));
}

/** One level for all words, and why it is not the default. */
export interface LevelOfAll {
  /** `{ level: 2 }`; empty where it is the default, or was given. */
  readonly chosen: Given;
  /** What it would be otherwise. */
  readonly usual: number | undefined;
  /** How many of how many words would be nothing there. */
  readonly nothing: number;
  readonly of: number;
  /** How many are nothing at the chosen level all the same. */
  readonly left: number;
}

/** Nobody gave a level, and the family has levels. */
export const levelIsOpen = (family: Family, given: Given): boolean =>
  family.settings.level !== undefined && !('level' in given);

/** The levels worth trying beside the default; none where the level is given or the family has none. */
function otherLevels(family: Family, given: Given): readonly number[] {
  if (!levelIsOpen(family, given)) return [];
  const usual = family.settings.level?.default;
  const all = family.variants().flatMap(({ settings: { level } }) => (level === undefined ? [] : [level]));
  return [...new Set(all.map(Number))].filter(level => level !== usual).sort((a, b) => b - a);
}

/** Is a word nothing: does it look like an entry, and is none? */
export const isNothing = ({ kind, findings }: Reading): boolean =>
  kind === 'invalid' && findings.some(({ severity }) => severity === 'error');

/**
 * The level of a list of words. The default wherever every word is something there; else the one at which least remains
 * unexplained, all words together. No other setting is bent to make a word look right.
 *
 * @param kind what they were asked for as: a word of another kind is as good as nothing
 */
export function levelOfAll(family: Family, words: Iterable<Word>, given: Given, kind?: string): LevelOfAll {
  const sample = [...sampleOf(words, MOST)];
  const of = sample.reduce((sum, [, count]) => sum + count, 0);
  const usual = family.settings.level === undefined ? undefined : Number(family.settings.level.default);
  const another = (reading: Reading): boolean => kind !== undefined && reading.kind !== kind;
  const under = (chosen: Given) => {
    const settings = settle(family.settings, { ...given, ...chosen });
    const readings = sample.map(([word, count]) => ({ reading: family.read(word, settings), count }));
    const nothing = readings.reduce(
      (sum, { reading, count }) =>
        (kind === undefined ? isNothing(reading) : another(reading)) ? sum + count : sum,
      0,
    );
    return { chosen, readings, nothing };
  };
  const cost = ({ readings }: ReturnType<typeof under>): number =>
    readings.reduce(
      (sum, { reading, count }) => sum + count * (costOf(reading) + (another(reading) ? ANOTHER_KIND : 0)),
      0,
    );
  const byDefault = under({});
  let best = byDefault;
  if (byDefault.nothing > 0)
    for (const level of otherLevels(family, given)) {
      const other = under({ level });
      if (other.nothing < byDefault.nothing && cost(other) < cost(best)) best = other;
    }
  return { chosen: best.chosen, usual, nothing: byDefault.nothing, of, left: best.nothing };
}
