/** Memory that says how much of it was read: for progress, nothing else changes. */
import { type AddressSpace, type FrameRange, gatherPages } from './address-space.ts';
import type { Frame } from './frames.ts';

/** Pages between two reports: a report costs a look at the clock. */
const EVERY = 1024;

export class Watched implements AddressSpace {
  readonly #space: AddressSpace;
  readonly #report: (pages: number) => void;
  #pages = 0;

  constructor(space: AddressSpace, report: (pages: number) => void) {
    this.#space = space;
    this.#report = report;
  }

  page(frame: Frame): Uint32Array | undefined {
    if (++this.#pages % EVERY === 0) this.#report(this.#pages);
    return this.#space.page(frame);
  }

  get ranges(): readonly FrameRange[] {
    return this.#space.ranges;
  }

  prefetch(frames: ArrayLike<number>): void {
    this.#space.prefetch?.(frames);
  }

  gather(frames: Float64Array, target: Uint8Array): Uint32Array {
    const before = Math.floor(this.#pages / EVERY);
    this.#pages += frames.length;
    if (Math.floor(this.#pages / EVERY) > before) this.#report(this.#pages);
    return gatherPages(this.#space, frames, target);
  }
}
