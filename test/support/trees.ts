/** Random page-table trees: everything that real and hostile tables do, from one seed. */
import fc from 'fast-check';
import { join } from '../../src/bits/word.ts';
import type { EntryForm, Level, Regime } from '../../src/walk/regime.ts';
import type { WalkOptions } from '../../src/walk/result.ts';
import { Memory } from './memory.ts';

/** Ranges that cut through tables, limits that end walks early. */
export const walkOptions: fc.Arbitrary<WalkOptions> = fc.record(
  {
    payload: fc.boolean(),
    from: fc.nat(1 << 20),
    to: fc.nat(1 << 21),
    maxTables: fc.integer({ min: 1, max: 60 }),
    maxRanges: fc.integer({ min: 1, max: 3000 }),
  },
  { requiredKeys: ['payload'] },
);

/** A small fast generator with a full period; the tests need nothing better. */
export function random(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** How to write entries of one regime. */
export interface Dialect {
  readonly regime: Regime;
  /** A pointer to the table at a frame, with attributes chosen by a number below 16. */
  table(frame: number, choice: number): bigint;
  /** A leaf at a level index. `page` counts pages of that level's size. */
  leaf(level: number, page: number, choice: number): bigint;
  /** Something that maps nothing, or faults. */
  other(choice: number): bigint;
}

/** What each bit of an entry is worth in its address. */
const weightsOf = perForm(form =>
  Array.from({ length: 64 }, (_, bit): readonly [weight: number, lo: number, hi: number] => {
    const [lo, hi] = bit < 32 ? [(1 << bit) >>> 0, 0] : [0, (1 << (bit - 32)) >>> 0];
    return [form.address(lo, hi), lo, hi];
  }).filter(([weight]) => weight !== 0),
);
function perForm<T>(make: (form: EntryForm) => T): (form: EntryForm) => T {
  const made = new WeakMap<EntryForm, T>();
  return form => {
    const value = made.get(form) ?? make(form);
    made.set(form, value);
    return value;
  };
}

/** The word that has this address and zeros elsewhere: each bit put where the form reads it. */
export function scatter(form: EntryForm, address: number): bigint {
  let [low, high] = [0, 0];
  for (const [weight, lo, hi] of weightsOf(form))
    if (Math.floor(address / weight) % 2 === 1) {
      low |= lo;
      high |= hi;
    }
  return join(low, high);
}

/** A dialect from attribute words. Every list may have any length. */
export const dialect = (
  regime: Regime,
  words: {
    readonly tables: readonly bigint[];
    /** By level index. */
    readonly leaves: (level: number) => readonly bigint[];
    readonly others: readonly bigint[];
  },
): Dialect => {
  const pick = (list: readonly bigint[], choice: number): bigint => list[choice % list.length] as bigint;
  return {
    regime,
    table: (frame, choice) => {
      const { table } = regime.levels.at(-1) as Level;
      return pick(words.tables, choice) | scatter(table, frame * 4096);
    },
    leaf: (level, page, choice) => {
      const { leaf, shift } = regime.levels[level] as Level;
      const address = ((page % 2 ** 24) + 2 ** 24) % 2 ** 24; // negative: from the top of what is there
      const top = 2 ** 52 / 2 ** shift;
      return (
        pick(words.leaves(level), choice) | scatter(leaf, (page < 0 ? top + page : address) * 2 ** shift)
      );
    },
    other: choice => pick(words.others, choice),
  };
};

const MAX_TABLES = 24;
/** Tables stand at these frames; a few beyond are pointed at, but do not exist. */
const TABLE_FRAME = (index: number): number => 0x100 + index * 16;

/** A tree under the regime's first root. Tables may be shared, missing, or contain each other. */
export function tree(dialect: Dialect, seed: number): Memory {
  const next = random(seed);
  const memory = new Memory();
  const { regime } = dialect;
  let tables = 0;
  const write = (place: number, word: bigint): void => memory.write(place, word);
  const fill = (address: number, level: number, entries: number): void => {
    for (let byte = 0; byte < entries * 8; byte += 4096)
      if (byte === 0 || next(8)) memory.touch(address + byte); // a page of a large table may be missing
    const present = (place: number): boolean => memory.page(Math.floor(place / 4096)) !== undefined;
    let page = next(1 << 20);
    let choice = next(16);
    // top of the address field now and then: a run that would run over
    if (next(6) === 0) page = -1 - next(300);
    for (let i = 0; i < entries; ) {
      const style = next(9);
      const count = Math.min(entries - i, [1, 3, 70, 200, 512][next(5)] as number);
      for (let k = 0; k < count; k++, i++) {
        const place = address + 8 * i;
        if (!present(place)) continue;
        if (style === 0) continue; // hole
        if (style === 1) page = next(1 << 20);
        if (style === 2 && next(4) === 0) choice = next(16);
        if (style === 3 && next(3) === 0) continue;
        if (style === 4 || (style === 5 && next(10) === 0))
          write(place, dialect.other(style === 4 ? choice : next(64)));
        else if (level > 0 && style >= 6 && k < 4) {
          const shared = next(4) === 0;
          const index = shared || tables >= MAX_TABLES ? next(MAX_TABLES + 3) : tables++;
          write(place, dialect.table(TABLE_FRAME(index), next(16)));
          const below = regime.levels[level - 1] as Level;
          if (!shared && memory.page(TABLE_FRAME(index)) === undefined && index < MAX_TABLES)
            fill(TABLE_FRAME(index) * 4096, level - 1, 2 ** below.indexBits);
        } else write(place, dialect.leaf(level, page++, style === 7 ? choice ^ next(2) : choice));
      }
    }
  };
  for (const root of regime.roots) fill(root.address, root.level, root.entries);
  return memory;
}
