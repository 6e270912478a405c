/** Entries of which a text does not tell what they are: which family they are of, together, and at which levels. */
import type { Family } from '../bits/family.ts';
import { type LevelOfAll, levelOfAll, sampleOf } from '../bits/together.ts';
import type { Given } from '../text/context.ts';
import type { Entry } from '../text/model.ts';
import { costOfAll } from './doubt.ts';
import { type Pages, pagesOf, type SaidRoot } from './pages.ts';

type Open = Pick<Entry, 'at' | 'word' | 'width' | 'level'>;

/** Entries by which a family is chosen that have an address, and different words that have none. */
const TELLING = { placed: 2048, words: 200 } as const;

/** Entries under one family. */
export interface Tried {
  readonly family: Family;
  /** What the text, the registers and the one who asks say of the family's settings. */
  readonly settings: Given;
  /** Those that have an address, where a walk reads the family. */
  readonly pages?: Pages<Open>;
  /** One level for all others. */
  readonly level: LevelOfAll;
  /** What stays unexplained. */
  readonly cost: number;
  /** Words that would be nothing. */
  readonly nothing: number;
}

/** Entries under the family that was chosen. */
export interface Structure extends Tried {
  /** The other families under which every word is something, the likeliest first. */
  readonly others: readonly Tried[];
}

/** How entries read under a family. */
export function structureOf(
  family: Family,
  entries: readonly Open[],
  settings: Given,
  roots: readonly SaidRoot[],
): Tried {
  const pages = pagesOf(family, entries, settings, roots);
  const words = entries
    .filter(entry => pages?.tableOf.has(entry) !== true && entry.level?.number === undefined)
    .map(({ word }) => word);
  const level = levelOfAll(family, words, settings);
  const sample = [
    ...sampleOf(
      entries.filter(entry => pages?.tableOf.has(entry) !== true).map(({ word }) => word),
      TELLING.words,
    ),
  ].filter(([word]) => word !== 0n);
  const listed = sample.reduce((sum, [word, count]) => sum + count * costOfAll(family, [word], settings), 0);
  const nothing = (pages?.nothing ?? 0) + level.left;
  return { family, settings, ...(pages ? { pages } : {}), level, cost: (pages?.cost ?? 0) + listed, nothing };
}

/** Enough of the entries to choose a family by, the same in any order: the lowest pages, and some of the other words. */
export function telling<E extends Open>(entries: readonly E[]): readonly E[] {
  if (entries.length <= TELLING.placed) return entries;
  const sorted = entries
    .filter(({ at, word }) => at !== undefined && word !== 0n)
    .sort((a, b) => ((a.at ?? 0n) < (b.at ?? 0n) ? -1 : 1));
  const bare = entries.filter(({ at }) => at === undefined);
  const words = sampleOf(
    bare.map(({ word }) => word),
    TELLING.words,
  );
  return [
    ...sorted.slice(0, TELLING.placed),
    ...bare.filter(({ word }) => words.has(word)).slice(0, TELLING.placed),
  ];
}

/**
 * The family that explains the entries best; of those that the registers speak of, if there are any under which the
 * words are something.
 */
export function likeliestOf(tried: readonly Tried[], isSpokenOf: (family: Family) => boolean): Tried {
  const spoken = tried.filter(({ family, nothing }) => nothing === 0 && isSpokenOf(family));
  const [first, ...others] = spoken.length > 0 ? spoken : tried;
  return others.reduce((best, one) => (one.cost < best.cost ? one : best), first as Tried);
}
