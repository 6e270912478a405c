/**
 * Totals of a tree without enumerating it: every distinct table is read once, whatever the number of ways that lead to
 * it. A self-mapped or hostile tree costs what its distinct tables cost.
 *
 * Level by level from the root: how many ways lead to each table is known when its level comes. So the tables of a level are
 * read in the order of their addresses, in large pieces, and those of the leaf level are counted by a kernel.
 */
import { join } from '../bits/word.ts';
import type { AddressSpace } from '../image/address-space.ts';
import { Heap } from '../memtype/kernels/heap.ts';
import { type Kernels, typescriptKernels, wasmKernels } from '../memtype/kernels/kernels.ts';
import * as at from '../memtype/kernels/layout.ts';
import { Classifier } from './classifier.ts';
import { type Forms, knownForms } from './forms.ts';
import { Arena } from './gather.ts';
import { LevelTables } from './level-tables.ts';
import type { EntryForm, Level, Regime } from './regime.ts';

export interface SummaryRow {
  /** Memory type of this stage, in the manual's words. */
  readonly type: string;
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
  readonly stopped?: string;
}

export interface SummaryOptions {
  /** Distinct tables to read at most. Default 2^20. */
  readonly maxTables?: number;
  /** Count with these kernels, however small the tree: for tests and for `bench`. */
  readonly kernels?: Kernels;
}

/** A distinct table: the same tables below different parents count apart where the parents hand down different bits. */
interface Node {
  readonly address: number;
  readonly entries: number;
  readonly inherited: number;
  /** How many ways lead to it. */
  ways: number;
}

const PAGE_BYTES = 4096;
/** Attribute patterns remembered; a hostile table may hold a new one in every entry. */
const PATTERNS_KEPT = 65536;
/** Leaf tables below which the kernel is not worth compiling. */
const WORTH_A_KERNEL = 64;

/** Classes: numbers for what is counted. The first are the kernel's own. */
const NOTHING = at.TALLY_NOTHING;
const PAYLOAD = at.TALLY_PAYLOAD;
const FAULT = 2;
const FIRST_LEAF = 3;
/** Classes that there is room for. Permissions and types are few; an entry beyond says that it was not told apart. */
const CLASSES = 8192;

class Tally {
  readonly #regime: Regime;
  readonly #memory: AddressSpace;
  readonly #maxTables: number;
  readonly #given: Kernels | undefined;
  readonly #classifier: Classifier;
  readonly #classes: { level: number; perm: string; type: string }[] = [];
  readonly #classIds = new Map<string, number>();
  readonly #patterns = new Map<string, number>();
  readonly #counts = new Float64Array(CLASSES);
  /** Tables met and not yet read, by level and by what they are. */
  readonly #nodes: readonly Map<string, Node>[];
  #tables = 0;
  #missing = 0;
  #stopped: string | undefined;

  constructor(regime: Regime, memory: AddressSpace, { maxTables = 2 ** 20, kernels }: SummaryOptions) {
    this.#regime = regime;
    this.#memory = memory;
    this.#maxTables = maxTables;
    this.#given = kernels;
    this.#classifier = new Classifier(regime);
    this.#nodes = regime.levels.map(() => new Map());
  }

