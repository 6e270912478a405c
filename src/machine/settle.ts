/** What a machine says of the settings of one entry, and which register or fact says it. */
import { architectureIdOf } from '../arch/architecture.ts';
import { walksOf } from '../arch/walks.ts';
import type { Family } from '../bits/family.ts';
import type { Context, Given } from '../text/context.ts';
import type { RegimeGuess } from '../text/model.ts';
import type { Decided } from './decided.ts';
import { contextOf, type Known, type Machine } from './machine.ts';

export interface Settled {
  /** Settings of the family that follow from the machine. */
  readonly given: Given;
  /** One line for each register or fact that decided something. */
  readonly by: readonly Decided[];
}

/** Everything that follows for entries of a family, as far as its settings know it. */
function revealedTo(family: Family, context: Context, guess: Partial<RegimeGuess>, input?: bigint): Given {
  const regime = { ...guess, family: family.id };
  const entry = input === undefined ? { regime } : { regime, input };
  const all = walksOf(architectureIdOf(family.id)).revealed(entry, context);
  return Object.fromEntries(Object.entries(all).filter(([key]) => key in family.settings));
}

/**
 * @param guess what is known of the entry's regime beside the registers
 * @param input the address that it translates: which of two ranges
 */
export function settledBy(
  family: Family,
  machine: Machine,
  guess: Partial<RegimeGuess> = {},
  input?: bigint,
): Settled {
  const context = contextOf(machine);
  const given = revealedTo(family, context, guess, input);
  const known: readonly (readonly [string, Known<bigint | string>])[] = [
    ...(machine.cpus[0] ?? []),
    ...machine.facts,
  ];
  // what changes where one of them is taken away is what it decided
  const by = known.flatMap(([name, fact]): Decided[] => {
    const without = revealedTo(family, lacking(context, name), guess, input);
    const keys = Object.keys(given).filter(key => without[key] !== given[key]);
    return keys.length > 0 ? [{ name, known: fact, keys }] : [];
  });
  return { given, by };
}

const lacking = ({ registers, facts }: Context, name: string): Context => ({
  registers: new Map([...registers].filter(([key]) => key !== name)),
  facts: new Map([...facts].filter(([key]) => key !== name)),
});
