import type { AddressSpace } from '../../src/image/address-space.ts';

/** A small memory for tests: 4-KiB pages that exist once touched. */
export class Memory implements AddressSpace {
  readonly #pages = new Map<number, Uint32Array>();

  page(frame: number): Uint32Array | undefined {
    return this.#pages.get(frame);
  }

  get ranges(): { frame: number; end: number }[] {
    return [...this.#pages.keys()].sort((a, b) => a - b).map(frame => ({ frame, end: frame + 1 }));
  }

  /** Make the page of this byte address exist, zeroed. */
  touch(address: number): Uint32Array {
    const frame = Math.floor(address / 4096);
    const page = this.#pages.get(frame) ?? new Uint32Array(1024);
    this.#pages.set(frame, page);
    return page;
  }

  /** Store one 64-bit entry. */
  write(address: number, word: bigint): void {
    const page = this.touch(address);
    page[(address % 4096) / 4] = Number(word & 0xffff_ffffn);
    page[(address % 4096) / 4 + 1] = Number(word >> 32n);
  }
}
