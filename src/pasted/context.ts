/**
 * What is known of the machine whose entries stand in a text: registers and facts that the text states, those of each
 * group of items apart (one CPU, one oops, one walk), under what is known of the machine beside the text.
 */
import type { ArchitectureId } from '../arch/architecture.ts';
import { architectureOf } from '../arch/names.ts';
import {
  contextOf,
  type Known,
  knownFrom,
  type Machine,
  machineFrom,
  NOTHING,
  type Origin,
  valuesOf,
} from '../machine/machine.ts';
import type { Context } from '../text/context.ts';
import { recogniserById } from '../text/formats/index.ts';
import type { Item } from '../text/model.ts';
import type { RegisterValues } from '../walk/candidate.ts';
import type { SaidRoot } from './pages.ts';
import { holdsRoot } from './registers.ts';

/** Roots remembered: each begins a tree of pages. */
const MOST_ROOTS = 64;

/** Above an address of a register that holds a root stands who owns it: an ASID, a VMID. */
const ROOT_BITS = 48;

/** Groups remembered: more would be no paste but a listing, whose groups do not come back. */
const MOST_GROUPS = 40_000;

interface Said {
  readonly registers: Map<string, bigint>;
  readonly facts: Map<string, bigint | string>;
}
const nothing = (): Said => ({ registers: new Map(), facts: new Map() });

const inText = (line?: number): Origin => ({ kind: 'text', where: line === undefined ? '' : `line ${line}` });

/** Grows with the items of a text; later values replace earlier ones of the same name. */
export class Knowledge {
  readonly #beside: Machine;
  /** Of its first CPU; undefined where nothing is known beside the text. */
  readonly #above: Context | undefined;
  readonly #text = nothing();
  /** Where the text says what it says as a whole. */
  readonly #lines = new Map<string, number>();
  readonly #groups = new Map<number, Said>();
  readonly #tools = new Set<string>();
  readonly #roots = new Set<bigint>();

  /** @param beside what is known beside the text; it stands above what the text says of the same name */
  constructor(beside: Machine = NOTHING) {
    this.#beside = beside;
    const says = beside.facts.size > 0 || beside.cpus.some(({ size }) => size > 0);
    this.#above = says ? contextOf(beside) : undefined;
  }

  /** Every item of the text, in its order. */
  take(item: Item): void {
    this.#tools.add(item.from);
    if (item.is === 'entry') this.#ownedBy(item);
    if (item.is === 'register') {
      for (const { registers } of this.#of(item.group)) registers.set(item.name, item.value);
      this.#lines.set(item.name, item.line);
    } else if (item.is === 'fact' && item.doubtful === undefined) {
      for (const { facts } of this.#of(item.group)) facts.set(item.name, item.value);
      if (item.name === 'root' && typeof item.value === 'bigint' && this.#roots.size < MOST_ROOTS)
        this.#roots.add(item.value);
      this.#lines.set(item.name, item.line);
    }
  }

  /** Who alone has tables of which such a text speaks; what the text says of it stands above. */
  #ownedBy({ from, group, line }: Item): void {
    const owner = recogniserById(from)?.owner;
    if (owner === undefined) return;
    const said = this.#of(group).at(-1) as Said;
    if (said.facts.has('owner')) return;
    said.facts.set('owner', owner);
    if (group === 0) this.#lines.set('owner', line);
  }

  /** The text as a whole, and the group. */
  #of(number: number): readonly Said[] {
    if (number === 0) return [this.#text];
    const there = this.#groups.get(number);
    if (there) return [this.#text, there];
    if (this.#groups.size > MOST_GROUPS) this.#groups.clear();
    const group = nothing();
    this.#groups.set(number, group);
    return [this.#text, group];
  }

  /**
   * What is known of an item: what stands beside the text first (of several CPUs the first), then the item's group, then the
   * text as a whole.
   */
  contextOf(group: number): Context {
    const own = this.#groups.get(group);
    const all = [this.#text, ...(own ? [own] : []), ...(this.#above ? [this.#above] : [])];
    if (all.length === 1) return this.#text;
    return {
      registers: new Map(all.flatMap(({ registers }) => [...registers])),
      facts: new Map(all.flatMap(({ facts }) => [...facts])),
    };
  }

  /** The registers of each CPU that the text tells apart, or all that it states as those of one. */
  cpus(): readonly RegisterValues[] {
    const groups = [...this.#groups.values()].filter(({ registers }) => registers.size > 0);
    const cpus = (groups.length > 0 ? groups : [this.#text]).map(({ registers }) => registers);
    if (this.#above === undefined) return cpus;
    const text = { cpus: cpus.map(registers => knownFrom(registers, inText())) };
    return machineFrom([this.#beside, text]).cpus.map(valuesOf);
  }

  /** Which architecture it is: by the registers, else by the tools that printed the text. */
  architecture(): ArchitectureId | undefined {
    const { registers, facts } = this.contextOf(0);
    const said = architectureOf(registers) ?? facts.get('arch');
    if (typeof said === 'string') return said;
    for (const tool of this.#tools) {
      const arch = recogniserById(tool)?.arch;
      if (arch !== undefined) return arch;
    }
    const stated = this.#text.facts.get('arch');
    return typeof stated === 'string' ? stated : undefined;
  }

  /** Where tables begin, as the text says it or as registers hold it, in the order of the addresses. */
  roots(): readonly SaidRoot[] {
    const { registers, facts } = this.contextOf(0);
    const number = (name: string): number | undefined => {
      const value = facts.get(name);
      return typeof value === 'bigint' ? Number(value) : undefined;
    };
    const [level, levels] = [number('start level'), number('levels')];
    const said = [...this.#roots].map(at => ({
      at,
      ...(level === undefined ? {} : { level }),
      ...(levels === undefined ? {} : { levels }),
    }));
    const held = [...registers].filter(([name]) => holdsRoot(name));
    return [...said, ...held.map(([, value]) => ({ at: BigInt.asUintN(ROOT_BITS, value) }))].sort((a, b) =>
      a.at < b.at ? -1 : a.at > b.at ? 1 : 0,
    );
  }

  /** The machine by the text as a whole and what stands beside it: who said what, and what was not believed. */
  machine(): Machine {
    const located = <T>(said: ReadonlyMap<string, T>): ReadonlyMap<string, Known<T>> =>
      new Map([...said].map(([name, value]) => [name, { value, origin: inText(this.#lines.get(name)) }]));
    const { registers, facts } = this.#text;
    return machineFrom([this.#beside, { cpus: [located(registers)], facts: located(facts) }]);
  }
}
