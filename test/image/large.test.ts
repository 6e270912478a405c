/** Files that do not fit into memory, or into one buffer: sparse, made on the fly. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { heldPages } from '../../src/image/address-space.ts';
import { openImage } from '../../src/image/open.ts';
import { elfCore, numberedPages, type TestNote } from '../support/elf.ts';

const folder = mkdtempSync(join(tmpdir(), 'memattr-large-'));
afterAll(() => rmSync(folder, { recursive: true }));

const GIB = 2 ** 30;

test('an ELF core of 20 GiB: any page, in bounded memory', async () => {
  const path = join(folder, 'large.elf');
  const first = 4096n;
  // Two segments of 10 GiB: one at the bottom, one high up.
  const header = elfCore({
    segments: [
      { paddr: 0n, offset: first, filesz: 10n * BigInt(GIB) },
      { paddr: 0xf_f000_0000_0000n, offset: first + 10n * BigInt(GIB), filesz: 10n * BigInt(GIB) },
    ],
  });
  const fd = openSync(path, 'w');
  writeSync(fd, header, 0, header.length, 0);
  ftruncateSync(fd, Number(first) + 20 * GIB);
  const high = 0xff_0000_0000;
  const marks = [0, 1, 0xf_ffff, 0x10_0000, 0x10_0001, 0x27_ffff].flatMap(page => [page, high + page]);
  const place = (frame: number) => Number(first) + (frame >= high ? 10 * GIB : 0) + (frame % 2 ** 32) * 4096;
  for (const frame of marks) writeSync(fd, numberedPages(1, frame % 0xffff_fff1), 0, 4096, place(frame));
  closeSync(fd);

  const before = process.memoryUsage().arrayBuffers;
  const image = await openImage(path, { cacheBytes: 4 * 2 ** 20 });
  expect(image.remarks).toEqual([]);
  expect(heldPages(image.space)).toBe((20 * GIB) / 4096);
  image.space.prefetch?.(marks);
  for (const frame of marks) expect(image.space.page(frame)?.[1023]).toBe(frame % 0xffff_fff1);
  expect([0x28_0000, high - 1, high + 0x28_0000].map(frame => image.space.page(frame))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  // 40 000 pages over the whole file through a cache of 1024.
  for (let i = 0; i < 40_000; i++) expect(image.space.page((i * 65_521) % 0x28_0000)).toHaveLength(1024);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
  image.close();
});

test('a raw image above 4 GiB', async () => {
  const path = join(folder, 'large.raw');
  const fd = openSync(path, 'w');
  ftruncateSync(fd, 5 * GIB);
  writeSync(fd, numberedPages(1, 77), 0, 4096, 5 * GIB - 4096);
  closeSync(fd);
  const image = await openImage(path, { base: 0x8000_0000n });
  expect(image.space.ranges).toEqual([{ frame: 0x8_0000, end: 0x1c_0000 }]);
  expect(image.space.page(0x1b_ffff)?.[5]).toBe(77);
  image.close();
});

test('hostile sizes cost neither time nor memory', async () => {
  const note: TestNote = {
    name: 'VMCOREINFO',
    type: 0,
    desc: new Uint8Array(2 ** 20).fill(0, 0, 2 ** 20 - 1),
  };
  (note.desc as Uint8Array)[2 ** 20 - 1] = 65;
  const cases = [
    // A text of a million NULs before its last character.
    elfCore({ notes: [note], segments: [{ paddr: 0n, data: numberedPages(1) }] }),
    // Half a million segments, all for the same page, all different.
    elfCore({
      extended: true,
      segments: Array.from({ length: 300_000 }, (_, i) => ({
        paddr: 0x1000n,
        offset: BigInt(i),
        filesz: 0x1000n,
      })),
    }),
  ];
  for (const bytes of cases) {
    const start = process.cpuUsage();
    const image = await openImage(bytes);
    expect(heldPages(image.space)).toBe(1);
    expect(process.cpuUsage(start).user).toBeLessThan(2_000_000);
    image.close();
  }
});
