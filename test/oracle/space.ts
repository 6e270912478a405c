import type { AddressSpace } from '../../src/image/address-space.ts';
import type { Grown } from './random.ts';

/** What a generator has made up so far, as pages of memory; whatever it did not say is zero, or no memory at all. */
export function spaceOf({ words }: Grown): AddressSpace {
  const pages = new Map<number, Uint32Array>();
  for (const [address, { word, bytes }] of words) {
    const frame = Number(address >> 12n);
    const page = pages.get(frame) ?? new Uint32Array(1024);
    pages.set(frame, page);
    const index = Number(address & 0xfffn) / 4;
    page[index] = Number(word & 0xffff_ffffn);
    if (bytes === 8) page[index + 1] = Number(word >> 32n);
  }
  return {
    page: frame => pages.get(frame),
    ranges: [...pages.keys()].sort((a, b) => a - b).map(frame => ({ frame, end: frame + 1 })),
  };
}
