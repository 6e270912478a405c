/**
 * The scan kernel as the walker uses it: a regime's leaf forms compiled to masks, segments queued, patterns looked up in
 * the rules when the kernel asks, rows taken away to a batch.
 */

import type { FrameRange } from '../image/address-space.ts';
import type { Bytes, Frame } from '../image/frames.ts';
import type { Heap } from '../kernels/heap.ts';
import * as at from '../kernels/layout.ts';
import type { LeafBatch } from './batch.ts';
import type { Classifier } from './classifier.ts';
import { type FormMasks, type Halves, LevelTables } from './level-tables.ts';
import type { Regime } from './regime.ts';
import type { ResidentImage } from './resident.ts';

/** Segments of one kernel call. A call takes well under a millisecond per hundred segments. */
export const SEGMENTS_PER_SCAN = 2048;
/** Rows that stay in the second-level cache until they are taken away (bench/walk: 64 K rows cost 1.3 times as much). */
const ROWS_PER_SCAN = 16384;

/** One kernel's worth of queue, tables and rows. Reusable: `begin` starts a walk. */
export class Scanner {
  readonly heap: Heap;
  readonly #job: number;
  readonly #levels: LevelTables;
  readonly #segments: number;
  readonly #piece: number;
  #queued = 0;
  // views, fetched once per walk: nothing takes room while one runs
  #u32: Uint32Array = new Uint32Array(0);
  #f64: Float64Array = new Float64Array(0);

  /** `capacity`: rows that there is room for; when they are full they are taken away. */
  constructor(heap: Heap, capacity = ROWS_PER_SCAN) {
    this.heap = heap;
    this.#job = heap.take(at.SCAN_BYTES);
    this.#levels = new LevelTables(heap);
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
    this.#set(at.SCAN_LEVELS, this.#levels.place);
  }

  /** Start a walk. `ignore`: bits that may differ between entries of one range. Undefined: this regime is not for us. */
  begin(
    regime: Regime,
    forms: readonly FormMasks[],
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
    this.#set(at.SCAN_LIST_PAYLOAD, listPayload ? 1 : 0);
    this.#levels.begin(regime, forms, classifier, ignore);
  }

  get room(): number {
    return SEGMENTS_PER_SCAN - this.#queued;
  }

  /** Queue a piece of a table that lies at `entries` in the kernel's memory. There must be room. */
  queue(entries: number, count: number, level: number, inherited: number, input: Frame, place: Bytes): void {
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
      readonly input: Frame;
      readonly span: Frame;
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
      if (answer === at.SCAN_ASKS)
        this.#levels.tell(
          [this.#get(at.SCAN_UNKNOWN), this.#get(at.SCAN_UNKNOWN + 4)],
          this.#get(at.SCAN_UNKNOWN_LEVEL),
        );
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

  /** What was scanned is not to be used: there are leaves whose address the kernel does not know. */
  get metGroup(): boolean {
    return this.#levels.metGroup;
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
