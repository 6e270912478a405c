/** Files and compression around images. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { heldPages } from '../../src/image/address-space.ts';
import { openImage } from '../../src/image/open.ts';
import { concat, elfCore, numberedPages } from '../support/elf.ts';
import { fixture, fixtureBytes, openFixture } from '../support/fixtures.ts';
import { temporaryFolder } from '../support/folder.ts';

const { path: folder, write: file } = temporaryFolder();

const core = elfCore({ segments: [{ paddr: 0x1000n, data: numberedPages(200, 1000) }] });

test('the same pages from memory, from a file, from gzip, from gzip twice, from zstd', async () => {
  const ways = [
    await openImage(core),
    await openImage(file('plain', core)),
    await openImage(gzipSync(core)),
    await openImage(file('gz', gzipSync(core))),
    await openImage(gzipSync(gzipSync(core))),
    await openImage(gzipSync(core), { limits: { memoryBytes: 4096 } }),
  ];
  for (const image of ways) {
    expect(image.remarks).toEqual([]);
    for (let frame = 1; frame <= 200; frame++) expect(image.space.page(frame)?.[1023]).toBe(999 + frame);
    expect(image.space.page(0)).toBeUndefined();
    expect(image.space.page(201)).toBeUndefined();
    image.close();
  }
  expect(ways.map(({ compression }) => compression.length)).toEqual([0, 0, 1, 1, 2, 1]);
  await expect(openImage(gzipSync(gzipSync(gzipSync(gzipSync(core)))))).rejects.toThrow(
    'compressed more than 3 times over',
  );
});

test('zstd: the bytes that the library unpacks in one go', async () => {
  const name = 'real/x86/qemu-npt-256m/sparse.elf';
  expect(fixture(name)).toMatch(/\.zst$/);
  const direct = await openImage(fixtureBytes(name));
  const packed = await openFixture(name);
  expect(packed.compression).toEqual(['zstd']);
  expect(packed.space.ranges).toEqual(direct.space.ranges);
  for (const { frame, end } of direct.space.ranges)
    for (let at = frame; at < end; at++) expect(packed.space.page(at)).toEqual(direct.space.page(at));
});

describe('damaged compression', () => {
  test('cut gzip: what came out before the cut is answered, and it is said', async () => {
    const packed = gzipSync(core, { level: 0 });
    const image = await openImage(packed.subarray(0, packed.length >> 1));
    expect(image.remarks.map(({ id }) => id)).toEqual(['compression', 'truncated', 'partial-page']);
    expect(heldPages(image.space)).toBeGreaterThan(90);
    expect(image.space.page(50)?.[0]).toBe(1049);
  });

  test('cut zstd likewise', async () => {
    const packed = readFileSync(fixture('real/arm64/max-vhe-fwb/sparse.elf'));
    const image = await openImage(packed.subarray(0, packed.length >> 1));
    expect(image.remarks[0]?.id).toBe('compression');
    expect(heldPages(image.space)).toBeGreaterThan(100);
  });

  test('nothing but a header is an error', async () => {
    await expect(openImage(gzipSync(core).subarray(0, 12), { name: 'x.gz' })).rejects.toThrow(
      /^x\.gz: .*damaged gzip data/,
    );
    await expect(
      openImage(new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0, 0xff, 1, 2]), { name: 'x.zst' }),
    ).rejects.toThrow(/^x\.zst: .*window/);
  });

  test('a bomb is cut at the limit', async () => {
    const bomb = gzipSync(new Uint8Array(64 * 2 ** 20));
    expect(bomb.length).toBeLessThan(100_000);
    const limits = { memoryBytes: 2 ** 20, outputBytes: 2 ** 22 };
    const image = await openImage(bomb, { base: 0n, limits });
    expect(image.remarks.map(({ id }) => id)).toEqual(['output-limit']);
    expect(heldPages(image.space)).toBe(1024);
    image.close();
  });
});

/** A zstd frame by hand (RFC 8878): no checksum, no content size, blocks stored or of one repeated byte. */
function zstdFrame(
  windowLog2: number,
  bytes: Uint8Array,
  damagedAfter = Number.POSITIVE_INFINITY,
): Uint8Array {
  const out: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog2 - 10) << 3)];
  const block = 128 * 1024;
  for (let at = 0; at < bytes.length; at += block) {
    const part = bytes.subarray(at, at + block);
    const last = at + block >= bytes.length ? 1 : 0;
    const repeated = part.every(byte => byte === part[0]);
    // Block type 3 is reserved.
    const type = at >= damagedAfter ? 3 : repeated ? 1 : 0;
    const head = last | (type << 1) | (part.length << 3);
    out.push(Uint8Array.of(head & 255, (head >> 8) & 255, head >> 16), repeated ? part.subarray(0, 1) : part);
  }
  return concat(out);
}

