/** Luck for machines and trees, from the one seed of all tests, and a memory that is made up where it is first read. */
import { SEED } from '../support/seed.ts';
import { bits, type Memory } from './outcome.ts';

export class Luck {
  #state: number;

  constructor(salt: number) {
    this.#state = (SEED * 0x9e3779b1 + salt * 0x85ebca6b + 0x1234567) >>> 0;
    for (let i = 0; i < 4; i++) this.#next();
  }

  /** mulberry32. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(count: number): number {
    return this.#next() % count;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  bits(count: number): bigint {
    const word = (BigInt(this.#next()) << 32n) | BigInt(this.#next());
    return count === 0 ? 0n : bits(word, count - 1, 0);
  }

  /** Bit `at`, once in `times`. */
  flag(at: number, times = 2): bigint {
    return this.once(times) ? 1n << BigInt(at) : 0n;
  }
}

/** A table that a generator has promised: who reads it, at which level. */
export interface Table {
  readonly tree: string;
  readonly level: number;
  /** Bytes, all of it: concatenated tables are one. */
  readonly size: bigint;
  readonly entry: 4 | 8;
  /** The first input address that it translates. */
  readonly input: bigint;
}

/** Memory whose words are decided when they are first read, by the table that they lie in. */
export class Grown {
  readonly words = new Map<bigint, { word: bigint; bytes: 4 | 8 }>();
  readonly #tables: (Table & { readonly at: bigint })[] = [];
  readonly #decide: (table: Table, index: bigint) => bigint;
  #free: bigint;

  constructor(decide: (table: Table, index: bigint) => bigint, free = 0x10_0000n) {
    this.#decide = decide;
    this.#free = free;
  }

  /** A fresh table, aligned to its size (or more). */
  table(tree: string, level: number, size = 4096n, input = 0n, entry: 4 | 8 = 8): bigint {
    const unit = size > 4096n ? size : 4096n;
    const at = ((this.#free + unit - 1n) / unit) * unit;
    this.#free = at + (size > 4096n ? size : 4096n);
    this.#tables.push({ at, tree, level, size, entry, input });
    return at;
  }

  readonly read: Memory = (address, bytes) => {
    const known = this.words.get(address);
    if (known) return known.word;
    const table = this.#tables.find(({ at, size }) => address >= at && address < at + size);
    if (!table || table.entry !== bytes) return undefined;
    const word = this.#decide(table, (address - table.at) / BigInt(bytes));
    this.words.set(address, { word, bytes });
    return word;
  };
}
