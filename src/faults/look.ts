/** Which tables a fault is to be held against: those of the stage and exception level that took it. */
import type { AddressSpace } from '../image/address-space.ts';
import type { Space } from '../walk/space.ts';
import { type Translation, translate } from '../walk/translate.ts';
import type { Claim } from './claim.ts';
import { type Explanation, explain } from './verdict.ts';

export interface Looked {
  /** The translation by name; where the address came from the first stage, both. */
  readonly root: string;
  readonly walk: Translation;
  /** The address that was looked up, where the hardware did not say it. */
  readonly input?: bigint;
  readonly explanation: Explanation;
}

/** `el1.ttbr0`: the exception level whose tables these are. */
const levelOf = ({ candidate: { name } }: Space): number => Number(/(?:^|\.)el(\d)/.exec(name)?.[1] ?? 0);

/**
 * The fault in every space that can have caused it. Spaces that do not translate the address at all are left out, unless
 * there is no other.
 * @param el arm64: the exception level whose stage 1 it was
 */
export function lookUp(
  claim: Claim,
  spaces: readonly Space[],
  image: AddressSpace,
  el: number,
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
  const all = spaces.flatMap(space => lookIn(straight(space), space, image, el) ?? []);
  const inside = all.filter(({ walk }) => walk.outcome !== 'outside');
  return inside.length > 0 ? inside : all.slice(0, 1);
}

function lookIn(claim: Claim, space: Space, image: AddressSpace, el: number): Looked | undefined {
  const { candidate, memory, second } = space;
  const own = candidate.regime.input === 'va';
  if (claim.stage === 1) {
    if (!own || claim.input === undefined) return undefined;
    if (claim.architecture === 'arm64' && levelOf(space) !== el) return undefined;
    const walk = translate(candidate.regime, memory, claim.input);
    return { root: candidate.name, walk, explanation: explain(claim, walk, candidate) };
  }
  if (!own) {
    if (claim.input === undefined) return undefined;
    const walk = translate(candidate.regime, memory, claim.input);
    const { input } = claim;
    return { root: candidate.name, walk, input, explanation: explain(claim, walk, candidate) };
  }
  // the address at the second stage is not known: it comes from the guest’s own tables
  if (!second || claim.input !== undefined || claim.va === undefined) return undefined;
  const first = translate(candidate.regime, memory, claim.va);
  const input = first.outcome === 'mapped' ? first.output : claim.onWalk ? tableOf(first) : undefined;
  if (input === undefined) return undefined;
  const walk = translate(second.candidate.regime, image, input);
  return {
    root: `${candidate.name}, then ${second.candidate.name}`,
    walk,
    input,
    explanation: explain(claim, walk, second.candidate),
  };
}

/** The table at which a walk ended because it could not be read. */
function tableOf(walk: Translation): bigint | undefined {
  const next = walk.steps.at(-1)?.reading.facts.next;
  if (walk.outcome !== 'missing') return undefined;
  return typeof next === 'bigint' ? next : BigInt(walk.regime.roots[0]?.address ?? 0);
}