  summary(): Summary {
    const { levels, roots } = this.#regime;
    for (const { address, level, entries } of roots) this.#meet(address, level, entries, 0, 1);
    for (let level = levels.length - 1; level >= 0; level--) this.#level(level);
    const rows = this.#classes.map(({ level, perm, type }, id): SummaryRow => {
      const { name, shift } = levels[level] as Level;
      const entries = this.#counts[FIRST_LEAF + id] as number;
      return { type, perm, level: name, pageSize: 2 ** shift, entries, bytes: entries * 2 ** shift };
    });
    rows.sort((a, b) => b.bytes - a.bytes || (a.type < b.type ? -1 : 1));
    return {
      regime: this.#regime,
      rows,
      bytes: rows.reduce((n, row) => n + row.bytes, 0),
      payload: this.#counts[PAYLOAD] as number,
      faults: this.#counts[FAULT] as number,
      missing: this.#missing,
      tables: this.#tables,
      ...(this.#stopped === undefined ? {} : { stopped: this.#stopped }),
    };
  }

  #meet(address: number, level: number, entries: number, inherited: number, ways: number): void {
    const nodes = this.#nodes[level];
    if (!nodes) return;
    const key = `${address} ${entries} ${inherited}`;
    const node = nodes.get(key);
    if (node) node.ways += ways;
    else nodes.set(key, { address, entries, inherited, ways });
  }

  /** All tables of a level, in the order of their addresses. */
  #level(level: number): void {
    const nodes = [...(this.#nodes[level]?.values() ?? [])];
    nodes.sort((a, b) => a.inherited - b.inherited || a.address - b.address);
    const room = this.#maxTables - this.#tables;
    if (nodes.length > room) this.#stopped ??= `stopped after ${this.#maxTables} distinct tables`;
    const read = nodes.slice(0, room);
    this.#tables += read.length;
    const forms = level === 0 ? knownForms(this.#regime) : undefined;
    const counter =
      forms && (this.#given || read.length >= WORTH_A_KERNEL)
        ? new Counter(
            new Heap(this.#given ?? wasmKernels() ?? typescriptKernels()),
            this.#regime,
            this.#memory,
            forms,
            (lo, hi, inherited) => this.#classOf(lo, hi, 0, inherited),
          )
        : undefined;
    for (let i = 0; i < read.length; i += SEGMENTS) this.#batch(read.slice(i, i + SEGMENTS), level, counter);
    if (counter) this.#missing += counter.finish(this.#counts);
  }

  /** Some tables, read together. */
  #batch(nodes: readonly Node[], level: number, counter: Counter | undefined): void {
    const { entryBytes } = this.#regime;
    if (!counter) this.#memory.prefetch?.(nodes.map(({ address }) => Math.floor(address / PAGE_BYTES)));
    for (const node of nodes) {
      const { address, entries, inherited, ways } = node;
      const end = address + entries * entryBytes;
      for (let place = address; place < end; ) {
        const next = Math.min(end, place - (place % PAGE_BYTES) + PAGE_BYTES);
        if (counter) counter.put(place, (next - place) / entryBytes, ways, inherited);
        else {
          const words = this.#memory.page(Math.floor(place / PAGE_BYTES));
          const offset = (place % PAGE_BYTES) / 4;
          if (!words) this.#missing += ways;
          else this.#entries(words.subarray(offset, offset + (next - place) / 4), level, node);
        }
        place = next;
      }
    }
  }

  #entries(words: Uint32Array, level: number, { inherited, ways }: Node): void {
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
      const id = this.#classOf(lo, hi, level, inherited);
      if (id === NOTHING || (id === PAYLOAD && (lo & payload[0]) === 0 && (hi & payload[1]) === 0)) continue;
      this.#counts[id] = (this.#counts[id] as number) + ways;
    }
  }

  /** The class of an entry that points to no table. */
  #classOf(lo: number, hi: number, level: number, inherited: number): number {
    const { pointsToTable, table, leaf } = this.#regime.levels[level] as Level;
    const asTable = pointsToTable(lo, hi);
    const form = asTable ? table : leaf;
    switch (this.#classifier.classOf(lo, hi, level, asTable, form).kind) {
      case 'leaf':
        return this.#leafClass(lo, hi, level, inherited, form);
      case 'fault':
        return FAULT;
      case 'table':
        return NOTHING;
      default:
        return PAYLOAD;
    }
  }

  /** The class of a leaf: permissions and type, which many attribute patterns share. */
  #leafClass(lo: number, hi: number, level: number, inherited: number, form: EntryForm): number {
    const pattern = `${level} ${inherited} ${(lo & form.attributes[0]) >>> 0} ${(hi & form.attributes[1]) >>> 0}`;
    let id = this.#patterns.get(pattern);
    if (id === undefined) {
      const { perm, type } = this.#regime.describe(this.#regime.read(join(lo, hi), level), level, inherited);
      const known = FIRST_LEAF + this.#classes.length < CLASSES - this.#regime.levels.length;
      const named = known
        ? { level, perm, type }
        : { level, perm: '?', type: 'more kinds than are told apart' };
      const key = `${level} ${named.perm} ${named.type}`;
      id = this.#classIds.get(key) ?? FIRST_LEAF + this.#classes.push(named) - 1;
      this.#classIds.set(key, id);
      if (this.#patterns.size > PATTERNS_KEPT) this.#patterns.clear();
      this.#patterns.set(pattern, id);
    }
    return id;
  }
}

const SEGMENTS = 1024;

