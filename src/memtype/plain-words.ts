/** What a memory type means to somebody who has never met it: words that architectures share. */

export const CACHED = 'ordinary cached memory';
/** By cache policy. */
export const POLICY = {
  WB: CACHED,
  WT: 'memory cached for reads, written through',
  NC: 'uncached memory: accesses may be merged and speculative',
} as const;

/** Types and what they mean, the first that fits. */
export type PlainWords = readonly (readonly [type: RegExp, words: string])[];
export const wordsIn = (table: PlainWords, type: string): string | undefined =>
  table.find(([pattern]) => pattern.test(type))?.[1];
