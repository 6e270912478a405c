/** One address through every stage of a space, as one record. */

import type { AddressSpace } from '../image/address-space.ts';
import { frameAt } from '../image/frames.ts';
import type { Reason } from '../memtype/rule.ts';
import { both } from './effective.ts';
import type { LeafView } from './regime.ts';
import { type NestedTranslation, type Space, translateIn } from './space.ts';
import type { WalkerDenial } from './through.ts';
import type { Translation } from './translate.ts';

/** A stage's part: the translation, and what its leaf says after the tables above. */
export interface StageAnswer {
  readonly space: Space;
  readonly translation: Translation;
  readonly leaf?: LeafView;
}

export interface AddressAnswer {
  readonly space: Space;
  readonly input: bigint;
  readonly first: StageAnswer;
  /** Of a table that it hides from the walker, what it makes of that: `hidden` then says where it is denied. */
  readonly second?: StageAnswer;
  readonly hidden?: WalkerDenial;
  /** Where the last stage leads, bytes, and the smaller page of both stages; absent where a stage does not map. */
  readonly output?: bigint;
  readonly pageSize?: number;
  /** What every stage permits, and what one of them took away. */
  readonly perm?: string;
  readonly denied: readonly string[];
  /** The effective memory type; absent where registers for it are missing. */
  readonly effective?: { readonly type: string; readonly decidedBy: string; readonly certain: boolean };
  readonly why: readonly Reason[];
  /** Why there is no output: one sentence, with the stage. */
  readonly reason?: string;
}

const stageOf = (space: Space, translation: Translation): StageAnswer => {
  if (translation.outcome !== 'mapped') return { space, translation };
  const { leaf, level, inherited, regime } = translation;
  return { space, translation, leaf: regime.describe(leaf.reading, level, inherited) };
};

export function answerFor(space: Space, image: AddressSpace, input: bigint): AddressAnswer {
  const found: NestedTranslation = translateIn(space, image, input);
  const first = stageOf(space, found.first);
  const second = found.second && space.second ? stageOf(space.second, found.second) : undefined;
  const base = {
    space,
    input,
    first,
    ...(second ? { second } : {}),
    ...(found.denied ? { hidden: found.denied } : {}),
  };
  if (found.denied && found.first.outcome === 'hidden-by-second-stage')
    return { ...base, denied: [], why: [], reason: `stage 2: ${found.first.reason}` };
  const failed = [found.first, ...(found.second ? [found.second] : [])].find(
    ({ outcome }) => outcome !== 'mapped',
  );
  if (failed && failed.outcome !== 'mapped') {
    const stage = second ? 'stage 2: ' : space.second ? 'stage 1: ' : '';
    return { ...base, denied: [], why: [], reason: stage + failed.reason };
  }
  const own = first.leaf as LeafView;
  const { rights, denied } = second?.leaf
    ? both(own.rights, second.leaf.rights, second.translation.regime.executesByPage)
    : { rights: own.rights, denied: [] };
  const { rules, regime } = space.candidate;
  const leafOf = ({ translation }: StageAnswer) =>
    translation.outcome === 'mapped'
      ? { reading: translation.leaf.reading, level: translation.level, inherited: translation.inherited }
      : undefined;
  const leaf = leafOf(first);
  const view =
    rules && leaf
      ? rules.effective(leaf, second && leafOf(second), frameAt(found.output ?? 0n), 1)
      : undefined;
  return {
    ...base,
    ...(found.output === undefined ? {} : { output: found.output }),
    ...(found.pageSize === undefined ? {} : { pageSize: found.pageSize }),
    perm: regime.perm(rights),
    denied,
    ...(view ? { effective: { type: view.type, decidedBy: view.decidedBy, certain: view.certain } } : {}),
    why: view?.why ?? [],
  };
}
