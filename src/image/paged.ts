/** Pages on demand, from any reader that can say where a run of frames lies, with a bounded cache in front. */
import { type AddressSpace, type FrameRange, joinRanges, NOT_HELD, rangeOf } from './address-space.ts';
import { type Bytes, bytesOf, type Frame, frameOf, PAGE_BYTES, PAGE_WORDS } from './frames.ts';
import type { ByteSource } from './source.ts';

/** How much page data a space keeps by default, in bytes. */
export const DEFAULT_CACHE_BYTES = 64 * 2 ** 20;
/** Pages of one batch: the largest read ahead, and the unit in which the cache forgets. */
const BATCH_PAGES = 64;
/** Prefetching reads through holes of up to this many pages: the bytes cost less than another call. */
const GAP_PAGES = 6;

/** Reads pages for a `PagedSpace`. */
export interface PageReader {
  readonly ranges: readonly FrameRange[];
  /** A page that can be had as a view for nothing (memory), or undefined: then it is read into the cache. */
  view?(frame: Frame): Uint32Array | undefined;
  /**
   * Read pages that begin at `frame`, as many as `target` has room for. Answers how many were read: it stops early where the pages that follow
   * are not held or not neighbours in the file, and answers 0 where `frame` is not held or cannot be had.
   */
  read(frame: Frame, target: Uint8Array): number;
}

interface Batch {
  readonly words: Uint32Array;
  readonly bytes: Uint8Array;
  /** Frames that live in this batch, in order. */
  readonly frames: Frame[];
  /** Touched since the cache last looked for something to forget. */
  used: boolean;
}

interface Slot {
  readonly batch: Batch;
  readonly page: Uint32Array;
}

/**
 * An address space over a reader. Pages are kept in batches; when there are too many, the oldest batch that was not used since the
 * last look goes first (second chance: close to least recently used, and a hit costs one store). A view that someone still holds
 * stays valid: forgetting only drops our reference.
 */
export class PagedSpace implements AddressSpace {
  readonly ranges: readonly FrameRange[];
  readonly #reader: PageReader;
  readonly #slots = new Map<number, Slot>();
  readonly #batches: Batch[] = [];
  readonly #maxBatches: number;
  #lastMiss = -2;
  #ahead = 1;

  constructor(reader: PageReader, cacheBytes = DEFAULT_CACHE_BYTES) {
    this.#reader = reader;
    this.ranges = reader.ranges;
    this.#maxBatches = Math.max(4, Math.floor(cacheBytes / bytesOf(BATCH_PAGES)));
  }

  page(frame: Frame): Uint32Array | undefined {
    const slot = this.#slots.get(frame);
    if (slot !== undefined) {
      slot.batch.used = true;
      return slot.page;
    }
    const view = this.#reader.view?.(frame);
    if (view !== undefined) return view;
    // One page for a jump, twice as many with every neighbour: tables lie scattered, memory scans do not.
    this.#ahead = frame === this.#lastMiss + 1 ? Math.min(this.#ahead * 2, BATCH_PAGES) : 1;
    const got = this.#load(frame, this.#ahead);
    this.#lastMiss = frame + Math.max(got, 1) - 1;
    return this.#slots.get(frame)?.page;
  }