describe.each([20, 23, 24, 27])('zstd with a window of 2^%i', windowLog2 => {
  const pages = numberedPages(300, 0x01020304);

  test('comes out whole', async () => {
    const image = await openImage(zstdFrame(windowLog2, concat([pages, new Uint8Array(2 ** 20)])), {
      base: 0n,
    });
    expect(image.remarks).toEqual([]);
    expect(heldPages(image.space)).toBe(556);
    for (let frame = 0; frame < 300; frame++) expect(image.space.page(frame)?.[9]).toBe(0x01020304 + frame);
    expect(image.space.page(400)).toEqual(new Uint32Array(1024));
  });

  test('damaged or cut: what came out before is answered', async () => {
    const damaged = await openImage(zstdFrame(windowLog2, pages, 512 * 1024), { base: 0n });
    expect(damaged.remarks[0]?.id).toBe('compression');
    // The decoder may keep the block before the damaged one to itself.
    expect([96, 128]).toContain(heldPages(damaged.space));
    const whole = zstdFrame(windowLog2, pages);
    const cut = await openImage(whole.subarray(0, whole.length - 1000), { base: 0n });
    expect(cut.remarks[0]?.id).toBe('compression');
    expect(heldPages(cut.space)).toBeGreaterThanOrEqual(288 - 32);
  });
});

test('zstd with a window of 2^28 is refused', async () => {
  const bytes = zstdFrame(28, numberedPages(1));
  await expect(openImage(bytes, { base: 0n, name: 'x' })).rejects.toThrow(
    'needs a window of 0x10000000 bytes; up to 2^27',
  );
});

describe('raw', () => {
  test('begins at --base', async () => {
    const image = await openImage(numberedPages(3, 5), { base: 0x8000_0000n });
    expect(image.format).toBe('raw');
    expect(image.space.ranges).toEqual([{ frame: 0x8_0000, end: 0x8_0003 }]);
    expect(image.space.page(0x8_0001)?.[0]).toBe(6);
  });

  test('a table of a few entries reads as zero behind its end, and it is said', async () => {
    const image = await openImage(numberedPages(1, 9).subarray(0, 32), { base: 0x1000n });
    expect([...(image.space.page(1) as Uint32Array).subarray(0, 10)]).toEqual([9, 9, 9, 9, 9, 9, 9, 9, 0, 0]);
    expect(image.remarks[0]?.text).toContain('what is missing reads as zero');
  });

  test('a base that is no address', async () => {
    await expect(openImage(numberedPages(2), { base: 2n ** 64n - 0x1000n })).rejects.toThrow(
      'do not fit into 64-bit addresses',
    );
  });
});

test('paths that lead nowhere', async () => {
  await expect(openImage(join(folder, 'none'))).rejects.toThrow(
    `${join(folder, 'none')}: there is no such file`,
  );
  await expect(openImage(folder)).rejects.toThrow(`${folder}: no file in it is named by an address`);
});

test('a file of pages is read through a bounded cache, whatever the order', async () => {
  const path = file('big', elfCore({ segments: [{ paddr: 0n, data: numberedPages(3000, 0) }] }));
  const image = await openImage(path, { cacheBytes: 2 ** 20 });
  const kept = image.space.page(17) as Uint32Array;
  let frame = 1;
  for (let i = 0; i < 10_000; i++) {
    frame = (frame * 1103515245 + 12345) % 3000;
    expect(image.space.page(frame)?.[512]).toBe(frame);
  }
  for (let at = 0; at < 3000; at++) expect(image.space.page(at)?.[0]).toBe(at);
  image.space.prefetch?.([5, 6, 9, 2000, 2999, 3000, 1e9, 5]);
  expect([5, 6, 9, 2000, 2999].map(at => image.space.page(at)?.[3])).toEqual([5, 6, 9, 2000, 2999]);
  image.close();
  expect(kept[0]).toBe(17);
  expect(() => image.space.page(2500) ?? image.space.page(100)).toThrow('read after the image was closed');
});
