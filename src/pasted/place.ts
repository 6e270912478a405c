/**
 * Entries by the place where they stand: a debugger prints words at addresses, and the registers in the same text say
 * which tables lie there.
 */
import { architectureOf } from '../arch/names.ts';
import { walksOf } from '../arch/walks.ts';
import { settle } from '../bits/settings.ts';
import { addressOf, type Frame, frameAt } from '../image/frames.ts';
import type { Context } from '../text/context.ts';
import type { Entry, RegimeGuess } from '../text/model.ts';
import type { Candidate, RegisterValues } from '../walk/candidate.ts';
import type { Regime, Root } from '../walk/regime.ts';
import { type Among, familyOf, OURS, revealed } from './entry.ts';

/** Whose table an entry stands in. */
export interface Placed {
  readonly regime: RegimeGuess;
  /** The manual's number. */
  readonly level: number;
  /** First address that the root translates: decides between the two ranges of arm64 stage 1. */
  readonly input: bigint;
  /** The registers of the CPU whose root it is. */
  readonly registers: RegisterValues;
  /** `stage2`, `el1.ttbr1`, `paging`. */
  readonly root: string;
}

type Plain = Pick<Entry, 'at' | 'atSpace' | 'word' | 'width'>;

/** Table pages reached from one root; more would be no paste. */
const MOST_PAGES = 100_000;

/**
 * Entries that stand in tables which the registers point to: from each root down, as far as the tables themselves were
 * printed. Tables behind a second stage are left alone: their addresses are not physical. An entry that two roots reach
 * belongs to the first.
 *
 * @param cpus the registers of each CPU
 * @param facts what else the text states: it decides how entries are read
 */
export function placeEntries<E extends Plain>(
  entries: readonly E[],
  cpus: readonly RegisterValues[],
  facts: Context['facts'],
  among: Among = OURS,
): Map<E, Placed> {
  const pages = new Pages(entries);
  const placed = new Map<E, Placed>();
  if (pages.empty) return placed;
  for (const registers of cpus) {
    const architecture = architectureOf(registers, among.names);
    if (architecture === undefined) continue;
    for (const candidate of walksOf(architecture, among.walks).candidates(registers).found) {
      if (candidate.through !== undefined) continue;
      const tree = new Tree(candidate, among, { registers, facts });
      for (const root of candidate.regime.roots) tree.place(root, pages, placed);
    }
  }
  return placed;
}

/** Entries by the page they stand in. */
class Pages<E extends Plain> {
  readonly #pages = new Map<Frame, E[]>();

  constructor(entries: readonly E[]) {
    for (const entry of entries) {
      if (entry.at === undefined || entry.atSpace === 'va') continue;
      const page = frameAt(entry.at);
      const there = this.#pages.get(page);
      if (there) there.push(entry);
      else this.#pages.set(page, [entry]);
    }
  }

  get empty(): boolean {
    return this.#pages.size === 0;
  }

  /** Those in a table, in the order of the text within each page. */
  *within({ at, bytes }: Table): Generator<E> {
    const end = at + BigInt(bytes);
    for (let page = frameAt(at); addressOf(page) < end; page++)
      for (const entry of this.#pages.get(page) ?? [])
        if (entry.at !== undefined && entry.at >= at && entry.at < end) yield entry;
  }
}

/** A table to look for. */
interface Table {
  readonly at: bigint;
  readonly bytes: number;
  /** Index into the regime's levels. */
  readonly level: number;
}

/** The tables of one translation, as far as they were printed. */
class Tree {
  readonly #name: string;
  readonly #regime: Regime;
  readonly #guess: RegimeGuess;
  readonly #among: Among;
  readonly #context: Context;

  constructor(candidate: Candidate, among: Among, context: Context) {
    this.#name = candidate.name;
    this.#regime = candidate.regime;
    this.#guess = walksOf(candidate.regime.arch, among.walks).guess(candidate);
    this.#among = among;
    this.#context = context;
  }

  /** Gives every entry that the root reaches, and that has no place yet, its place. */
  place<E extends Plain>(root: Root, pages: Pages<E>, placed: Map<E, Placed>): void {
    const { entryBytes, levels } = this.#regime;
    const input = addressOf(root.inputFrame);
    const seen = new Set<string>();
    const queue: Table[] = [
      { at: BigInt(root.address), bytes: root.entries * entryBytes, level: root.level },
    ];
    for (let table = queue.pop(); table !== undefined; table = queue.pop()) {
      const key = `${table.at}/${table.level}`;
      const level = levels[table.level]?.name;
      if (level === undefined || seen.has(key) || seen.size > MOST_PAGES) continue;
      seen.add(key);
      for (const entry of pages.within(table)) {
        if (placed.has(entry) || entry.width !== 8 * entryBytes) continue;
        const { registers } = this.#context;
        placed.set(entry, { regime: this.#guess, level, input, registers, root: this.#name });
        const below = this.#below(entry.word, level, input, table.level);
        if (below) queue.push(below);
      }
    }
  }

  /** The table that an entry points to. */
  #below(word: bigint, level: number, input: bigint, index: number): Table | undefined {
    const below = this.#regime.levels[index - 1];
    if (word === 0n || below === undefined) return undefined;
    const family = familyOf(this.#guess.family, this.#among);
    const entry = { regime: this.#guess, level: { name: '', number: level }, input };
    const { kind, facts } = family.read(
      word,
      settle(family.settings, revealed(entry, this.#context, this.#among)),
    );
    if (kind !== 'table' || typeof facts.next !== 'bigint') return undefined;
    return { at: facts.next, bytes: this.#regime.entryBytes << below.indexBits, level: index - 1 };
  }
}