  prefetch(frames: ArrayLike<number>): void {
    const wanted = Float64Array.from(frames).sort();
    // More than half the cache would push out what was just read.
    let budget = Math.floor(this.#maxBatches / 2) * BATCH_PAGES;
    for (let i = 0; i < wanted.length && budget > 0; ) {
      const first = wanted[i] as number;
      if (this.#slots.has(first) || this.#reader.view?.(first) !== undefined) {
        i++;
        continue;
      }
      let last = first;
      for (i++; i < wanted.length; i++) {
        const next = wanted[i] as number;
        if (next > last + 1 + GAP_PAGES || next >= first + BATCH_PAGES) break;
        last = next;
      }
      for (let at = first; at <= last; ) {
        const got = this.#load(at, last + 1 - at);
        at += Math.max(got, 1);
        budget -= Math.max(got, 1);
      }
    }
  }

  gather(frames: Float64Array, target: Uint8Array): Uint32Array {
    const places = new Uint32Array(frames.length).fill(NOT_HELD);
    const room = frameOf(target.length);
    let used = 0;
    for (let i = 0; i < frames.length; ) {
      const first = frames[i] as number;
      const range = rangeOf(this.ranges, first);
      if (range === undefined) {
        i++;
        continue;
      }
      // as far as holes are small, and room is left for the frames that come after
      let end = i + 1;
      let last = first;
      for (; end < frames.length; end++) {
        const next = frames[end] as number;
        const after = frames.length - end - 1;
        if (next >= range.end || next > last + 1 + GAP_PAGES) break;
        if (next > last + 1 && used + (next + 1 - first) + after > room) break;
        last = next;
      }
      const pages = last + 1 - first;
      for (let at = 0; at < pages; ) {
        const into = target.subarray(bytesOf(used + at), bytesOf(used + pages));
        const got = Math.min(this.#reader.read(first + at, into), pages - at);
        for (; i < end && (frames[i] as number) < first + at + Math.max(got, 1); i++)
          if (got > 0) places[i] = used + (frames[i] as number) - first;
        at += Math.max(got, 1);
      }
      used += pages;
    }
    return places;
  }

  /** Read `count` pages at most into the cache; how many came. */
  #load(frame: Frame, count: number): number {
    const batch = this.#room(count);
    const start = batch.frames.length;
    const target = batch.bytes.subarray(bytesOf(start), bytesOf(start + count));
    const got = Math.min(this.#reader.read(frame, target), count);
    for (let i = 0; i < got; i++) {
      const at = (start + i) * PAGE_WORDS;
      batch.frames.push(frame + i);
      if (!this.#slots.has(frame + i))
        this.#slots.set(frame + i, { batch, page: batch.words.subarray(at, at + PAGE_WORDS) });
    }
    return got;
  }

  /** A batch with room for `count` more pages. */
  #room(count: number): Batch {
    const open = this.#batches.at(-1);
    if (open !== undefined && open.frames.length + count <= BATCH_PAGES) return open;
    for (let spared = 0; this.#batches.length >= this.#maxBatches; ) {
      const oldest = this.#batches.shift() as Batch;
      if (oldest.used && spared++ < this.#maxBatches) {
        oldest.used = false;
        this.#batches.push(oldest);
        continue;
      }
      for (const frame of oldest.frames)
        if (this.#slots.get(frame)?.batch === oldest) this.#slots.delete(frame);
    }
    const words = new Uint32Array(BATCH_PAGES * PAGE_WORDS);
    const batch = { words, bytes: new Uint8Array(words.buffer), frames: [], used: false };
    this.#batches.push(batch);
    return batch;
  }
}

/** A run of pages that lie one after the other in the file. */
export interface Extent extends FrameRange {
  /** Byte offset of the first page. */
  readonly offset: Bytes;
}

/** Part of one page: bytes `from` up to `to` of it (exclusive) lie at `offset`. */
export interface Fragment {
  readonly frame: Frame;
  readonly from: Bytes;
  readonly to: Bytes;
  readonly offset: Bytes;
}

/** Pages that lie uncompressed in a file: sorted disjoint extents, and single pages pieced together from fragments. */
export class ExtentReader implements PageReader {
  readonly ranges: readonly FrameRange[];
  readonly #source: ByteSource;
  readonly #extents: readonly Extent[];
  readonly #pieced: ReadonlyMap<number, readonly Fragment[]>;

  constructor(
    source: ByteSource,
    extents: readonly Extent[],
    pieced: ReadonlyMap<number, readonly Fragment[]> = new Map(),
  ) {
    this.#source = source;
    this.#extents = extents;
    this.#pieced = pieced;
    this.ranges = joinRanges([...extents, ...[...pieced.keys()].map(frame => ({ frame, end: frame + 1 }))]);
  }

  view(frame: Frame): Uint32Array | undefined {
    const { bytes } = this.#source;
    if (bytes === undefined) return undefined;
    const extent = rangeOf(this.#extents, frame);
    if (extent === undefined) return undefined;
    const at = bytes.byteOffset + extent.offset + bytesOf(frame - extent.frame);
    return at % 4 === 0 ? new Uint32Array(bytes.buffer, at, PAGE_WORDS) : undefined;
  }

  read(frame: Frame, target: Uint8Array): number {
    const extent = rangeOf(this.#extents, frame);
    if (extent !== undefined) {
      const pages = Math.min(frameOf(target.length), extent.end - frame);
      const offset = extent.offset + bytesOf(frame - extent.frame);
      return frameOf(this.#source.readInto(offset, target.subarray(0, bytesOf(pages))));
    }
    const fragments = this.#pieced.get(frame);
    if (fragments === undefined) return 0;
    target.fill(0, 0, PAGE_BYTES);
    for (const { from, to, offset } of fragments) this.#source.readInto(offset, target.subarray(from, to));
    return 1;
  }
}
