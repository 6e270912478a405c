/**
 * The way down a tree: roots, tables, pages of tables, and what one entry means for the result. How the entries of a page
 * are read is left to the walkers.
 */
import type { AddressSpace } from '../image/address-space.ts';
import { BatchBuilder } from './batch.ts';
import { Classifier } from './classifier.ts';
import { type EntryForm, KIND, type Level, type Regime, type Root } from './regime.ts';
import {
  DEFAULT_MAX_RANGES,
  DEFAULT_MAX_TABLES,
  MISSING_KEPT,
  type MissingTable,
  type WalkOptions,
  type WalkResult,
} from './result.ts';

export const FRAME_SHIFT = 12;
export const FRAME_BYTES = 4096;
/** Frames of a 64-bit address space. */
const ALL_FRAMES = 2 ** 52;

/** A piece of a table that lies in one page. */
export interface Part {
  /** Physical address of the first entry, bytes. */
  readonly place: number;
  readonly count: number;
  /** Index into the regime's levels. */
  readonly level: number;
  /** First input frame. */
  readonly input: number;
  readonly inherited: number;
}

export abstract class Traversal {
  readonly regime: Regime;
  readonly memory: AddressSpace;
  readonly classifier: Classifier;
  readonly from: number;
  readonly to: number;
  readonly listPayload: boolean;
  readonly ignore: readonly [lo: number, hi: number];
  readonly batch = new BatchBuilder();
  readonly #maxTables: number;
  readonly #maxRanges: number;
  readonly #missing: MissingTable[] = [];
  #missingTotal = 0;
  #tables = 0;
  protected leaves = 0;
  protected payload = 0;
  protected faults = 0;
  protected stopped: string | undefined;

  constructor(regime: Regime, memory: AddressSpace, options: WalkOptions) {
    this.regime = regime;
    this.memory = memory;
    this.classifier = new Classifier(regime);
    this.from = options.from ?? 0;
    this.to = options.to ?? ALL_FRAMES;
    this.listPayload = options.payload ?? false;
    this.ignore = options.ignore ?? [0, 0];
    this.#maxTables = options.maxTables ?? DEFAULT_MAX_TABLES;
    this.#maxRanges = options.maxRanges ?? DEFAULT_MAX_RANGES;
  }

  /** Read a piece of a table. */
  protected abstract part(part: Part): void;

  root(root: Root): void {
    const level = this.regime.levels[root.level];
    if (!level) return;
    const span = 2 ** (level.shift - FRAME_SHIFT);
    const upper = root.canonical ? root.entries / 2 : root.entries;
    this.#table(root.address, root.level, root.inputFrame, 0, upper, 0);
    // the upper half of a canonical root ends at the top of the address space
    if (root.canonical)
      this.#table(root.address, root.level, ALL_FRAMES - upper * span, upper, root.entries, 0);
  }

  result(): WalkResult {
    return {
      regime: this.regime,
      leaves: this.batch,
      counts: { tables: this.#tables, leaves: this.leaves, payload: this.payload, faults: this.faults },
      missing: this.#missing,
      missingTotal: this.#missingTotal,
      ...(this.stopped === undefined ? {} : { stopped: this.stopped }),
    };
  }

  /** Entries `first` to `end` (exclusive) of the table at `address`; entry `first` translates `inputFrame`. */
  #table(
    address: number,
    level: number,
    inputFrame: number,
    first: number,
    end: number,
    inherited: number,
  ): void {
    if (this.stopped !== undefined) return;
    if (++this.#tables > this.#maxTables) {
      this.stopped = `stopped after ${this.#maxTables} tables: the tree is larger, or its tables contain each other`;
      return;
    }
    const { entryBytes, levels } = this.regime;
    const span = 2 ** ((levels[level] as Level).shift - FRAME_SHIFT);
    const start = address + first * entryBytes;
    const stop = address + end * entryBytes;
    // a table may be larger than a page (64KB granule, concatenation) or share one (PAE, small stage 2 roots)
    for (let place = start; place < stop && this.stopped === undefined; ) {
      const pageEnd = Math.min(stop, (Math.floor(place / FRAME_BYTES) + 1) * FRAME_BYTES);
      const input = inputFrame + ((place - start) / entryBytes) * span;
      this.part({ place, count: (pageEnd - place) / entryBytes, level, input, inherited });
      place = pageEnd;
    }
  }

