/**
 * Pages of words with their addresses are a little memory: tables that point to each other. Which level a page is of
 * follows from the root that the text names, from the pointers between the pages that were pasted, and from all words of
 * the page together: all rows of one page are of one level, whatever their order.
 */
import { architectureIdOf } from '../arch/architecture.ts';
import { walksOf } from '../arch/walks.ts';
import type { Family } from '../bits/family.ts';
import { groupBy } from '../bits/group-by.ts';
import { costOf } from '../bits/rank.ts';
import { isNothing } from '../bits/together.ts';
import { split } from '../bits/word.ts';
import type { Given } from '../text/context.ts';
import type { Entry } from '../text/model.ts';
import { formOf, type Regime } from '../walk/regime.ts';

type Placed = Pick<Entry, 'at' | 'word' | 'width'>;

/** Where a level is from: a root that the text names, a pointer in another page, the words of the page. */
export type Why = 'root' | 'pointer' | 'words';

export interface TablePage {
  /** Address of its first byte. */
  readonly at: bigint;
  /** The manual's level. */
  readonly level: number;
  readonly why: Why;
  /** The pasted page that points to it. */
  readonly from?: bigint;
}

/** Pages under one family: which level each is of, and what that leaves unexplained. */
export interface Pages<E> {
  readonly family: Family;
  /** Settings that were tried because the usual ones explain nothing: another granule, another mode. */
  readonly shape: Given;
  /** By address. */
  readonly tables: readonly TablePage[];
  /** The page that an entry stands in. */
  readonly tableOf: ReadonlyMap<E, TablePage>;
  /** Tables that nothing pasted points to, and that point to pasted ones or are a root that the text names. */
  readonly tops: readonly TablePage[];
  readonly regime: Regime;
  readonly cost: number;
  /** Words that would be nothing. */
  readonly nothing: number;
}

/**
 * What a sign is worth beside the cost of readings. A pointer into a page that was pasted is no chance; neighbours that
 * map what follows each other, and addresses that are mapped to themselves, are weaker signs, of which there are many.
 */
const SIGN = { pointer: 400, neighbour: 10, itself: 4 } as const;
/** Two pointers want one page to be of two levels. */
const CONTRADICTION = 400;
/** A mode or granule that is not the usual one. */
const SHAPE = 50;
/** Pages looked at together: more are a dump, which `walk` reads. */
const MOST_PAGES = 4096;

/** What a text says of a root: where it is, and its level where it says that too. */
export interface SaidRoot {
  /** Any address in the table. */
  readonly at: bigint;
  /** The manual's level. */
  readonly level?: number;
  /** How many levels there are. */
  readonly levels?: number;
}

/**
 * Pages under a family; undefined where no walk reads it, where the level is given, and where no entry has an address.
 *
 * @param entries of which nothing says what they are
 */
export function pagesOf<E extends Placed>(
  family: Family,
  entries: readonly E[],
  given: Given,
  roots: readonly SaidRoot[] = [],
): Pages<E> | undefined {
  if ('level' in given || family.settings.level === undefined) return undefined;
  const usual = solved(family, entries, given, {}, roots);
  if (usual === undefined || usual.nothing === 0) return usual;
  const others = ['granule', 'mode'].flatMap(key => {
    const setting = family.settings[key];
    if (setting === undefined || key in given) return [];
    return (setting.samples ?? [])
      .filter(value => value !== setting.default)
      .flatMap(value => solved(family, entries, given, { [key]: value }, roots) ?? []);
  });
  return others.reduce((best, one) => (one.cost < best.cost ? one : best), usual);
}

function solved<E extends Placed>(
  family: Family,
  entries: readonly E[],
  given: Given,
  shape: Given,
  roots: readonly SaidRoot[],
): Pages<E> | undefined {
  const walks = walksOf(architectureIdOf(family.id));
  const start = walks.startOf({ family: family.id, words: [], given: { ...given, ...shape } });
  if (start === undefined) return undefined;
  const solver = new Solver<E>(start.regime, entries);
  if (solver.empty) return undefined;
  const found = solver.solve(roots);
  const cost = found.cost + (Object.keys(shape).length > 0 ? SHAPE : 0);
  return { family, shape, regime: start.regime, ...found, cost };
}

/** A page at a level: what it leaves unexplained, and the pasted pages that it points to. */
interface Own {
  readonly cost: number;
  readonly nothing: number;
  readonly links: readonly bigint[];
}

/** The levels of a page and of what hangs on it. */
interface Plan {
  readonly tables: Map<bigint, TablePage & { readonly index: number }>;
  readonly cost: number;
}

class Solver<E extends Placed> {
  readonly #regime: Regime;
  readonly #bytes: bigint;
  readonly #pages: Map<bigint, E[]>;
  readonly #own = new Map<string, Own>();
  readonly #tables = new Map<bigint, TablePage & { readonly index: number }>();

