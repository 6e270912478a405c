/** What a memory type means to somebody who has never met it: words that architectures share. */

export const CACHED = 'ordinary cached memory';
/** By cache policy. */
export const POLICY = {
  WB: CACHED,
  WT: 'memory cached for reads, written through',
  NC: 'uncached memory: accesses may be merged and speculative',
} as const;