  /** A piece of a table is not in the image. */
  protected note({ place, count, level, input }: Part): void {
    const frames = count * 2 ** ((this.regime.levels[level] as Level).shift - FRAME_SHIFT);
    if (input >= this.to || input + frames <= this.from) return;
    this.#missingTotal++;
    if (this.#missing.length < MISSING_KEPT) this.#missing.push({ address: place, level, input, frames });
  }

  /** Every entry of a piece, one by one. */
  protected entries({ place, count, level, input, inherited }: Part, words: Uint32Array): void {
    const span = 2 ** ((this.regime.levels[level] as Level).shift - FRAME_SHIFT);
    const { entryBytes } = this.regime;
    const step = entryBytes / 4;
    const offset = (place % FRAME_BYTES) / 4;
    for (let i = 0; i < count; i++) {
      const lo = words[offset + i * step] as number;
      const hi = step === 2 ? (words[offset + i * step + 1] as number) : 0;
      if (lo === 0 && hi === 0) continue;
      const frame = input + i * span;
      if (frame >= this.to) return;
      if (frame + span <= this.from) continue;
      this.entry(lo, hi, frame, span, place + i * entryBytes, level, inherited);
      if (this.stopped !== undefined) return;
    }
  }

  /** One entry that is not zero. */
  protected entry(
    lo: number,
    hi: number,
    frame: number,
    span: number,
    at: number,
    level: number,
    inherited: number,
  ): void {
    const { levels, payload } = this.regime;
    const { pointsToTable, table, leaf } = levels[level] as Level;
    const asTable = pointsToTable(lo, hi);
    const form = asTable ? table : leaf;
    const { kind, inherits } = this.classifier.classOf(lo, hi, level, asTable, form);
    switch (kind) {
      case 'table': {
        const below = levels[level - 1];
        if (below)
          this.#table(form.address(lo, hi), level - 1, frame, 0, 2 ** below.indexBits, inherited | inherits);
        break;
      }
      case 'leaf': {
        const output = form.address(lo, hi) / FRAME_BYTES;
        this.emit(frame, output, span, lo, hi, at, level, KIND.leaf, inherited, form);
        if (this.stopped === undefined) this.leaves++;
        break;
      }
      case 'fault':
        this.emit(frame, 0, span, lo, hi, at, level, KIND.fault, inherited, form);
        if (this.stopped === undefined) this.faults++;
        break;
      case 'payload':
      case 'empty':
        if ((lo & payload[0]) === 0 && (hi & payload[1]) === 0) break;
        if (this.listPayload) this.emit(frame, 0, span, lo, hi, at, level, KIND.payload, inherited, form);
        if (this.stopped === undefined) this.payload++;
    }
  }

  /** A range of one kind of entry: it continues the last one, or begins a new one. */
  protected emit(
    input: number,
    output: number,
    frames: number,
    lo: number,
    hi: number,
    at: number,
    level: number,
    kind: number,
    inherited: number,
    form: EntryForm,
  ): void {
    const batch = this.batch;
    const last = batch.length - 1;
    if (
      last >= 0 &&
      batch.kind[last] === kind &&
      batch.level[last] === level &&
      batch.inherited[last] === inherited &&
      (batch.input[last] as number) + (batch.frames[last] as number) === input
    ) {
      const lastLo = batch.lo[last] as number;
      const lastHi = batch.hi[last] as number;
      const maskLo = form.attributes[0] & ~this.ignore[0];
      const maskHi = form.attributes[1] & ~this.ignore[1];
      const continues =
        kind === KIND.leaf
          ? ((lastLo ^ lo) & maskLo) === 0 &&
            ((lastHi ^ hi) & maskHi) === 0 &&
            (batch.output[last] as number) + (batch.frames[last] as number) === output
          : lastLo === lo && lastHi === hi; // entries that map nothing: only the very same word continues a range
      if (continues) {
        batch.frames[last] = (batch.frames[last] as number) + frames;
        return;
      }
    }
    if (batch.length >= this.#maxRanges) {
      this.stopped = `stopped after ${this.#maxRanges} ranges`;
      return;
    }
    batch.push(input, output, frames, lo, hi, at, level, kind, inherited);
  }
}
