/** What changes to live tables take: an SFENCE.VMA, where an old entry must not be used any more ["Supervisor Memory-Management Fence Instruction"]. */
import type { LiveFacts, LiveLeaf, LiveRule, LiveRules, Needs } from '../../../../src/walk/live.ts';
import { priv } from '../refs.ts';

const FENCE = priv('section "Supervisor Memory-Management Fence Instruction"');
const rule = (needs: Needs, means: string): LiveRule => ({ needs, ref: FENCE, means });

const rules: LiveRules['rules'] = {
  made: rule('invalidation', 'an implementation may hold entries that are not valid'),
  unmapped: rule('invalidation', 'the old entry may be used until SFENCE.VMA'),
  size: rule('invalidation', 'either size may be used until SFENCE.VMA'),
  'output-address': rule('invalidation', 'the old page may be used until SFENCE.VMA'),
  'memory-type': rule('invalidation', 'the old type may be used until SFENCE.VMA'),
  'global-set': rule('invalidation', 'the old entry may be used until SFENCE.VMA'),
  'global-cleared': rule('invalidation', 'SFENCE.VMA without an ASID drops the global entry'),
  'rights-reduced': rule('invalidation', 'the old rights may be used until SFENCE.VMA'),
  'rights-widened': rule('nothing', 'an old entry gives a page fault at most'),
  'flags-cleared': rule('invalidation', 'the flag may not be set again while the old entry is held'),
  'flags-set': rule('nothing', 'hardware or the fault handler sets them'),
  table: rule('invalidation', 'walks may still read the old table until SFENCE.VMA'),
};

function facts({ view }: LiveLeaf): LiveFacts {
  const { a, d, g } = view.fields;
  return {
    type: view.type,
    flags: { A: a === 1, D: d === 1 },
    ...(g === undefined ? {} : { global: g === 1 }),
  };
}

export const live: LiveRules = { id: 'riscv', rules, facts };
