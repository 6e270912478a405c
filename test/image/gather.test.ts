/** Many pages at once are the pages that are had one by one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NOT_HELD } from '../../src/image/address-space.ts';
import { ExtentReader, PagedSpace } from '../../src/image/paged.ts';
import { MemorySource } from '../../src/image/source.ts';
import { Heap } from '../../src/kernels/heap.ts';
import { typescriptKernels } from '../../src/kernels/kernels.ts';
import { Arena } from '../../src/walk/gather.ts';
import { Memory } from '../support/memory.ts';

const PAGE = 4096;

/** Extents with holes between them; every page says which it is. The last page of the file is cut off. */
function space(extents: readonly { readonly gap: number; readonly pages: number }[]): PagedSpace {
  let [frame, offset] = [0, 0];
  const placed = extents.map(({ gap, pages }) => {
    frame += gap;
    const extent = { frame, end: frame + pages, offset };
    frame += pages;
    offset += pages * PAGE;
    return extent;
  });
  const words = new Uint32Array(offset / 4);
  for (const { frame, end, offset } of placed)
    for (let at = frame; at < end; at++)
      words.fill(at + 1, (offset + (at - frame) * PAGE) / 4, (offset + (at - frame + 1) * PAGE) / 4);
  const bytes = new Uint8Array(words.buffer).slice(0, Math.max(0, offset - 100));
  // through `read`, not as views
  const source = new MemorySource(bytes);
  return new PagedSpace(
    new ExtentReader(
      {
        name: 'test',
        size: bytes.length,
        read: source.read.bind(source),
        readInto: source.readInto.bind(source),
      },
      placed,
    ),
  );
}

const extents = fc.array(fc.record({ gap: fc.nat(12), pages: fc.integer({ min: 1, max: 30 }) }), {
  minLength: 1,
  maxLength: 12,
});
const frames = fc.uniqueArray(fc.nat(300), { maxLength: 60 }).map(list => Float64Array.from(list).sort());

test('pages read together are the pages read one by one, with any room to spare', () => {
  fc.assert(
    fc.property(extents, frames, fc.nat(80), (extents, frames, spare) => {
      const target = new Uint8Array((frames.length + spare) * PAGE);
      const places = space(extents).gather(frames, target);
      const single = space(extents);
      frames.forEach((frame, i) => {
        const page = single.page(frame);
        const place = places[i] as number;
        expect(place === NOT_HELD).toBe(page === undefined);
        if (page) expect(new Uint32Array(target.buffer, place * PAGE, 1024)).toEqual(page);
      });
    }),
    { numRuns: 60 },
  );
});

test('an arena takes frames in any order, twice, missing or none, from spaces with and without large reads', () => {
  const memory = new Memory();
  for (let frame = 0; frame < 40; frame++) memory.touch(frame * PAGE).fill(frame + 1);
  const paged = space([{ gap: 0, pages: 41 }]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 60 }), { maxLength: 50 }), list => {
      for (const from of [memory, paged]) {
        const heap = new Heap(typescriptKernels());
        const places = new Arena(heap, 50).gather(from, Float64Array.from(list));
        expect(Array.from(places, place => (place === 0 ? 0 : heap.u32[place / 4]))).toEqual(
          list.map(frame => (frame >= 0 && frame < 40 ? frame + 1 : 0)),
        );
      }
    }),
    { numRuns: 40 },
  );
});
