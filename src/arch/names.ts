/** The names of every architecture: whose register, machine or format is this? Loads nothing but names. */
import { names as arm64 } from '../arm64/names.ts';
import type { RegisterValues } from '../walk/candidate.ts';
import { names as x86 } from '../x86/names.ts';
import type { ArchitectureId, FormatName, Names } from './architecture.ts';

export const architectureNames: readonly Names[] = [arm64, x86];

/** The descriptor families by name, in the order of `descriptors.ts`. */
export const formatNames: readonly FormatName[] = architectureNames.flatMap(({ formats }) => formats);

/** Which architecture the registers are of; undefined where their names say nothing. */
export function architectureOf(
  registers: RegisterValues,
  among: readonly Names[] = architectureNames,
): ArchitectureId | undefined {
  for (const name of registers.keys()) {
    const owner = among.find(({ owns }) => owns(name));
    if (owner) return owner.id;
  }
  return undefined;
}

/** Which architecture a dump is of, by what its header calls the machine. */
export const architectureOfMachine = (
  machine: string | undefined,
  among: readonly Names[] = architectureNames,
): ArchitectureId | undefined => among.find(({ machines }) => machines.includes(machine ?? ''))?.id;

/** The value that a register has by a name; for a name that is none, those that there are. */
export function registerPreset(register: string, name: string): bigint | readonly string[] {
  const known = Object.assign({}, ...architectureNames.map(({ presets }) => presets[register] ?? {}));
  return known[name.toLowerCase()] ?? Object.keys(known);
}

/** Registers of an architecture whose values follow from who owns the tables. */
export const impliedBy = (
  owner: string,
  architecture: ArchitectureId | undefined,
): readonly (readonly [name: string, value: bigint])[] =>
  Object.entries(architectureNames.find(({ id }) => id === architecture)?.implied[owner] ?? {});
