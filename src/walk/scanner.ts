/**
 * The scan kernel as the walker uses it: a regime's leaf forms compiled to masks, segments queued, patterns looked up in
 * the rules when the kernel asks, rows taken away to a batch.
 */

import type { FrameRange } from '../image/address-space.ts';
import type { Heap } from '../memtype/kernels/heap.ts';
import * as at from '../memtype/kernels/layout.ts';
import { patternBucket } from '../memtype/kernels/twin.ts';
import type { LeafBatch } from './batch.ts';
import type { Classifier } from './classifier.ts';
import { type EntryForm, KIND, type Level, type Regime } from './regime.ts';
import type { ResidentImage } from './resident.ts';

type Halves = readonly [lo: number, hi: number];

/** An entry form, as the kernel wants it. */
export interface FormMasks {
  readonly attributes: Halves;
  readonly step: Halves;
  readonly field: Halves;
  readonly inPlace: Halves;
  readonly moved: Halves;
  readonly movedBy: number;
}

const bitOf = (position: number): Halves =>
  position < 32 ? [(1 << position) >>> 0, 0] : [0, (1 << (position - 32)) >>> 0];
const has = ([lo, hi]: Halves, position: number): boolean =>
  (((position < 32 ? lo : hi) >>> (position & 31)) & 1) === 1;
const masked = (positions: readonly number[]): Halves =>
  positions.reduce<Halves>(
    ([lo, hi], position) => {
      const [low, high] = bitOf(position);
      return [(lo | low) >>> 0, (hi | high) >>> 0];
    },
    [0, 0],
  );

/**
 * What an entry form does to each single bit. An address is bits in place and at most one group that stands elsewhere;
 * undefined for a form that is not like that: the exact walker reads it.
 */
export function formMasks(form: EntryForm, shift: number): FormMasks | undefined {
  const positions = Array.from({ length: 64 }, (_, position) => position);
  const weights = positions.map(position => form.address(...bitOf(position)));
  const inPlace = positions.filter(position => weights[position] === 2 ** position);
  const moved = positions.filter(position => weights[position] !== 0 && weights[position] !== 2 ** position);
  const distances = new Set(moved.map(position => Math.log2(weights[position] as number) - position));
  const movedBy = [...distances][0] ?? 0;
  if (distances.size > 1 || !Number.isInteger(movedBy) || movedBy < 0 || movedBy > 63) return undefined;
  // as far as the low half reaches: the kernel compares neighbours in halves
  let top = shift;
  while (top < 32 && inPlace.includes(top) && !has(form.attributes, top)) top++;
  return {
    attributes: form.attributes,
    step: bitOf(shift),
    field: masked(positions.slice(shift, top)),
    inPlace: masked(inPlace),
    moved: masked(moved),
    movedBy,
  };
}

/** Segments of one kernel call. A call takes well under a millisecond per hundred segments. */
export const SEGMENTS_PER_SCAN = 2048;
/** Rows that stay in the second-level cache until they are taken away (bench/walk: 64 K rows cost 1.3 times as much). */
const ROWS_PER_SCAN = 16384;

/** One kernel's worth of queue, tables and rows. Reusable: `begin` starts a walk. */
export class Scanner {
  readonly heap: Heap;
  readonly #job: number;
  readonly #levels: number;
  readonly #patterns: number;
  readonly #segments: number;
  readonly #piece: number;
  #queued = 0;
  // views, fetched once per walk: nothing takes room while one runs
  #u32: Uint32Array = new Uint32Array(0);
  #f64: Float64Array = new Float64Array(0);
  #classify: (lo: number, hi: number, level: number) => number = () => KIND.empty;