/** Leaf tables counted by a kernel. Patterns mean classes, which depend on what tables hand down: one kind at a time. */
class Counter {
  readonly #heap: Heap;
  readonly #regime: Regime;
  readonly #memory: AddressSpace;
  readonly #forms: Forms;
  readonly #classOf: (lo: number, hi: number, inherited: number) => number;
  readonly #levels: LevelTables;
  readonly #job: number;
  readonly #segments: number;
  readonly #arena: Arena;
  readonly #counts: number;
  // what is queued: place of the first entry, entries, how often they count
  readonly #places = new Float64Array(SEGMENTS);
  readonly #sizes = new Uint16Array(SEGMENTS);
  readonly #ways = new Float64Array(SEGMENTS);
  #inherited: number | undefined;
  #queued = 0;
  #missing = 0;

  constructor(
    heap: Heap,
    regime: Regime,
    memory: AddressSpace,
    forms: Forms,
    classOf: (lo: number, hi: number, inherited: number) => number,
  ) {
    this.#heap = heap;
    this.#regime = regime;
    this.#memory = memory;
    this.#forms = forms;
    this.#classOf = classOf;
    this.#job = heap.take(at.TALLY_BYTES);
    this.#segments = heap.take(SEGMENTS * at.SEGMENT_BYTES);
    this.#counts = heap.take(CLASSES * 8);
    this.#levels = new LevelTables(heap);
    this.#arena = new Arena(heap, SEGMENTS);
    heap.u8.fill(0, this.#job, this.#job + at.TALLY_BYTES);
    heap.u8.fill(0, this.#counts, this.#counts + CLASSES * 8);
    this.#set(at.TALLY_SEGMENTS, this.#segments);
    this.#set(at.TALLY_LEVEL, this.#levels.place);
    this.#set(at.TALLY_COUNTS, this.#counts);
  }

  /** A piece of a leaf table, each entry of which counts `ways` times. */
  put(place: number, count: number, ways: number, inherited: number): void {
    if (inherited !== this.#inherited || this.#queued === SEGMENTS) this.#run();
    if (inherited !== this.#inherited) {
      this.#inherited = inherited;
      this.#levels.begin(this.#regime, this.#forms.leaves, (lo, hi) => this.#classOf(lo, hi, inherited));
    }
    this.#places[this.#queued] = place;
    this.#sizes[this.#queued] = count;
    this.#ways[this.#queued++] = ways;
  }

  /** Add what was counted; answers how many pieces are missing, counted as often as ways lead to them. */
  finish(counts: Float64Array): number {
    this.#run();
    const own = this.#heap.f64.subarray(this.#counts >> 3);
    for (let id = 0; id < CLASSES; id++) counts[id] = (counts[id] as number) + (own[id] as number);
    return this.#missing;
  }

  #run(): void {
    if (this.#queued === 0) return;
    const frames = this.#places.slice(0, this.#queued).map(place => Math.floor(place / PAGE_BYTES));
    const pages = this.#arena.gather(this.#memory, frames);
    const { u32, f64 } = this.#heap;
    let segments = 0;
    for (let i = 0; i < this.#queued; i++) {
      const page = pages[i] as number;
      const ways = this.#ways[i] as number;
      if (page === 0) {
        this.#missing += ways;
        continue;
      }
      const segment = this.#segments + segments++ * at.SEGMENT_BYTES;
      u32[(segment + at.SEGMENT_ENTRIES) >> 2] = page + ((this.#places[i] as number) % PAGE_BYTES);
      u32[(segment + at.SEGMENT_COUNT) >> 2] = this.#sizes[i] as number;
      f64[(segment + at.SEGMENT_INPUT) >> 3] = ways;
    }
    this.#set(at.TALLY_SEGMENT_COUNT, segments);
    this.#set(at.TALLY_SEGMENT, 0);
    this.#set(at.TALLY_ENTRY, 0);
    while (this.#heap.kernels.tally(this.#job) === at.SCAN_ASKS)
      this.#levels.tell([this.#get(at.TALLY_UNKNOWN), this.#get(at.TALLY_UNKNOWN + 4)], 0);
    this.#queued = 0;
  }

  #get(field: number): number {
    return this.#heap.u32[(this.#job + field) >> 2] as number;
  }
  #set(field: number, value: number): void {
    this.#heap.u32[(this.#job + field) >> 2] = value;
  }
}

/** Totals of the trees below all roots of a regime. */
export const summarise = (regime: Regime, memory: AddressSpace, options: SummaryOptions = {}): Summary =>
  new Tally(regime, memory, options).summary();
