/**
 * What is known about the machine: registers of each CPU, facts that no register holds, who owns the tables; and for every
 * one of them where it came from. One object, whatever door the knowledge came in by: options, files, a dump's notes,
 * VMCOREINFO, pasted text, a convention that is implied, an assumption.
 *
 * Sources are asked in an order that the caller gives; the first that knows something is believed. What a later source
 * says of the same register is kept as overruled, so that nothing is dropped without a word.
 */
import type { Context } from '../text/context.ts';

/** Where a fact came from, weakest last. */
export type OriginKind = 'given' | 'file' | 'text' | 'note' | 'vmcoreinfo' | 'implied' | 'assumed';

export interface Origin {
  readonly kind: OriginKind;
  /** `--vtcr`, `vm.json`, `line 7`, `SYMBOL(swapper_pg_dir)`: the place within its kind. */
  readonly where: string;
}

export interface Known<T> {
  readonly value: T;
  readonly origin: Origin;
}

/** Registers by the names of `text/register-names.ts`. */
export type KnownRegisters = ReadonlyMap<string, Known<bigint>>;
/** `MAXPHYADDR`, `vendor`, `va bits`, `owner`… */
export type KnownFacts = ReadonlyMap<string, Known<bigint | string>>;

/** What one door lets in. */
export interface Source {
  /** One set for each CPU; one set counts for all. Empty: it says nothing of registers. */
  readonly cpus: readonly KnownRegisters[];
  readonly facts?: KnownFacts;
  /** What was not usable, each in a sentence that names it. */
  readonly remarks?: readonly string[];
}

/** Two sources that say different things of one register. */
export interface Overruled {
  readonly name: string;
  readonly believed: Known<bigint>;
  readonly not: Known<bigint>;
}

export interface Machine {
  /** At least one. */
  readonly cpus: readonly KnownRegisters[];
  readonly facts: KnownFacts;
  readonly overruled: readonly Overruled[];
  readonly remarks: readonly string[];
}

/** Nothing is known. */
export const NOTHING: Machine = { cpus: [new Map()], facts: new Map(), overruled: [], remarks: [] };

/** One machine of several sources, the most trusted first. */
export function machineFrom(sources: readonly Source[]): Machine {
  const count = Math.max(1, ...sources.map(({ cpus }) => cpus.length));
  const overruled: Overruled[] = [];
  const cpus = Array.from({ length: count }, (_, cpu) => {
    const known = new Map<string, Known<bigint>>();
    for (const source of sources) {
      const own = source.cpus.length === 1 ? source.cpus[0] : source.cpus[cpu];
      for (const [name, next] of own ?? []) {
        const before = known.get(name);
        if (before === undefined) known.set(name, next);
        else if (before.value !== next.value && !overruled.some(one => one.name === name))
          overruled.push({ name, believed: before, not: next });
      }
    }
    return known;
  });
  const facts = new Map<string, Known<bigint | string>>();
  for (const source of sources)
    for (const [name, fact] of source.facts ?? []) if (!facts.has(name)) facts.set(name, fact);
  return { cpus, facts, overruled, remarks: sources.flatMap(({ remarks = [] }) => remarks) };
}

/** The machine with one of its CPUs. @throws RangeError where it has no such CPU. */
export function ofCpu(machine: Machine, cpu: number): Machine {
  const own = machine.cpus[cpu];
  if (!own) throw new RangeError(`CPU ${cpu}: there are ${machine.cpus.length}`);
  return { ...machine, cpus: [own] };
}

/** A register set whose values all come from one place. */
export const knownFrom = (
  registers: Iterable<readonly [name: string, value: bigint]>,
  origin: Origin,
): KnownRegisters => new Map([...registers].map(([name, value]) => [name, { value, origin }] as const));

/** Values alone, as walks and settings want them. */
export const valuesOf = (registers: KnownRegisters): Context['registers'] =>
  new Map([...registers].map(([name, { value }]) => [name, value] as const));

/** Values alone of registers and facts, as a text's context has them. */
export const contextOf = ({ cpus: [first], facts }: Machine): Context => ({
  registers: valuesOf(first ?? new Map()),
  facts: new Map([...facts].map(([name, { value }]) => [name, value] as const)),
});

/** `given`, `vm.json`, `line 7`, `the dump’s notes`, `assumed`. */
export function originText({ kind, where }: Origin): string {
  switch (kind) {
    case 'given':
      return where === '' ? 'given' : where;
    case 'assumed':
      return where === '' ? 'assumed' : `assumed: ${where}`;
    case 'note':
      return where === '' ? 'the dump’s notes' : where;
    case 'vmcoreinfo':
      return where === '' ? 'VMCOREINFO' : `VMCOREINFO: ${where}`;
    case 'implied':
      return `implied by ${where}`;
    case 'file':
    case 'text':
      return where;
  }
}

/** What somebody should know before believing a machine, a sentence each. */
export const saidOf = ({ remarks, overruled }: Machine): readonly string[] => [
  ...remarks,
  // what somebody types is meant to be believed
  ...overruled
    .filter(({ believed }) => believed.origin.kind !== 'given')
    .map(
      ({ name, believed, not }) =>
        `${name}: 0x${believed.value.toString(16)} (${originText(believed.origin)}) is taken, not 0x${not.value.toString(16)} (${originText(not.origin)})`,
    ),
];