  /** `capacity`: rows that there is room for; when they are full they are taken away. */
  constructor(heap: Heap, capacity = ROWS_PER_SCAN) {
    this.heap = heap;
    this.#job = heap.take(at.SCAN_BYTES);
    this.#levels = heap.take(at.SCAN_MAX_LEVELS * at.LEVEL_BYTES);
    this.#patterns = heap.take(at.SCAN_MAX_LEVELS * at.PATTERNS_BYTES);
    this.#segments = heap.take(SEGMENTS_PER_SCAN * at.SEGMENT_BYTES);
    this.#piece = heap.take(at.DESCEND_BYTES);
    const columns = [
      [at.SCAN_INPUT, 8],
      [at.SCAN_OUTPUT, 8],
      [at.SCAN_FRAMES, 8],
      [at.SCAN_AT, 8],
      [at.SCAN_LO, 4],
      [at.SCAN_HI, 4],
      [at.SCAN_INHERITED, 4],
      [at.SCAN_LEVEL, 1],
      [at.SCAN_KIND, 1],
    ] as const;
    const places = columns.map(([, size]) => heap.take(size * capacity));
    heap.u8.fill(0, this.#job, this.#job + at.SCAN_BYTES);
    columns.forEach(([field], i) => {
      this.#set(field, places[i] as number);
    });
    this.#set(at.SCAN_CAPACITY, capacity);
    this.#set(at.SCAN_SEGMENTS, this.#segments);
    this.#set(at.SCAN_LEVELS, this.#levels);
  }

  /** Start a walk. `ignore`: bits that may differ between entries of one range. Undefined: this regime is not for us. */
  begin(
    regime: Regime,
    masks: readonly FormMasks[],
    classifier: Classifier,
    listPayload: boolean,
    ignore: Halves,
  ): void {
    const { heap } = this;
    this.#queued = 0;
    this.#u32 = heap.u32;
    this.#f64 = heap.f64;
    for (const field of [at.SCAN_ROWS, at.SCAN_OPEN, at.SCAN_SEGMENT, at.SCAN_ENTRY, at.SCAN_SEGMENT_COUNT])
      this.#set(field, 0);
    heap.u8.fill(0, this.#job + at.SCAN_PAYLOADS, this.#job + at.SCAN_UNKNOWN);
    heap.u8.fill(0, this.#patterns, this.#patterns + at.SCAN_MAX_LEVELS * at.PATTERNS_BYTES);
    this.#set(at.SCAN_LIST_PAYLOAD, listPayload ? 1 : 0);
    masks.forEach((leaf, index) => {
      const base = (this.#levels + index * at.LEVEL_BYTES) >> 2;
      const put = (offset: number, [lo, hi]: Halves): void => {
        heap.u32.set([lo, hi], base + (offset >> 2));
      };
      put(at.LEVEL_ATTRIBUTES, leaf.attributes);
      put(at.LEVEL_KEEP, [~ignore[0] >>> 0, ~ignore[1] >>> 0]);
      put(at.LEVEL_STEP, leaf.step);
      put(at.LEVEL_FIELD, leaf.field);
      put(at.LEVEL_IN_PLACE, leaf.inPlace);
      put(at.LEVEL_MOVED, leaf.moved);
      put(at.LEVEL_MOVED_BY, [leaf.movedBy, 0]);
      put(at.LEVEL_PAYLOAD, regime.payload);
      const { shift } = regime.levels[index] as Level;
      put(at.LEVEL_SPAN_LG2, [shift - 12, this.#patterns + index * at.PATTERNS_BYTES]);
    });
    this.#classify = (lo, hi, level) => {
      const { leaf } = regime.levels[level] as Level;
      return KIND[classifier.classOf(lo, hi, level, false, leaf).kind];
    };
  }

  get room(): number {
    return SEGMENTS_PER_SCAN - this.#queued;
  }

  /** Queue a piece of a table that lies at `entries` in the kernel's memory. There must be room. */
  queue(
    entries: number,
    count: number,
    level: number,
    inherited: number,
    input: number,
    place: number,
  ): void {
    const segment = this.#segments + this.#queued++ * at.SEGMENT_BYTES;
    const u32 = this.#u32;
    const f64 = this.#f64;
    u32[(segment + at.SEGMENT_ENTRIES) >> 2] = entries;
    u32[(segment + at.SEGMENT_COUNT) >> 2] = count;
    u32[(segment + at.SEGMENT_LEVEL) >> 2] = level;
    u32[(segment + at.SEGMENT_INHERITED) >> 2] = inherited;
    f64[(segment + at.SEGMENT_INPUT) >> 3] = input;
    f64[(segment + at.SEGMENT_AT) >> 3] = place;
  }

  /** Scan what is queued, and empty the queue. `take` gets rows when there is no room left: views, to be copied. */
  run(take: (rows: LeafBatch) => void): void {
    if (this.#queued === 0) return;
    this.#set(at.SCAN_SEGMENT_COUNT, this.#queued);
    this.#set(at.SCAN_SEGMENT, 0);
    this.#set(at.SCAN_ENTRY, 0);
    this.#untilDone(() => this.heap.kernels.scan(this.#job), take);
    this.#queued = 0;
  }

  /**
   * Scan the leaf tables that the entries from `index` up to `end` point to, where they all lie in one image in the
   * kernels' memory and have this pattern of attribute bits.
   *
   * @returns the first entry that is something else, or `end`; and how many tables were scanned
   */
  descend(
    {
      image,
      form,
      words,
      pattern,
      inherited,
      input,
      span,
      count,
    }: {
      readonly image: ResidentImage;
      readonly form: FormMasks;
      /** Entry 0, in the kernels' memory. */
      readonly words: number;
      readonly pattern: Halves;
      readonly inherited: number;
      /** Input frame of entry 0, and frames of one entry. */
      readonly input: number;
      readonly span: number;
      /** Entries of a leaf table. */
      readonly count: number;
    },
    index: number,
    end: number,
    take: (rows: LeafBatch) => void,
  ): readonly [next: number, tables: number] {
    const piece = this.#piece;
    const { u32, f64 } = this.heap;
    const put = (offset: number, ...values: readonly number[]): void => {
      u32.set(values, (piece + offset) >> 2);
    };
    put(at.DESCEND_ENTRIES, words, index, end, 0);
    put(
      at.DESCEND_ATTRIBUTES,
      ...form.attributes,
      ...pattern,
      ...form.inPlace,
      ...form.moved,
      form.movedBy,
      0,
    );
    f64[(piece + at.DESCEND_INPUT) >> 3] = input;
    f64[(piece + at.DESCEND_SPAN) >> 3] = span;
    const { frame, end: last } = image.ranges[0] as FrameRange;
    const pages = last - frame;
    put(at.DESCEND_IMAGE_FRAME, frame >>> 0, Math.floor(frame / 2 ** 32), pages, 0, image.place);
    put(at.DESCEND_SEGMENT + at.SEGMENT_COUNT, count, 0, inherited);
    this.#set(at.SCAN_ENTRY, 0);
    this.#untilDone(() => this.heap.kernels.descend(this.#job, piece), take);
    return [u32[(piece + at.DESCEND_INDEX) >> 2] as number, u32[(piece + at.DESCEND_TABLES) >> 2] as number];
  }

  #untilDone(scan: () => number, take: (rows: LeafBatch) => void): void {
    for (;;) {
      const answer = scan();
      if (answer === at.SCAN_ASKS) this.#tell();
      else if (answer === at.SCAN_FULL) this.#drain(take);
      else return;
    }
  }

  /** End the range that is still open, and hand over all rows. */
  finish(take: (rows: LeafBatch) => void): void {
    this.heap.kernels.finish(this.#job);
    this.#drain(take);
  }

  /** End the range that is still open; the rows that were not taken away, where they are. */
  finishInPlace(): LeafBatch {
    this.heap.kernels.finish(this.#job);
    return this.#rows(this.#get(at.SCAN_ROWS));
  }

  get payloads(): number {
    return this.#count(at.SCAN_PAYLOADS);
  }
  get faults(): number {
    return this.#count(at.SCAN_FAULTS);
  }
  leafFrames(level: number): number {
    return this.#count(at.SCAN_LEAF_FRAMES + 8 * level);
  }

  #get(field: number): number {
    return this.heap.u32[(this.#job + field) >> 2] as number;
  }
  #set(field: number, value: number): void {
    this.heap.u32[(this.#job + field) >> 2] = value;
  }
  #count(field: number): number {
    return this.#get(field) + this.#get(field + 4) * 2 ** 32;
  }

  /** Look up the pattern that the kernel asks for, and write its meaning where the kernel will find it. */
  #tell(): void {
    const [lo, hi] = [this.#get(at.SCAN_UNKNOWN), this.#get(at.SCAN_UNKNOWN + 4)];
    const level = this.#get(at.SCAN_UNKNOWN_LEVEL);
    const bucket =
      this.#patterns + level * at.PATTERNS_BYTES + patternBucket(lo, hi) * at.PATTERN_WAYS * at.PATTERN_BYTES;
    const { u32 } = this.heap;
    const slots = Array.from({ length: at.PATTERN_WAYS }, (_, way) => (bucket + way * at.PATTERN_BYTES) >> 2);
    const meaningAt = at.PATTERN_MEANING >> 2;
    // a bucket that is full forgets its oldest pattern
    let slot = slots.find(slot => u32[slot + meaningAt] === 0);
    if (slot === undefined) {
      const [first, second] = slots as [number, number];
      u32.copyWithin(first, second, first + (at.PATTERN_WAYS * at.PATTERN_BYTES) / 4);
      slot = slots.at(-1) as number;
    }
    u32.set([lo, hi, 1 + this.#classify(lo, hi, level)], slot);
  }

  /** Hand finished rows over; the open one moves to the front. */
  #drain(take: (rows: LeafBatch) => void): void {
    const count = this.#get(at.SCAN_ROWS);
    const rows = this.#rows(count);
    take(rows);
    if (this.#get(at.SCAN_OPEN) !== 0)
      for (const column of Object.values(rows))
        if (typeof column !== 'number') column[0] = column[count] as number;
    this.#set(at.SCAN_ROWS, 0);
  }

  /** The first rows and the one behind them, as views. */
  #rows(length: number): LeafBatch {
    const { buffer } = this.heap.kernels;
    const f64 = (field: number) => new Float64Array(buffer, this.#get(field), length + 1);
    const u32 = (field: number) => new Uint32Array(buffer, this.#get(field), length + 1);
    const u8 = (field: number) => new Uint8Array(buffer, this.#get(field), length + 1);
    return {
      length,
      input: f64(at.SCAN_INPUT),
      output: f64(at.SCAN_OUTPUT),
      frames: f64(at.SCAN_FRAMES),
      lo: u32(at.SCAN_LO),
      hi: u32(at.SCAN_HI),
      at: f64(at.SCAN_AT),
      level: u8(at.SCAN_LEVEL),
      kind: u8(at.SCAN_KIND),
      inherited: u32(at.SCAN_INHERITED),
    };
  }
}
