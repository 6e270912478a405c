/** Memory as the walkers see it: pages by frame number, or nothing. */
import type { Finding } from '../bits/codec.ts';
import { firstNot } from '../bits/search.ts';
import { bytesOf, type Frame, frameAt, PAGE_BYTES } from './frames.ts';

/** Physical (or any) memory, page frame by page frame. */
export interface AddressSpace {
  /**
   * The 4-KiB page at `frame` as 1024 little-endian 32-bit words, or undefined where the image does not hold it.
   * Views stay valid and are read-only.
   */
  page(frame: Frame): Uint32Array | undefined;
  /** Ranges held, in frames, sorted, disjoint, never touching, end exclusive. */
  readonly ranges: readonly FrameRange[];
  /** Where the pages really lie, where this is another view of them. */
  readonly behind?: AddressSpace;
  /**
   * A hint that these frames are wanted soon: they are read in as few large reads as pay. `frames` is sorted here, so
   * its order does not matter; frames that are not held are passed over. No more is read than the cache can keep.
   */
  prefetch?(frames: ArrayLike<number>): void;
  /**
   * Read many pages straight into `target`, past any cache, in as few large reads as pay. `frames` is sorted and without
   * doubles. `target` has room for at least as many pages; where it has more, holes between frames are read through.
   *
   * @returns for each frame the page of `target` that it is in, or `NOT_HELD`
   */
  gather?(frames: Float64Array, target: Uint8Array): Uint32Array;
  /**
   * Why a page cannot be had though memory may hold it: somebody denies it to whoever reads tables there. Undefined where
   * nobody does: what `page` does not give then is not held.
   *
   * @param top the page is where walks begin, of which half of the addresses: more may be asked of it than of other tables
   */
  refusal?(frame: Frame, top?: 'lower' | 'upper'): Finding | undefined;
}

/** Of `gather`: a frame that cannot be had. */
export const NOT_HELD = 0xffff_ffff;

/** As `gather`, for any space: those that have no large reads are asked page by page. */
export function gatherPages(space: AddressSpace, frames: Float64Array, target: Uint8Array): Uint32Array {
  if (space.gather) return space.gather(frames, target);
  space.prefetch?.(frames);
  return Uint32Array.from(frames, (frame, i) => {
    const words = space.page(frame);
    if (!words) return NOT_HELD;
    target.set(new Uint8Array(words.buffer, words.byteOffset, PAGE_BYTES), bytesOf(i));
    return i;
  });
}

/** A run of page frames, end exclusive. */
export interface FrameRange {
  readonly frame: Frame;
  readonly end: number;
}

/** How many pages the image has behind all views of it. */
export const imagePages = (space: AddressSpace): number =>
  space.behind ? imagePages(space.behind) : heldPages(space);

/** How many pages the space holds. */
export const heldPages = (space: AddressSpace): number =>
  space.ranges.reduce((sum, { frame, end }) => sum + (end - frame), 0);

/** The one of sorted ranges that `frame` lies in. */
export function rangeOf<R extends FrameRange>(ranges: readonly R[], frame: Frame): R | undefined {
  const range = ranges[firstNot(ranges.length, i => (ranges[i] as R).end <= frame)];
  return range !== undefined && range.frame <= frame ? range : undefined;
}

/** Whether `frame` lies in one of the sorted ranges. */
export const holds = (ranges: readonly FrameRange[], frame: Frame): boolean =>
  rangeOf(ranges, frame) !== undefined;

/** The naturally aligned 64-bit word at a byte address, or undefined where the page is not held. */
export function readWord64(space: AddressSpace, address: bigint): bigint | undefined {
  const page = space.page(frameAt(address));
  if (page === undefined) return undefined;
  const word = Number((address & 0xff8n) >> 2n);
  return (BigInt(page[word + 1] as number) << 32n) | BigInt(page[word] as number);
}

/** The same ranges, sorted, with overlapping and touching ones joined. */
export function joinRanges(ranges: Iterable<FrameRange>): FrameRange[] {
  const sorted = [...ranges].filter(({ frame, end }) => end > frame).sort((a, b) => a.frame - b.frame);
  const joined: { frame: Frame; end: Frame }[] = [];
  for (const { frame, end } of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && frame <= last.end) last.end = Math.max(last.end, end);
    else joined.push({ frame, end });
  }
  return joined;
}
