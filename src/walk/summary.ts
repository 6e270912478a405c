/**
 * Totals of a tree without enumerating it: every distinct table is read once, whatever the number of ways that lead to
 * it. A self-mapped or hostile tree costs what its distinct tables cost.
 *
 * Level by level from the root: how many ways lead to each table is known when its level comes. So the tables of a level are
 * read in the order of their addresses, in large pieces, and those of the leaf level are counted by a kernel. `Descent` goes
 * down before it goes on, and knows the ways to a table only when it has gone them all.
 */
import type { AddressSpace } from '../image/address-space.ts';
import { type Bytes, frameOf, inPage } from '../image/frames.ts';
import type { Kernels } from '../kernels/api.ts';
import { freshKernels } from '../kernels/kernels.ts';
import { CLASSES, Classes, FAULT, FIRST_LEAF, NOTHING, PAYLOAD } from './classes.ts';
import { Classifier } from './classifier.ts';
import { obstacleAt, pieceEnd } from './descent.ts';
import { knownForms } from './forms.ts';
import { LeafCounter, type LeafCounts } from './leaf-counter.ts';
import { type PieceColumns, Pieces, WORTH_A_KERNEL } from './pieces.ts';
import type { Level, Regime } from './regime.ts';

export interface SummaryRow {
  /** Memory type of this stage, in the manual's words. */
  readonly type: string;
  /** The same for somebody who has never met it; empty for types that have no such words. */
  readonly words: string;
  readonly perm: string;
  /** The manual's level number, and bytes per entry. */
  readonly level: number;
  readonly pageSize: number;
  /** Leaf entries, and the bytes they map. Counted once per way that leads to them. */
  readonly entries: number;
  readonly bytes: number;
}

export interface Summary {
  readonly regime: Regime;
  /** Largest first. */
  readonly rows: readonly SummaryRow[];
  readonly bytes: number;
  readonly payload: number;
  readonly faults: number;
  /** Distinct tables read, and ways that lead to a table the image does not hold. */
  readonly tables: number;
  readonly missing: number;
  /** Ways that lead to a table that the second stage denies to the walker. */
  readonly hidden: number;
  readonly stopped?: string;
}

export interface SummaryOptions {
  /** Distinct tables to read at most. Default 2^20. */
  readonly maxTables?: number;
  /** Count with these kernels, however small the tree: for tests and for `bench`. */
  readonly kernels?: Kernels;
}

/** Distinct tables of one kind: those below parents that hand down different bits count apart. */
interface Alike {
  readonly entries: number;
  readonly inherited: number;
  /** By address: how many ways lead to it. */
  readonly ways: Map<number, number>;
}

/** More than any table has, concatenated ones included. */
const MOST_ENTRIES = 2 ** 20;
/** Tables that are read together. */
const BATCH = 1024;

/** A summary in two halves: all tables but those of the leaf level; then these, in pieces that anybody may count. */
export class Tally {
  readonly #regime: Regime;
  readonly #memory: AddressSpace;
  readonly #maxTables: number;
  readonly #classifier: Classifier;
  readonly #classes: Classes;
  readonly #counts = new Float64Array(CLASSES);
  /** Tables met and not yet read, by level, and by what makes them alike. */
  readonly #met: readonly Map<number, Alike>[];
  #tables = 0;
  #missing = 0;
  #hidden = 0;
  #stopped: string | undefined;

  constructor(regime: Regime, memory: AddressSpace, { maxTables = 2 ** 20 }: SummaryOptions = {}) {
    this.#regime = regime;
    this.#memory = memory;
    this.#maxTables = maxTables;
    this.#classifier = new Classifier(regime);
    this.#classes = new Classes(regime, this.#classifier);
    this.#met = regime.levels.map(() => new Map());
    for (const root of regime.roots) {
      const obstacle = obstacleAt(root, memory);
      if (obstacle?.kind === 'fault') this.#count(FAULT, 1);
      else if (obstacle) this.#hidden++;
      else this.#meet(root.address, root.level, root.entries, 0, 1);
    }
    for (let level = regime.levels.length - 1; level > 0; level--)
      this.#entriesOf(this.#piecesOf(level), level);
    this.leaves = this.#piecesOf(0);
  }

  /** Leaf tables in pieces; how many ways lead to a piece stands as its `input`. */
  readonly leaves: PieceColumns;

