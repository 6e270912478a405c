/**
 * Address spaces of one image: each regime that registers give, with the memory its tables are read from. A guest's own
 * tables are read through its second stage, and its output goes on through it.
 */
import type { AddressSpace } from '../image/address-space.ts';
import type { Candidate } from './candidate.ts';
import { halfOf } from './descent.ts';
import { Through, type WalkerDenial, walkerDenied } from './through.ts';
import { type Translation, translate } from './translate.ts';

export interface Space {
  readonly candidate: Candidate;
  /** Where the tables are read: the image, or the image seen through the second stage. */
  readonly memory: AddressSpace;
  /** What the output goes through. */
  readonly second?: Space;
}

/** One space per candidate, in the candidates' order. */
export function spacesOf(candidates: readonly Candidate[], image: AddressSpace): readonly Space[] {
  const made = new Map<string, Space>();
  const spaceOf = (candidate: Candidate): Space => {
    const known = made.get(candidate.name);
    if (known) return known;
    const through = candidates.find(({ name }) => name === candidate.through);
    const second = through && spaceOf(through);
    const space: Space = second
      ? { candidate, memory: new Through(second.candidate.regime, image), second }
      : { candidate, memory: image };
    made.set(candidate.name, space);
    return space;
  };
  return candidates.map(spaceOf);
}

/** One address through every stage of a space. */
export interface NestedTranslation {
  readonly space: Space;
  readonly first: Translation;
  /** Absent where the space has one stage, or the first stage ended the walk; of a table that it hides, that table's. */
  readonly second?: Translation;
  /** What denied the walker the table that it had to read next. */
  readonly denied?: WalkerDenial;
  /** The last stage's output, bytes, where every stage maps. */
  readonly output?: bigint;
  /** The smaller of both page sizes, bytes. */
  readonly pageSize?: number;
}

export function translateIn(space: Space, image: AddressSpace, input: bigint): NestedTranslation {
  const { candidate, memory, second: next } = space;
  const first = translate(candidate.regime, memory, input);
  if (first.outcome === 'hidden-by-second-stage' && next && first.table !== undefined) {
    const second = translate(next.candidate.regime, image, BigInt(first.table));
    const top = first.steps.length > 0 ? undefined : halfOf(candidate.regime);
    const denied = walkerDenied(second, top);
    return { space, first, second, ...(denied ? { denied } : {}) };
  }
  if (first.outcome !== 'mapped') return { space, first };
  if (!next) return { space, first, output: first.output, pageSize: first.pageSize };
  const second = translate(next.candidate.regime, image, first.output);
  if (second.outcome !== 'mapped') return { space, first, second };
  return { space, first, second, output: second.output, pageSize: Math.min(first.pageSize, second.pageSize) };
}
