/**
 * What is known of the machine whose entries stand in a text: registers and facts that the text states, those of each
 * group of items apart (one CPU, one oops, one walk), and those that somebody gives beside the text.
 */
import type { ArchitectureId } from '../arch/architecture.ts';
import { architectureOf } from '../arch/names.ts';
import type { Context } from '../text/context.ts';
import { recogniserById } from '../text/formats/index.ts';
import type { Item } from '../text/model.ts';
import type { RegisterValues } from '../walk/candidate.ts';

/** What somebody knows beside the text. It holds for every item, and stands above what the text says of the same name. */
export interface Beside extends Partial<Context> {
  /** Who says it, as people are told: `--reg`, `registers.json`. */
  readonly from: string;
}

/** A register or fact with who gave it. */
export interface Known {
  readonly name: string;
  readonly value: bigint | string;
  /** `Beside.from`; absent where the text says it. */
  readonly from?: string;
  /** What the text says of it, where that is something else. */
  readonly overrules?: bigint | string;
}

/** Groups remembered: more would be no paste but a listing, whose groups do not come back. */
const MOST_GROUPS = 40_000;

type Values = Map<string, bigint>;
type Facts = Map<string, bigint | string>;
interface Said {
  readonly registers: Values;
  readonly facts: Facts;
}
const nothing = (): Said => ({ registers: new Map(), facts: new Map() });

/** Grows with the items of a text; later values replace earlier ones of the same name. */
export class Knowledge {
  readonly #beside: readonly Beside[];
  readonly #text = nothing();
  readonly #groups = new Map<number, Said>();
  readonly #tools = new Set<string>();

  constructor(beside: readonly Beside[] = []) {
    this.#beside = beside;
  }

  /** Every item of the text, in its order. */
  take(item: Item): void {
    this.#tools.add(item.from);
    if (item.is === 'register') {
      for (const { registers } of this.#of(item.group)) registers.set(item.name, item.value);
    } else if (item.is === 'fact' && item.doubtful === undefined)
      for (const { facts } of this.#of(item.group)) facts.set(item.name, item.value);
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

  /** What is known of an item: what stands beside the text first, then its group, then the text as a whole. */
  contextOf(group: number): Context {
    const own = this.#groups.get(group);
    return this.#under(own ? [this.#text, own] : [this.#text]);
  }

  /** The registers of each CPU that the text tells apart, or all that it states as those of one. */
  cpus(): readonly RegisterValues[] {
    const groups = [...this.#groups.values()].filter(({ registers }) => registers.size > 0);
    const cpus = groups.length > 0 ? groups : [this.#text];
    return cpus.map(said => this.#under([said]).registers);
  }

  /** Which architecture it is: by the registers, else by the tools that printed the text. */
  architecture(): ArchitectureId | undefined {
    const said = architectureOf(this.contextOf(0).registers);
    if (said !== undefined) return said;
    for (const tool of this.#tools) {
      const arch = recogniserById(tool)?.arch;
      if (arch !== undefined) return arch;
    }
    return undefined;
  }

  /** Every register and fact that holds for the text as a whole, with who gave it. */
  *all(): Generator<Known> {
    for (const key of ['registers', 'facts'] as const) {
      const text: ReadonlyMap<string, bigint | string> = this.#text[key];
      for (const [name, value] of this.contextOf(0)[key]) {
        const from = this.#beside.findLast(beside => beside[key]?.has(name))?.from;
        const said = text.get(name);
        yield {
          name,
          value,
          ...(from === undefined ? {} : { from }),
          ...(from === undefined || said === undefined || said === value ? {} : { overrules: said }),
        };
      }
    }
  }

  /** Together, later ones above earlier ones, and what stands beside the text above all. */
  #under(said: readonly Said[]): Context {
    const all: readonly Partial<Context>[] = [...said, ...this.#beside];
    const [only] = said;
    if (all.length === 1 && only) return only;
    return {
      registers: new Map(all.flatMap(({ registers = [] }) => [...registers])),
      facts: new Map(all.flatMap(({ facts = [] }) => [...facts])),
    };
  }
}