  constructor(regime: Regime, entries: readonly E[]) {
    this.#regime = regime;
    this.#bytes = BigInt(regime.entryBytes << (regime.levels[0]?.indexBits ?? 9));
    const placed = entries.filter(({ at, width }) => at !== undefined && width === 8 * regime.entryBytes);
    const pages = groupBy(placed, ({ at = 0n }) => at - (at % this.#bytes));
    const sorted = [...pages].sort(([a], [b]) => (a < b ? -1 : 1));
    this.#pages = new Map(sorted.slice(0, MOST_PAGES));
  }

  get empty(): boolean {
    return this.#pages.size === 0;
  }

  solve(roots: readonly SaidRoot[]): Pick<Pages<E>, 'tables' | 'tableOf' | 'tops' | 'cost' | 'nothing'> {
    let cost = 0;
    const begin = (at: bigint, indices: readonly number[], why: Why): void => {
      if (this.#tables.has(at)) return;
      const plan = this.#best(at, indices, why);
      cost += plan.cost;
      for (const [page, table] of plan.tables) this.#tables.set(page, table);
    };
    const all = this.#regime.levels.map((_, index) => index);
    for (const { at: within, level, levels } of roots) {
      const at = within - (within % this.#bytes);
      if (!this.#pages.has(at)) continue;
      const said = all.filter(
        index => this.#regime.levels[index]?.name === level || (level === undefined && index + 1 === levels),
      );
      // a root is seldom a table of pages: the highest level comes first
      begin(at, said.length > 0 ? said : all.slice(1).reverse(), 'root');
    }
    const targets = new Set(
      [...this.#pages.keys()].flatMap(page => all.flatMap(i => this.#at(page, i).links)),
    );
    for (const page of this.#pages.keys()) if (!targets.has(page)) begin(page, all, 'words');
    for (const page of this.#pages.keys()) begin(page, all, 'words'); // tables in a circle
    const tables = [...this.#tables.values()].sort((a, b) => (a.at < b.at ? -1 : 1));
    const tableOf = new Map(
      tables.flatMap(table => (this.#pages.get(table.at) ?? []).map(entry => [entry, plain(table)] as const)),
    );
    const tops = tables.filter(
      ({ at, index, why }) => why === 'root' || (why === 'words' && this.#at(at, index).links.length > 0),
    );
    const nothing = tables.reduce((sum, { at, index }) => sum + this.#at(at, index).nothing, 0);
    return { tables: tables.map(plain), tableOf, tops: tops.map(plain), cost, nothing };
  }

  #best(at: bigint, indices: readonly number[], why: Why): Plan {
    const [first, ...others] = indices.map(index => this.#plan(at, index, why));
    return others.reduce((best, plan) => (plan.cost < best.cost ? plan : best), first as Plan);
  }

  /** This page at a level, and with it every page that it leads to. */
  #plan(top: bigint, index: number, why: Why): Plan {
    const tables: Plan['tables'] = new Map();
    let cost = 0;
    const queue: { readonly at: bigint; readonly index: number; readonly from?: bigint }[] = [
      { at: top, index },
    ];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { at, from } = next;
      const there = tables.get(at) ?? this.#tables.get(at);
      if (from !== undefined)
        cost += there === undefined || there.index === next.index ? -SIGN.pointer : CONTRADICTION;
      if (there !== undefined) continue;
      const level = this.#regime.levels[next.index]?.name ?? 0;
      const known = from === undefined ? { why } : { why: 'pointer' as const, from };
      tables.set(at, { at, level, index: next.index, ...known });
      const own = this.#at(at, next.index);
      cost += own.cost;
      for (const link of own.links) queue.push({ at: link, index: next.index - 1, from: at });
    }
    return { tables, cost };
  }

  #at(page: bigint, index: number): Own {
    const key = `${page} ${index}`;
    let own = this.#own.get(key);
    if (own === undefined) {
      own = this.#read(page, index);
      this.#own.set(key, own);
    }
    return own;
  }

  #read(page: bigint, index: number): Own {
    const level = this.#regime.levels[index];
    const { entryBytes } = this.#regime;
    const leaves = new Map<number, bigint>();
    const links: bigint[] = [];
    let [cost, nothing] = [0, 0];
    for (const { at = 0n, word } of this.#pages.get(page) ?? []) {
      if (word === 0n || level === undefined) continue;
      const reading = this.#regime.read(word, index);
      cost += costOf(reading);
      if (isNothing(reading)) nothing++;
      const [lo, hi] = split(word);
      const { kind } = this.#regime.classify(reading, index);
      if (kind === 'leaf') {
        const address = BigInt(formOf(level, lo, hi).address(lo, hi));
        leaves.set(Number(at - page) / entryBytes, address);
      } else if (kind === 'table') {
        const next = BigInt(level.table.address(lo, hi));
        const target = next - (next % this.#bytes);
        if (target !== page && this.#pages.has(target) && index > 0) links.push(target);
      }
    }
    const size = 1n << BigInt(level?.shift ?? 12);
    for (const [slot, address] of leaves) {
      if (leaves.get(slot + 1) === address + size) cost -= SIGN.neighbour;
      if (address !== 0n && Number((address / size) % BigInt(1 << (level?.indexBits ?? 9))) === slot)
        cost -= SIGN.itself;
    }
    return { cost, nothing, links };
  }
}

const plain = ({ index: _, ...table }: TablePage & { readonly index: number }): TablePage => table;
