/** Which tables a fault is to be held against: those of the stage and exception level that took it. */
import type { AddressSpace } from '../image/address-space.ts';
import type { Candidate } from '../walk/candidate.ts';
import type { Space } from '../walk/space.ts';
import { type Translation, translate } from '../walk/translate.ts';
import type { Claim, Controls } from './claim.ts';
import type { FaultRules } from './rules.ts';
import { type Explanation, explain } from './verdict.ts';

export interface Looked {
  /** The translation by name; where the address came from the first stage, both. */
  readonly root: string;
  readonly walk: Translation;
  /** The address that was looked up, where the hardware did not say it. */
  readonly input?: bigint;
  readonly explanation: Explanation;
}

/**
 * The fault in every space that can have caused it. Spaces that do not translate the address at all are left out, unless
 * there is no other.
 * @param el the exception level whose first stage it was, where the architecture has such
 */
export function lookUp(
  claim: Claim,
  spaces: readonly Space[],
  image: AddressSpace,
  el: number,
  rules: FaultRules,
): readonly Looked[] {
  // a second stage that no stage 1 goes through: stage 1 is off, and the address goes straight to it
  const behind = new Set(spaces.flatMap(({ second }) => (second ? [second.candidate.name] : [])));
  const straight = (space: Space): Claim =>
    space.candidate.regime.input !== 'va' &&
    claim.input === undefined &&
    claim.va !== undefined &&
    !behind.has(space.candidate.name)
      ? { ...claim, input: claim.va }
      : claim;
  const all = spaces.flatMap(space => lookIn(straight(space), space, image, el, rules) ?? []);
  const inside = all.filter(({ walk }) => walk.outcome !== 'outside');
  return inside.length > 0 ? inside : all.slice(0, 1);
}

function lookIn(
  claim: Claim,
  space: Space,
  image: AddressSpace,
  el: number,
  rules: FaultRules,
): Looked | undefined {
  const { candidate, memory, second } = space;
  const own = candidate.regime.input === 'va';
  if (claim.stage === 1) {
    if (!own || claim.input === undefined) return undefined;
    if (!rules.tookIt(candidate, el)) return undefined;
    const walk = translate(candidate.regime, memory, claim.input, claim.access === 'fetch');
    return { root: candidate.name, walk, explanation: explain(claim, walk, rules, controlsOf(candidate)) };
  }
  if (!own) {
    if (claim.input === undefined) return undefined;
    const walk = translate(candidate.regime, memory, claim.input);
    const { input } = claim;
    return {
      root: candidate.name,
      walk,
      input,
      explanation: explain(claim, walk, rules, controlsOf(candidate)),
    };
  }
  // the address at the second stage is not known: it comes from the guest’s own tables
  if (!second || claim.input !== undefined || claim.va === undefined) return undefined;
  const first = translate(candidate.regime, memory, claim.va, claim.access === 'fetch');
  const input = first.outcome === 'mapped' ? first.output : claim.onWalk ? tableOf(first) : undefined;
  if (input === undefined) return undefined;
  const walk = translate(second.candidate.regime, image, input);
  return {
    root: `${candidate.name}, then ${second.candidate.name}`,
    walk,
    input,
    explanation: explain(claim, walk, rules, controlsOf(second.candidate)),
  };
}

/** What a candidate was made from, by name. */
const controlsOf =
  ({ from }: Candidate): Controls =>
  name => {
    const text = from.find(part => part.startsWith(`${name}=`));
    return text === undefined ? undefined : BigInt(text.slice(name.length + 1));
  };

/** The table at which a walk ended because it could not be read. */
function tableOf(walk: Translation): bigint | undefined {
  const next = walk.steps.at(-1)?.reading.facts.next;
  if (walk.outcome !== 'missing') return undefined;
  return typeof next === 'bigint' ? next : BigInt(walk.regime.roots[0]?.address ?? 0);
}
