/** Settings of families from `--set` and from what is known about the machine, and which register said what. */
import type { Family } from '../../bits/family.ts';
import type { Decided } from '../../machine/decided.ts';
import type { Machine } from '../../machine/machine.ts';
import type { Given } from '../../text/context.ts';
import type { Io } from '../io.ts';
import { givenFor, pairsOf } from '../names.ts';
import type { MachineArgs } from './machine.ts';

export interface Known {
  /** `--set` before what the machine says. */
  readonly given: (family: Family) => Given;
  /** What decided settings of a family, beside `--set`. */
  readonly by: (family: Family) => readonly Decided[];
  /** Absent where no option says anything of a machine. */
  readonly machine?: Machine;
}

/** The options that do. By name, so that their descriptions stay with the verbs, and the compiler sees one that is left out. */
const OF_MACHINE: Readonly<Record<keyof MachineArgs, true>> = {
  registers: true,
  cpu: true,
  vttbr: true,
  vtcr: true,
  hcr: true,
  ttbr0: true,
  ttbr1: true,
  tcr: true,
  mair: true,
  sctlr: true,
  el: true,
  cr3: true,
  cr0: true,
  cr4: true,
  efer: true,
  pat: true,
  eptp: true,
  ncr3: true,
  'guest-cr3': true,
  reg: true,
};

/** Does any option say something of the machine? Most words are read without, and load nothing for it. */
const says = (args: Partial<MachineArgs>): boolean =>
  Object.keys(OF_MACHINE).some(key => {
    const value = args[key as keyof MachineArgs];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  });

/**
 * @param among the families that `--set` may speak of
 * @throws UsageError, InputError for options and files that cannot be used
 */
export async function knownFor(
  verb: string,
  args: Partial<MachineArgs> & { readonly set: readonly string[] },
  among: readonly Family[],
  io: Io,
): Promise<Known> {
  const set = givenFor(pairsOf(args.set), among);
  if (!says(args)) return { given: set, by: () => [] };
  const { machineGiven } = await import('./machine.ts');
  const { saidOf } = await import('../../machine/machine.ts');
  const { settledBy } = await import('../../machine/settle.ts');
  const machine = await machineGiven({ ...args, reg: args.reg ?? [] } as MachineArgs, undefined, [], io);
  for (const text of saidOf(machine)) io.err.write(`memattr ${verb}: ${text}\n`);
  const made = new Map<Family, { given: Given; by: readonly Decided[] }>();
  const settled = (family: Family) => {
    let known = made.get(family);
    if (!known) {
      const own = set(family);
      const found = settledBy(family, machine, guessOf(family, args, own));
      // what --set says nobody else decided
      const by = found.by
        .map(one => ({ ...one, keys: one.keys.filter(key => !(key in own)) }))
        .filter(({ keys }) => keys.length > 0);
      known = { given: { ...found.given, ...own }, by };
      made.set(family, known);
    }
    return known;
  };
  return { given: family => settled(family).given, by: family => settled(family).by, machine };
}

/** `--el 2` beside `--tcr` speaks of EL2's registers, and so of its regime. */
function guessOf(family: Family, { el }: Partial<MachineArgs>, own: Given): object {
  if (!('regime' in family.settings) || 'regime' in own)
    return own.regime === undefined ? {} : { regime: own.regime };
  return el === '2' ? { regime: 'EL2' } : el === '3' ? { regime: 'EL3' } : {};
}
