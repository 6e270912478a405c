/** What a memory type of a leaf means to somebody who has never met it, in one line. */
import { CACHED, type PlainWords, POLICY, wordsIn } from '../../memtype/plain-words.ts';

const TYPES: PlainWords = [
  [/^WB, PAT ignored/, `${CACHED}, whatever the guest’s PAT says`],
  [/^UC/, 'uncached: every access, in order; device registers'],
  [/^WC/, 'uncached, writes merged: frame buffers'],
  [/^WT/, POLICY.WT],
  [/^WP/, 'memory cached for reads, writes go to memory'],
  [/^WB/, CACHED],
];

/** Of ordinary and nested paging; empty for types that have none. */
export const plainWords = (type: string): string => wordsIn(TYPES, type) ?? '';

/** Of EPT, which may leave it to the guest. */
export const stage2PlainWords = (type: string): string =>
  `${plainWords(type)}${type === 'WB' ? ', unless the guest’s PAT says otherwise' : ''}`;
