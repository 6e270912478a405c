/** What changes to live tables take on x86 [SDM, section "Invalidation of TLBs and Paging-Structure Caches"; APM, "TLB Management"]. */
import { sdm } from '../../refs.ts';
import {
  type LiveCase,
  type LiveChange,
  type LiveFacts,
  type LiveLeaf,
  type LiveRules,
  liveRule,
} from '../../walk/live.ts';

const CACHES = sdm('section "Caching Translation Information"');
const RECOMMENDED = sdm('section "Recommended Invalidation"');
const OPTIONAL = sdm('section "Optional Invalidation"');
const SIZES = sdm('section "Details of TLB Use"');
const TYPES = sdm('section "Programming the PAT"');

const rules: LiveRules['rules'] = {
  made: liveRule('nothing', OPTIONAL, 'an entry that is not present is not held in a TLB'),
  unmapped: liveRule(
    'invalidation',
    RECOMMENDED,
    'the old entry may be used until it is invalidated on every processor',
  ),
  size: liveRule('invalidation', SIZES, 'either page size may be used until the old entry is invalidated'),
  'output-address': liveRule(
    'invalidation',
    RECOMMENDED,
    'accesses may go to the old page until it is invalidated',
  ),
  'memory-type': liveRule(
    'invalidation',
    TYPES,
    'lines that are cached under the old type have to be written back or dropped, too',
  ),
  'global-set': liveRule('invalidation', RECOMMENDED, 'the old entry may be used until it is invalidated'),
  'global-cleared': liveRule(
    'invalidation',
    CACHES,
    'loading CR3 keeps the global entry: INVLPG, or CR4.PGE, drops it',
  ),
  key: liveRule('invalidation', RECOMMENDED, 'the old key may be used until it is invalidated'),
  'rights-reduced': liveRule(
    'invalidation',
    RECOMMENDED,
    'the old rights may be used until it is invalidated on every processor',
  ),
  'rights-widened': liveRule('nothing', OPTIONAL, 'an old entry gives a page fault at most, which drops it'),
  'flags-cleared': liveRule(
    'invalidation',
    RECOMMENDED,
    'the flag may not be set again while the old entry is held',
  ),
  'flags-set': liveRule('nothing', OPTIONAL, 'the processor sets them, or software may'),
  table: liveRule(
    'invalidation',
    RECOMMENDED,
    'paging-structure caches may still lead to the old table: it stays as it is until they are invalidated',
  ),
};

function facts({ view }: LiveLeaf): LiveFacts {
  const { a, d, g, pk } = view.fields;
  return {
    type: view.type,
    flags: { ...(a === undefined ? {} : { A: a === 1 }), ...(d === undefined ? {} : { D: d === 1 }) },
    ...(g === undefined ? {} : { global: g === 1 }),
    ...(pk === undefined ? {} : { key: Number(pk) }),
  };
}

/** Together with the size nothing else may change, unless the entry is taken away first. */
function decides(
  change: LiveChange,
  { before, after }: LiveCase,
): ReturnType<NonNullable<LiveRules['decides']>> {
  if (change !== 'size' || !before || !after) return undefined;
  const same =
    before.view.perm === after.view.perm && before.view.type === after.view.type && leadsTo(before, after);
  return same
    ? undefined
    : {
        needs: 'break-before-make',
        because: 'with the frame, the rights or other attributes it may change only by way of P = 0',
      };
}

/** Does the smaller page lie where the larger one leads? */
function leadsTo(one: LiveLeaf, other: LiveLeaf): boolean {
  const [small, large] = one.pageSize < other.pageSize ? [one, other] : [other, one];
  return (
    small.output >= large.output &&
    small.output + BigInt(small.pageSize) <= large.output + BigInt(large.pageSize)
  );
}

export const live: LiveRules = { id: 'x86', rules, facts, decides };
