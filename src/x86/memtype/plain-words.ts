/** What a memory type of a leaf means to somebody who has never met it, in one line. */
import { CACHED, POLICY } from '../../memtype/plain-words.ts';
import type { PatType } from '../values/attributes.ts';
import type { Stage1Meaning, Stage2Meaning } from './meaning.ts';

const UNCACHED = 'uncached: every access, in order; device registers';
const TYPES: Readonly<Record<PatType, string>> = {
  UC: UNCACHED,
  'UC-': UNCACHED,
  WC: 'uncached, writes merged: frame buffers',
  WT: POLICY.WT,
  WP: 'memory cached for reads, writes go to memory',
  WB: CACHED,
};

/** Of ordinary and nested paging; empty where the PAT is not known or names no type. */
export const plainWords = (type: Stage1Meaning | undefined): string =>
  type === undefined || type === 'reserved' || type === 'unspecified' ? '' : TYPES[type];

/** Of EPT, which may leave it to the guest; empty where the entry is misconfigured. */
export function stage2PlainWords(leaf: Stage2Meaning): string {
  if (leaf.is === 'misconfigured') return '';
  if (leaf.type !== 'WB') return TYPES[leaf.type];
  return leaf.is === 'override'
    ? `${CACHED}, whatever the guest’s PAT says`
    : `${CACHED}, unless the guest’s PAT says otherwise`;
}
