/** Room in the kernels' memory, and views on it. */
import type { Kernels } from './api.ts';

/** The first bytes stay free: a kernel may read the word before a block. */
const FIRST = 4096;
const LINE = 64;

/**
 * Hands out memory in order; `release` gives back everything since a `mark`. Views are made again when the memory has
 * grown: fetch them after the last `take`.
 */
export class Heap {
  readonly kernels: Kernels;
  #top = FIRST;
  #buffer: ArrayBuffer | undefined;
  #u8 = new Uint8Array(0);
  #u32 = new Uint32Array(0);
  #f64 = new Float64Array(0);

  constructor(kernels: Kernels) {
    this.kernels = kernels;
  }

  /** Address of `bytes` fresh bytes, aligned to a cache line. Not cleared. @throws RangeError beyond 4 GiB. */
  take(bytes: number): number {
    const at = this.#top;
    const top = at + Math.ceil(bytes / LINE) * LINE;
    this.kernels.reserve(top);
    this.#top = top;
    return at;
  }

  mark(): number {
    return this.#top;
  }
  release(mark: number): void {
    this.#top = mark;
  }

  get u8(): Uint8Array {
    this.#refresh();
    return this.#u8;
  }
  get u32(): Uint32Array {
    this.#refresh();
    return this.#u32;
  }
  get f64(): Float64Array {
    this.#refresh();
    return this.#f64;
  }

  #refresh(): void {
    const { buffer } = this.kernels;
    if (buffer === this.#buffer) return;
    this.#buffer = buffer;
    this.#u8 = new Uint8Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#f64 = new Float64Array(buffer);
  }
}
