/**
 * Two moments of one live tree: what each change of a translation took. Processors hold copies of entries in TLBs, so a change
 * may need an invalidation, or the old entry to be taken away before the new one is written (break-before-make). What changed is
 * found here, what it takes is the architecture's to say.
 *
 * Two dumps show two moments and not what lay between them: that a break was made is not seen, only that one was needed.
 */
import type { Ref } from '../bits/spec.ts';
import type { RegisterValues } from './candidate.ts';
import type { LeafView, Regime, Rights } from './regime.ts';
import type { Step, Translation } from './translate.ts';

/** What a change takes, the strictest first. */
export const NEEDS = ['break-before-make', 'invalidation', 'nothing'] as const;
export type Needs = (typeof NEEDS)[number];

/** What can change of a translation. */
export const LIVE_CHANGES = [
  'made',
  'unmapped',
  'size',
  'contiguous',
  'output-address',
  'memory-type',
  'shareability',
  'global-set',
  'global-cleared',
  'key',
  'rights-reduced',
  'rights-widened',
  'flags-cleared',
  'flags-set',
  'table',
] as const;
export type LiveChange = (typeof LIVE_CHANGES)[number];

/** A leaf at one moment. */
export interface LiveLeaf {
  readonly step: Step;
  readonly view: LeafView;
  /** Bytes that it maps, and the output address of its first byte. */
  readonly pageSize: number;
  readonly output: bigint;
}

/** What an architecture reads of a leaf beside its rights. Absent: there is no such thing. */
export interface LiveFacts {
  /** Equal where no translation that was cached must be taken away for it: a type as far as aliases must agree on it. */
  readonly type: string;
  readonly shareability?: number;
  readonly contiguous?: boolean;
  readonly global?: boolean;
  /** A protection key. */
  readonly key?: number;
  /** Flags that hardware sets: accessed, dirty. */
  readonly flags: Readonly<Record<string, boolean>>;
}

export interface LiveVerdict {
  /** `live-size`: `memattr explain` tells what it is. */
  readonly id: string;
  readonly needs: Needs;
  /** One sentence, with the values. */
  readonly says: string;
  readonly ref: Ref;
}

/** The rule of one change, as it is in general. */
export interface LiveRule {
  readonly means: string;
  readonly needs: Needs;
  readonly ref: Ref;
}

export const liveRule = (needs: Needs, ref: Ref, means: string): LiveRule => ({ needs, ref, means });

export interface LiveCase {
  readonly regime: Regime;
  readonly before?: LiveLeaf;
  readonly after?: LiveLeaf;
  readonly registers: RegisterValues;
}

/** What an architecture knows of changes to live tables. */
export interface LiveRules {
  /** Id of the architecture. */
  readonly id: string;
  readonly rules: Readonly<Partial<Record<LiveChange, LiveRule>>>;
  facts(leaf: LiveLeaf, regime: Regime): LiveFacts;
  /** What a rule takes in this case, where that is not what it takes in general, and why. */
  decides?(change: LiveChange, at: LiveCase): { readonly needs: Needs; readonly because: string } | undefined;
}

const leafOf = (walk: Translation): LiveLeaf | undefined =>
  walk.outcome === 'mapped'
    ? {
        step: walk.leaf,
        view: walk.regime.describe(walk.leaf.reading, walk.leaf.level, walk.inherited),
        pageSize: walk.pageSize,
        output: walk.output - (walk.output % BigInt(walk.pageSize)),
      }
    : undefined;

/** Rights that one has and the other has not: `EL1 w`. */
function lost(from: Rights, to: Rights): readonly string[] {
  return Object.entries(from).flatMap(([who, { r, w, x }]) => {
    const now = to[who];
    const gone = `${r && !now?.r ? 'r' : ''}${w && !now?.w ? 'w' : ''}${x && !now?.x ? 'x' : ''}`;
    return gone === '' ? [] : [`${who} ${gone}`];
  });
}

type Said = Partial<Record<LiveChange, string>>;
const moved = (one: unknown, other: unknown): string => `${one} -> ${other}`;

