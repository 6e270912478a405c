/**
 * The general walker: every table below a regime's roots, as coalesced ranges.
 *
 * It knows no architecture. An entry's attribute bits are read by the slow, exact rules once per distinct pattern and
 * remembered; addresses are ordinary numbers. Images may be hostile: tables may be missing, may contain each other, may
 * hold a different pattern in every entry. Depth is bounded by the levels, work by `maxTables`.
 */

import { join } from '../bits/word.ts';
import type { AddressSpace } from '../image/address-space.ts';
import { BatchBuilder, type LeafBatch } from './batch.ts';
import { type EntryClass, type EntryForm, KIND, type Regime, type Root } from './regime.ts';

export interface WalkOptions {
  /** Only input frames in [from, to). */
  readonly from?: number;
  readonly to?: number;
  /** Also list invalid entries that are not empty: PROT_NONE pages, swap, KVM's annotations. Default false. */
  readonly payload?: boolean;
  /** Read at most this many tables, counting a table again each time it is reached. Default 2^22 (16 GiB of 4-KiB tables). */
  readonly maxTables?: number;
  /** Keep at most this many ranges. Default 2^24. */
  readonly maxRanges?: number;
}

/** A table that the image does not hold: what lies below is unknown. */
export interface MissingTable {
  /** Physical address, bytes. */
  readonly address: number;
  /** Index into the regime's levels. */
  readonly level: number;
  /** Input frames that it would translate. */
  readonly input: number;
  readonly frames: number;
}

export interface WalkResult {
  readonly regime: Regime;
  readonly leaves: LeafBatch;
  readonly counts: {
    /** Tables read, counting a shared table each time. */
    readonly tables: number;
    /** Leaf entries before coalescing. */
    readonly leaves: number;
    /** Invalid entries with a payload. */
    readonly payload: number;
    /** Entries that are valid but fault on use: reserved bits, misconfiguration, address out of range. */
    readonly faults: number;
  };
  /** The first `MISSING_KEPT` tables that the image does not hold. */
  readonly missing: readonly MissingTable[];
  readonly missingTotal: number;
  /** Set where a limit ended the walk early: the sentence says which. */
  readonly stopped?: string;
}

export const DEFAULT_MAX_TABLES = 2 ** 22;
export const DEFAULT_MAX_RANGES = 2 ** 24;
/** Missing tables kept with their place; beyond this they are counted only. */
export const MISSING_KEPT = 1000;
/** Distinct attribute patterns remembered per level; a hostile table may hold one per entry. */
const PATTERNS_KEPT = 4096;

const FRAME_SHIFT = 12;
const FRAME_BYTES = 4096;
/** Frames of a 64-bit address space. */
const ALL_FRAMES = 2 ** 52;

/** Walk every root of a regime. Reads the image by page; returns what it found and what it could not reach. */
export function walk(regime: Regime, memory: AddressSpace, options: WalkOptions = {}): WalkResult {
  const walker = new Walker(regime, memory, options);
  for (const root of regime.roots) walker.root(root);
  return walker.result();
}

/** Remembers, per level, what each pattern of attribute bits means. */
export class Classifier {
  readonly #regime: Regime;
  readonly #tables: readonly Map<number, Map<number, EntryClass>>[];
  readonly #leaves: readonly Map<number, Map<number, EntryClass>>[];

  constructor(regime: Regime) {
    this.#regime = regime;
    this.#tables = regime.levels.map(() => new Map());
    this.#leaves = regime.levels.map(() => new Map());
  }

  /** What an entry is. Its address bits do not matter, so the class of a pattern is asked of the rules once. */
  classOf(lo: number, hi: number, level: number, asTable: boolean, form: EntryForm): EntryClass {
    const patterns = (asTable ? this.#tables : this.#leaves)[level] as Map<number, Map<number, EntryClass>>;
    const low = (lo & form.attributes[0]) >>> 0;
    const high = (hi & form.attributes[1]) >>> 0;
    let byLow = patterns.get(high);
    if (!byLow) {
      if (patterns.size >= PATTERNS_KEPT) patterns.clear();
      byLow = new Map();
      patterns.set(high, byLow);
    }
    let found = byLow.get(low);
    if (!found) {
      if (byLow.size >= PATTERNS_KEPT) byLow.clear();
      found = this.#regime.classify(this.#regime.read(join(lo, hi), level), level);
      byLow.set(low, found);
    }
    return found;
  }
}

class Walker {
  readonly #regime: Regime;
  readonly #memory: AddressSpace;
  readonly #classifier: Classifier;
  readonly #from: number;
  readonly #to: number;
  readonly #listPayload: boolean;
  readonly #maxTables: number;
  readonly #maxRanges: number;
  readonly #batch = new BatchBuilder();
  readonly #missing: MissingTable[] = [];
  #missingTotal = 0;
  #tables = 0;
  #leaves = 0;
  #payload = 0;
  #faults = 0;
  #stopped: string | undefined;

