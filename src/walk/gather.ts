/** Pages of an image brought together in the kernels' memory, in one sorted pass over the image. */
import { firstNot } from '../bits/search.ts';
import { type AddressSpace, gatherPages, NOT_HELD } from '../image/address-space.ts';
import { bytesOf } from '../image/frames.ts';
import type { Heap } from '../kernels/heap.ts';

/** Room for pages, filled again and again. */
export class Arena {
  readonly #heap: Heap;
  readonly #place: number;
  readonly #pages: number;

  /** Takes room for twice as many pages as are gathered at a time, so that small holes can be read through. */
  constructor(heap: Heap, pages: number) {
    this.#heap = heap;
    this.#pages = 2 * pages;
    this.#place = heap.take(bytesOf(this.#pages));
  }

  /**
   * Bring these frames, in any order and with doubles; negative ones stand for none.
   *
   * @returns where each lies in the kernels' memory, or 0 for one that the image does not hold
   */
  gather(memory: AddressSpace, frames: Float64Array): Uint32Array {
    const sorted = frames.filter(frame => frame >= 0).sort();
    let distinct = 0;
    for (const frame of sorted)
      if (distinct === 0 || frame !== sorted[distinct - 1]) sorted[distinct++] = frame;
    const wanted = sorted.subarray(0, distinct);
    const room = this.#heap.u8.subarray(this.#place, this.#place + bytesOf(this.#pages));
    const pages = gatherPages(memory, wanted, room);
    return Uint32Array.from(frames, frame => {
      const page =
        frame < 0 ? NOT_HELD : (pages[firstNot(distinct, i => (wanted[i] as number) < frame)] as number);
      return page === NOT_HELD ? 0 : this.#place + bytesOf(page);
    });
  }
}