  /** Count the leaf tables in this thread. */
  countLeaves(given?: Kernels): void {
    if (knownForms(this.#regime)?.groups !== false || !(given || this.leaves.length >= WORTH_A_KERNEL)) {
      this.#entriesOf(this.leaves, 0);
      return;
    }
    const kernels = given ?? freshKernels();
    const counter = new LeafCounter(this.#regime, this.#memory, this.#classes, kernels);
    this.add(counter.run(this.leaves, 0, this.leaves.length));
  }

  /** Add what some leaf tables hold. */
  add({ classes, payload, faults, missing, hidden }: LeafCounts): void {
    for (const { entries, ...leaf } of classes) this.#count(this.#classes.numberOf(leaf), entries);
    this.#count(PAYLOAD, payload);
    this.#count(FAULT, faults);
    this.#missing += missing;
    this.#hidden += hidden;
  }

  summary(): Summary {
    const { outputBits = Number.POSITIVE_INFINITY } = this.#regime; // the rest of a larger leaf faults
    const rows = this.#classes.leaves.map(({ level, perm, type, words }, id): SummaryRow => {
      const { name, shift } = this.#regime.levels[level] as Level;
      const entries = this.#counts[FIRST_LEAF + id] as number;
      return {
        type,
        words,
        perm,
        level: name,
        pageSize: 2 ** shift,
        entries,
        bytes: entries * 2 ** Math.min(shift, outputBits),
      };
    });
    rows.sort(largestFirst);
    return {
      regime: this.#regime,
      rows,
      bytes: rows.reduce((n, row) => n + row.bytes, 0),
      payload: this.#counts[PAYLOAD] as number,
      faults: this.#counts[FAULT] as number,
      missing: this.#missing,
      hidden: this.#hidden,
      tables: this.#tables,
      ...(this.#stopped === undefined ? {} : { stopped: this.#stopped }),
    };
  }

  #meet(address: Bytes, level: number, entries: number, inherited: number, ways: number): void {
    const met = this.#met[level];
    if (!met) return;
    const kind = inherited * MOST_ENTRIES + entries;
    let alike = met.get(kind);
    if (!alike) {
      alike = { entries, inherited, ways: new Map() };
      met.set(kind, alike);
    }
    alike.ways.set(address, (alike.ways.get(address) ?? 0) + ways);
  }

  /** All tables of a level that may be read, in the order of their addresses, cut at pages. */
  #piecesOf(level: number): PieceColumns {
    const { entryBytes } = this.#regime;
    const pieces = new Pieces();
    const kinds = [...(this.#met[level]?.values() ?? [])].sort((a, b) => a.inherited - b.inherited);
    for (const { entries, inherited, ways } of kinds) {
      const addresses = Float64Array.from(ways.keys()).sort();
      const room = this.#maxTables - this.#tables;
      if (addresses.length > room) this.#stopped ??= `stopped after ${this.#maxTables} distinct tables`;
      for (const address of addresses.subarray(0, room)) {
        this.#tables++;
        const end = address + entries * entryBytes;
        for (let place = address; place < end; ) {
          const next = pieceEnd(place, end);
          pieces.put(place, (next - place) / entryBytes, level, ways.get(address) as number, inherited, 0);
          place = next;
        }
      }
    }
    return pieces;
  }

  /** Entry by entry. */
  #entriesOf({ length, place, count, inherited, input: ways }: PieceColumns, level: number): void {
    const step = this.#regime.entryBytes / 4;
    for (let i = 0; i < length; i++) {
      if (i % BATCH === 0) {
        const next = place.subarray(i, Math.min(length, i + BATCH));
        this.#memory.prefetch?.(next.map(address => frameOf(address)));
      }
      const address = place[i] as number;
      const words = this.#memory.page(frameOf(address));
      const offset = inPage(address) / 4;
      if (!words) {
        if (this.#memory.refusal?.(frameOf(address))) this.#hidden += ways[i] as number;
        else this.#missing += ways[i] as number;
      } else
        this.#entries(
          words.subarray(offset, offset + (count[i] as number) * step),
          level,
          inherited[i] as number,
          ways[i] as number,
        );
    }
  }

  #entries(words: Uint32Array, level: number, inherited: number, ways: number): void {
    const { entryBytes, levels, payload } = this.#regime;
    const { pointsToTable, table } = levels[level] as Level;
    const below = levels[level - 1];
    const step = entryBytes / 4;
    for (let i = 0; i < words.length; i += step) {
      const lo = words[i] as number;
      const hi = step === 2 ? (words[i + 1] as number) : 0;
      if (lo === 0 && hi === 0) continue;
      if (pointsToTable(lo, hi)) {
        const { kind, inherits } = this.#classifier.classOf(lo, hi, level, true, table);
        if (kind === 'table') {
          if (below)
            this.#meet(table.address(lo, hi), level - 1, 2 ** below.indexBits, inherited | inherits, ways);
          continue;
        }
      }
      const id = this.#classes.of(lo, hi, level, inherited);
      if (id === NOTHING || (id === PAYLOAD && (lo & payload[0]) === 0 && (hi & payload[1]) === 0)) continue;
      this.#count(id, ways);
    }
  }

  #count(id: number, ways: number): void {
    this.#counts[id] = (this.#counts[id] as number) + ways;
  }
}

/** In an order that does not depend on which class was met first. */
const largestFirst = (a: SummaryRow, b: SummaryRow): number =>
  b.bytes - a.bytes || byName(a.type, b.type) || byName(a.perm, b.perm) || a.level - b.level;
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Totals of the trees below all roots of a regime. */
export function summarise(regime: Regime, memory: AddressSpace, options: SummaryOptions = {}): Summary {
  const tally = new Tally(regime, memory, options);
  tally.countLeaves(options.kernels);
  return tally.summary();
}
