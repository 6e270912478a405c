/** Leaf tables counted by a kernel, for totals. Plain data in and out: other threads do it too. */
import type { AddressSpace } from '../image/address-space.ts';
import { frameOf, inPage } from '../image/frames.ts';
import type { Kernels } from '../kernels/api.ts';
import { Heap } from '../kernels/heap.ts';
import * as at from '../kernels/layout.ts';
import { CLASSES, type Classes, FAULT, FIRST_LEAF, type LeafClass, PAYLOAD } from './classes.ts';
import { type Forms, knownForms } from './forms.ts';
import { Arena } from './gather.ts';
import { LevelTables } from './level-tables.ts';
import type { PieceColumns } from './pieces.ts';
import type { Regime } from './regime.ts';

/** Pieces of one kernel call. */
const SEGMENTS = 1024;

/** What pieces hold. */
export interface LeafCounts {
  readonly classes: readonly (LeafClass & { readonly entries: number })[];
  readonly payload: number;
  readonly faults: number;
  /** Pieces that the image does not hold, counted as often as ways lead to them. */
  readonly missing: number;
  /** The same of pieces that the second stage denies to the walker. */
  readonly hidden: number;
}

/** The kernel must be able to read the regime. Patterns mean classes, which depend on what tables hand down: one kind at a time. */
export class LeafCounter {
  readonly #heap: Heap;
  readonly #regime: Regime;
  readonly #memory: AddressSpace;
  readonly #classes: Classes;
  readonly #leaves: Forms['leaves'];
  readonly #levels: LevelTables;
  readonly #job: number;
  readonly #segments: number;
  readonly #arena: Arena;
  readonly #counts: number;
  #inherited: number | undefined;
  #hidden = 0;

  constructor(regime: Regime, memory: AddressSpace, classes: Classes, kernels: Kernels) {
    const heap = new Heap(kernels);
    this.#heap = heap;
    this.#regime = regime;
    this.#memory = memory;
    this.#classes = classes;
    this.#leaves = knownForms(regime)?.leaves ?? [];
    this.#job = heap.take(at.TALLY_BYTES);
    this.#segments = heap.take(SEGMENTS * at.SEGMENT_BYTES);
    this.#counts = heap.take(CLASSES * 8);
    this.#levels = new LevelTables(heap);
    this.#arena = new Arena(heap, SEGMENTS);
    heap.u8.fill(0, this.#job, this.#job + at.TALLY_BYTES);
    this.#set(at.TALLY_SEGMENTS, this.#segments);
    this.#set(at.TALLY_LEVEL, this.#levels.place);
    this.#set(at.TALLY_COUNTS, this.#counts);
  }

  /** Pieces `first` to `end` of leaf tables, each counted as often as its `input` says. */
  run(pieces: PieceColumns, first: number, end: number): LeafCounts {
    this.#heap.u8.fill(0, this.#counts, this.#counts + CLASSES * 8);
    let missing = 0;
    this.#hidden = 0;
    for (let from = first; from < end; ) {
      const inherited = pieces.inherited[from] as number;
      let to = from + 1;
      while (to < end && to - from < SEGMENTS && pieces.inherited[to] === inherited) to++;
      this.#inherit(inherited);
      missing += this.#count(pieces, from, to);
      from = to;
    }
    const counts = this.#heap.f64.subarray(this.#counts >> 3, (this.#counts >> 3) + CLASSES);
    return {
      classes: this.#classes.leaves
        .map((leaf, i) => ({ ...leaf, entries: counts[FIRST_LEAF + i] as number }))
        .filter(({ entries }) => entries > 0),
      payload: counts[PAYLOAD] as number,
      faults: counts[FAULT] as number,
      missing,
      hidden: this.#hidden,
    };
  }

  #inherit(inherited: number): void {
    if (inherited === this.#inherited) return;
    this.#inherited = inherited;
    this.#levels.begin(this.#regime, this.#leaves, (lo, hi) => this.#classes.of(lo, hi, 0, inherited));
  }

  /** Answers how many pieces are missing, each as often as it counts. */
  #count({ place, count, input: ways }: PieceColumns, first: number, end: number): number {
    const frames = Float64Array.from(place.subarray(first, end), address => frameOf(address));
    const pages = this.#arena.gather(this.#memory, frames);
    const { u32, f64 } = this.#heap;
    let segments = 0;
    let missing = 0;
    for (let i = first; i < end; i++) {
      const page = pages[i - first] as number;
      if (page === 0) {
        if (this.#memory.refusal?.(frames[i - first] as number)) this.#hidden += ways[i] as number;
        else missing += ways[i] as number;
        continue;
      }
      const segment = this.#segments + segments++ * at.SEGMENT_BYTES;
      u32[(segment + at.SEGMENT_ENTRIES) >> 2] = page + inPage(place[i] as number);
      u32[(segment + at.SEGMENT_COUNT) >> 2] = count[i] as number;
      f64[(segment + at.SEGMENT_INPUT) >> 3] = ways[i] as number;
    }
    this.#set(at.TALLY_SEGMENT_COUNT, segments);
    this.#set(at.TALLY_SEGMENT, 0);
    this.#set(at.TALLY_ENTRY, 0);
    while (this.#heap.kernels.tally(this.#job) === at.SCAN_ASKS)
      this.#levels.tell([this.#get(at.TALLY_UNKNOWN), this.#get(at.TALLY_UNKNOWN + 4)], 0);
    return missing;
  }

  #get(field: number): number {
    return this.#heap.u32[(this.#job + field) >> 2] as number;
  }
  #set(field: number, value: number): void {
    this.#heap.u32[(this.#job + field) >> 2] = value;
  }
}