/** What differs between two leaves, by what changed. */
function betweenLeaves(
  before: LiveLeaf,
  after: LiveLeaf,
  [one, other]: readonly [LiveFacts, LiveFacts],
): Said {
  const said: Said = {};
  if (before.pageSize !== after.pageSize)
    said.size = moved(`level ${before.step.name}`, `level ${after.step.name}`);
  if (one.contiguous !== undefined && one.contiguous !== other.contiguous)
    said.contiguous = moved(one.contiguous ? 1 : 0, other.contiguous ? 1 : 0);
  if (one.type !== other.type) said['memory-type'] = moved(one.type, other.type);
  if (one.shareability !== other.shareability)
    said.shareability = moved(one.shareability, other.shareability);
  if (one.global !== other.global)
    said[other.global ? 'global-set' : 'global-cleared'] = moved(one.global ? 1 : 0, other.global ? 1 : 0);
  if (one.key !== other.key) said.key = moved(one.key, other.key);
  const reduced = lost(before.view.rights, after.view.rights);
  if (reduced.length > 0) said['rights-reduced'] = reduced.join(', ');
  const widened = lost(after.view.rights, before.view.rights);
  if (widened.length > 0) said['rights-widened'] = widened.join(', ');
  const names = Object.keys(one.flags);
  const cleared = names.filter(name => one.flags[name] && !other.flags[name]);
  if (cleared.length > 0) said['flags-cleared'] = cleared.join(', ');
  const set = names.filter(name => !one.flags[name] && other.flags[name]);
  if (set.length > 0) said['flags-set'] = set.join(', ');
  return said;
}

/** Is the same input led elsewhere? Blocks of different sizes may lead to the same place. */
const outputOf = (walk: Translation): bigint | undefined =>
  walk.outcome === 'mapped' ? walk.output : undefined;

/** Tables on the way that stand elsewhere now. */
function otherTable(before: Translation, after: Translation): string | undefined {
  const i = before.steps.findIndex(
    (step, n) => after.steps[n] !== undefined && step.at !== after.steps[n]?.at,
  );
  if (i < 0) return undefined;
  const [one, other] = [before.steps[i], after.steps[i]] as const;
  return one && other
    ? moved(`level ${one.name} table of 0x${one.at.toString(16)}`, `0x${other.at.toString(16)}`)
    : undefined;
}

/** What the change of one translation took, the strictest first; nothing where nothing changed that hardware reads. */
export function liveVerdicts(
  before: Translation,
  after: Translation,
  { rules, facts, decides }: LiveRules,
  registers: RegisterValues,
): readonly LiveVerdict[] {
  const [one, other] = [leafOf(before), leafOf(after)];
  const { regime } = after;
  const said: Said = {};
  if (one && other) {
    Object.assign(said, betweenLeaves(one, other, [facts(one, before.regime), facts(other, regime)]));
    const [from, to] = [outputOf(before), outputOf(after)];
    if (from !== to) said['output-address'] = moved(`0x${from?.toString(16)}`, `0x${to?.toString(16)}`);
    const table = said.size === undefined ? otherTable(before, after) : undefined;
    if (table !== undefined) said.table = table;
  } else if (other) said.made = `level ${other.step.name}`;
  else if (one) said.unmapped = `level ${one.step.name}`;
  const at: LiveCase = {
    regime,
    ...(one ? { before: one } : {}),
    ...(other ? { after: other } : {}),
    registers,
  };
  return LIVE_CHANGES.flatMap((change): LiveVerdict[] => {
    const [rule, values] = [rules[change], said[change]];
    if (!rule || values === undefined) return [];
    const own = decides?.(change, at);
    const says = `${values}: ${rule.means}${own ? `; ${own.because}` : ''}`;
    return [{ id: `live-${change}`, needs: own?.needs ?? rule.needs, says, ref: rule.ref }];
  }).sort((a, b) => NEEDS.indexOf(a.needs) - NEEDS.indexOf(b.needs));
}
