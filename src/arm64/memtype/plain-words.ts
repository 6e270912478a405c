/** What a memory type of a leaf means to somebody who has never met it, in one line. */
import { CACHED, type PlainWords, POLICY, wordsIn } from '../../memtype/plain-words.ts';

const TYPES: PlainWords = [
  [/^Normal WB forced/, `${CACHED}, whatever the guest asks for`],
  [/^stage 1 attributes/, 'as the guest asks: cached, uncached or device'],
  [/^Normal NC, or/, 'uncached memory, or the guest’s device type'],
  [/^Device-nGnRnE/, 'device registers: every access, in order, acknowledged by the device'],
  [/^Device-nGnRE/, 'device registers: every access, in order'],
  [/^Device-nGRE/, 'device memory: accesses may be reordered, not merged'],
  [/^Device-GRE/, 'device memory: accesses may be merged and reordered'],
];

/** `Normal WB RWA`, `Normal oWB iWB`, `Normal oNC iWB RWA`: by the outer and the inner policy. */
function normal(type: string): string | undefined {
  const [, both] = /^Normal (WB|WT|NC)/.exec(type) ?? [];
  const [, outer = both, inner = both] = /^Normal o(WB|WT|NC)\b.* i(WB|WT|NC)/.exec(type) ?? [];
  if (outer === undefined || inner === undefined) return undefined;
  return outer === inner
    ? POLICY[outer as keyof typeof POLICY]
    : `outer caches ${outer}, inner caches ${inner}`;
}

/** Of either stage; empty for types that have none. */
export const plainWords = (type: string): string => wordsIn(TYPES, type) ?? normal(type) ?? '';