  constructor(regime: Regime, memory: AddressSpace, options: WalkOptions) {
    this.#regime = regime;
    this.#memory = memory;
    this.#classifier = new Classifier(regime);
    this.#from = options.from ?? 0;
    this.#to = options.to ?? ALL_FRAMES;
    this.#listPayload = options.payload ?? false;
    this.#maxTables = options.maxTables ?? DEFAULT_MAX_TABLES;
    this.#maxRanges = options.maxRanges ?? DEFAULT_MAX_RANGES;
  }

  root(root: Root): void {
    const level = this.#regime.levels[root.level];
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
      regime: this.#regime,
      leaves: this.#batch,
      counts: { tables: this.#tables, leaves: this.#leaves, payload: this.#payload, faults: this.#faults },
      missing: this.#missing,
      missingTotal: this.#missingTotal,
      ...(this.#stopped === undefined ? {} : { stopped: this.#stopped }),
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
    if (this.#stopped !== undefined) return;
    if (++this.#tables > this.#maxTables) {
      this.#stopped = `stopped after ${this.#maxTables} tables: the tree is larger, or its tables contain each other`;
      return;
    }
    const { entryBytes, levels } = this.#regime;
    const { shift } = levels[level] as Regime['levels'][number];
    const span = 2 ** (shift - FRAME_SHIFT);
    const start = address + first * entryBytes;
    const stop = address + end * entryBytes;
    // a table may be larger than a page (64KB granule, concatenation) or share one (PAE, small stage 2 roots)
    for (let place = start; place < stop; ) {
      const frame = Math.floor(place / FRAME_BYTES);
      const pageEnd = Math.min(stop, (frame + 1) * FRAME_BYTES);
      const input = inputFrame + ((place - start) / entryBytes) * span;
      const count = (pageEnd - place) / entryBytes;
      const words = this.#memory.page(frame);
      if (words) this.#entries(words, (place % FRAME_BYTES) / 4, place, count, level, span, input, inherited);
      else this.#note(place, level, input, count * span);
      place = pageEnd;
    }
  }

  #note(address: number, level: number, input: number, frames: number): void {
    if (input >= this.#to || input + frames <= this.#from) return;
    this.#missingTotal++;
    if (this.#missing.length < MISSING_KEPT) this.#missing.push({ address, level, input, frames });
  }

  #entries(
    words: Uint32Array,
    offset: number,
    place: number,
    count: number,
    level: number,
    span: number,
    input: number,
    inherited: number,
  ): void {
    const { entryBytes, payload } = this.#regime;
    const { pointsToTable, table, leaf } = this.#regime.levels[level] as Regime['levels'][number];
    const step = entryBytes / 4;
    const below = this.#regime.levels[level - 1];
    for (let i = 0; i < count; i++) {
      const lo = words[offset + i * step] as number;
      const hi = step === 2 ? (words[offset + i * step + 1] as number) : 0;
      if (lo === 0 && hi === 0) continue;
      const frame = input + i * span;
      if (frame >= this.#to) return;
      if (frame + span <= this.#from) continue;
      const asTable = pointsToTable(lo, hi);
      const form = asTable ? table : leaf;
      const { kind, inherits } = this.#classifier.classOf(lo, hi, level, asTable, form);
      const at = place + i * entryBytes;
      switch (kind) {
        case 'table':
          if (below)
            this.#table(
              form.address(lo, hi),
              level - 1,
              frame,
              0,
              2 ** below.indexBits,
              inherited | inherits,
            );
          if (this.#stopped !== undefined) return;
          break;
        case 'leaf':
          this.#leaves++;
          this.#emit(
            frame,
            form.address(lo, hi) / FRAME_BYTES,
            span,
            lo,
            hi,
            at,
            level,
            KIND.leaf,
            inherited,
            form,
          );
          break;
        case 'fault':
          this.#faults++;
          this.#emit(frame, 0, span, lo, hi, at, level, KIND.fault, inherited, form);
          break;
        case 'payload':
        case 'empty':
          if ((lo & payload[0]) === 0 && (hi & payload[1]) === 0) break;
          this.#payload++;
          if (this.#listPayload) this.#emit(frame, 0, span, lo, hi, at, level, KIND.payload, inherited, form);
      }
    }
  }

  #emit(
    input: number,
    output: number,
    span: number,
    lo: number,
    hi: number,
    at: number,
    level: number,
    kind: number,
    inherited: number,
    form: EntryForm,
  ): void {
    const batch = this.#batch;
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
      const [maskLo, maskHi] = form.attributes;
      const continues =
        kind === KIND.leaf
          ? ((lastLo ^ lo) & maskLo) === 0 &&
            ((lastHi ^ hi) & maskHi) === 0 &&
            (batch.output[last] as number) + (batch.frames[last] as number) === output
          : lastLo === lo && lastHi === hi; // entries that map nothing: only the very same word continues a range
      if (continues) {
        batch.frames[last] = (batch.frames[last] as number) + span;
        return;
      }
    }
    if (batch.length >= this.#maxRanges) {
      this.#stopped = `stopped after ${this.#maxRanges} ranges`;
      return;
    }
    batch.push(input, output, span, lo, hi, at, level, kind, inherited);
  }
}
