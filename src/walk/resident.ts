/** An image that lies in the kernels' memory: the fast walker reads its tables where they are. */
import type { AddressSpace, FrameRange } from '../image/address-space.ts';
import { bytesOf, type Frame, PAGE_BYTES } from '../image/frames.ts';
import type { Heap } from '../kernels/heap.ts';

export class ResidentImage implements AddressSpace {
  readonly heap: Heap;
  readonly ranges: readonly FrameRange[];
  /** Address of the first page in the kernels' memory. */
  readonly place: number;
  readonly #frame: Frame;
  readonly #pages: number;

  /**
   * Room for `pages` pages that begin at `frame`. Fill it through `bytes`, for instance with `readSync`.
   * @throws RangeError where the kernels' memory, 4 GiB in all, has no such room.
   */
  constructor(heap: Heap, pages: number, frame = 0) {
    this.heap = heap;
    this.place = heap.take(bytesOf(pages));
    this.#frame = frame;
    this.#pages = pages;
    this.ranges = [{ frame, end: frame + pages }];
  }

  /** All of it. A view: get it again after the memory has grown. */
  get bytes(): Uint8Array {
    return this.heap.u8.subarray(this.place, this.place + bytesOf(this.#pages));
  }

  /** Where a page lies in the kernels' memory; 0 for pages that are not held. */
  placeOf(frame: Frame): number {
    const index = frame - this.#frame;
    return index >= 0 && index < this.#pages ? this.place + bytesOf(index) : 0;
  }

  page(frame: Frame): Uint32Array | undefined {
    const place = this.placeOf(frame);
    return place ? this.heap.u32.subarray(place >> 2, (place + PAGE_BYTES) >> 2) : undefined;
  }
}
