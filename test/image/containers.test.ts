/** The same memory in every container: by other people's writers, and by our own for shapes that those do not make. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { type AddressSpace, heldPages } from '../../src/image/address-space.ts';
import { lzo1xDecompress } from '../../src/image/lzo.ts';
import { openImage } from '../../src/image/open.ts';
import type { Image } from '../../src/image/parse.ts';
import { avml, equalPieces, flatten, kdump, lime, rangeBytes, snappyFrames } from '../support/containers.ts';
import { concat, elfCore, numberedPages } from '../support/elf.ts';
import { fixtureNames, openFixture } from '../support/fixtures.ts';

const ids = (image: Image): string[] => image.remarks.map(({ id }) => id);

function expectSamePages(found: AddressSpace, wanted: AddressSpace): void {
  expect(found.ranges).toEqual(wanted.ranges);
  for (const { frame, end } of wanted.ranges)
    for (let at = frame; at < end; at++) {
      const a = found.page(at);
      const b = wanted.page(at) as Uint32Array;
      if (a === undefined || Buffer.compare(asBytes(a), asBytes(b)) !== 0)
        expect.fail(`page ${at.toString(16)} differs`);
    }
}
const asBytes = (words: Uint32Array) => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

describe('one memory by other writers', () => {
  const written: Record<string, { format: string; compression: string[]; registers: boolean }> = {
    'makedumpfile.kdump-zlib': { format: 'kdump', compression: [], registers: true },
    'makedumpfile.flattened-lzo': { format: 'kdump-flattened', compression: [], registers: true },
    'memory.kdump-snappy': { format: 'kdump', compression: [], registers: true },
    'memory.kdump-zstd': { format: 'kdump', compression: [], registers: true },
    'memory.avml': { format: 'avml', compression: [], registers: false },
    'memory.lime.xz': { format: 'lime', compression: ['xz'], registers: false },
  };
  test.each(Object.entries(written))('%s', async (name, { format, compression, registers }) => {
    const elf = await openFixture('real/containers/memory.elf');
    const image = await openFixture(`real/containers/${name}`);
    expect(image).toMatchObject({ format, compression });
    expect(image.remarks).toEqual([]);
    expectSamePages(image.space, elf.space);
    if (registers) expect(image.notes).toEqual(elf.notes);
    image.close();
  });

  test('makedumpfile.flattened-elf: the same but for three pages of zeros, which -d 1 leaves out', async () => {
    const elf = await openFixture('real/containers/memory.elf');
    const image = await openFixture('real/containers/makedumpfile.flattened-elf');
    expect(image).toMatchObject({ format: 'kdump-flattened', notes: elf.notes });
    let zeros = 0;
    for (const { frame, end } of elf.space.ranges)
      for (let at = frame; at < end; at++) {
        const page = elf.space.page(at) as Uint32Array;
        if (image.space.page(at) === undefined) {
          zeros++;
          expect(page.every(word => word === 0)).toBe(true);
        } else expect(image.space.page(at)).toEqual(page);
      }
    expect(zeros).toBe(3);
    expect(ids(image)).toEqual(['absent']);
  });

  test('qemu.flattened-zlib: QEMU’s own dump of the machine whose ELF core is sparse.elf', async () => {
    const elf = await openFixture('real/x86/qemu-4level-120m-full/sparse.elf');
    const image = await openFixture('real/containers/qemu.flattened-zlib');
    expectSamePages(image.space, elf.space);
    expect(image.notes).toEqual(elf.notes);
    expect(ids(image)).toEqual(['excluded']);
  });
});

const below = (folder: string): string[] => fixtureNames(folder).map(name => `${folder}/${name}`);
const DUMPS = [
  ...['real/arm64-linux-6.18', 'real/x86-linux-6.18'].flatMap(below),
  ...['real/arm64', 'real/x86'].flatMap(below).flatMap(below),
].filter(name => name.endsWith('.elf'));

test('there are dumps', () => expect(DUMPS.length).toBeGreaterThanOrEqual(17));

describe.each(DUMPS)('%s in every form', name => {
  const forms: Record<string, (space: AddressSpace) => Uint8Array> = {
    lime,
    avml,
    'kdump, zlib': space => kdump(space),
    'kdump, snappy': space => kdump(space, { packing: 'snappy' }),
    'kdump, unpacked, by a 32-bit writer': space => kdump(space, { packing: 'none', bits: 32 }),
    'kdump, flattened in pieces of 10 000 bytes': space => {
      const file = kdump(space);
      return flatten(file, equalPieces(file.length, 10_000));
    },
  };
  test.each(Object.entries(forms))('%s', async (_, write) => {
    const elf = await openFixture(name);
    const image = await openImage(write(elf.space));
    expect(image.remarks).toEqual([]);
    expectSamePages(image.space, elf.space);
    elf.close();
  });
});

test('every dump under fixtures/ is tried above or is of a kind that is', () => {
  expect(fixtureNames('real').sort()).toEqual([
    'arm64',
    'arm64-linux-6.18',
    'containers',
    'x86',
    'x86-linux-6.18',
  ]);
});

const small = async (): Promise<AddressSpace> =>
  (
    await openImage(
      elfCore({
        segments: [
          { paddr: 0x1000n, data: numberedPages(30, 1) },
          { paddr: 0x12_3000n, data: numberedPages(5, 100) },
          { paddr: 0x4000_0000n, data: numberedPages(40, 200) },
        ],
      }),
    )
  ).space;

describe('kdump', () => {
  test('blocks of 64 KiB hold sixteen pages each', async () => {
    const space = await small();
    const image = await openImage(kdump(space, { blockSize: 65536, machine: 'aarch64' }));
    expect(image.notes.machine).toBe('arm64');
    expect(image.space.ranges).toEqual([
      { frame: 0, end: 0x20 },
      { frame: 0x120, end: 0x130 },
      { frame: 0x4_0000, end: 0x4_0030 },
    ]);
    for (const { frame, end } of space.ranges)
      for (let at = frame; at < end; at++) expect(image.space.page(at)).toEqual(space.page(at));
  });

  test('split into three files', async () => {
    const space = await small();
    const parts = await Promise.all(
      [
        [0, 10],
        [10, 0x4_0005],
        [0x4_0005, 0x4_0028],
      ].map(split => openImage(kdump(space, { split: split as [number, number] }))),
    );
    expect(parts.map(part => heldPages(part.space))).toEqual([9, 31, 35]);
    for (const { frame, end } of space.ranges)
      for (let at = frame; at < end; at++) {
        const found = parts.map(part => part.space.page(at)).filter(page => page !== undefined);
        expect(found).toEqual([space.page(at)]);
      }
  });

  test.each([32, 64] as const)('VMCOREINFO of a %i-bit writer', async bits => {
    const image = await openImage(kdump(await small(), { bits, vmcoreinfo: 'OSRELEASE=9.9\n' }));
    expect(image.notes.vmcoreinfo).toBe('OSRELEASE=9.9\n');
  });

  test('cut: what lies before the cut is answered, and only that is listed', async () => {
    const space = await small();
    const file = kdump(space, { packing: 'none' });
    const image = await openImage(file.subarray(0, file.length - 10 * 4096 - 100));
    expect(heldPages(image.space)).toBe(64);
    expect(image.remarks[0]?.text).toContain('the file ends before 11 pages that it should hold');
    expect(image.space.page(0x4_001c)).toEqual(space.page(0x4_001c));
    expect(image.space.page(0x4_001d)).toBeUndefined();
    await expect(openImage(file.subarray(0, 4096 * 3), { name: 'cut' })).rejects.toThrow(
      /^cut: at offset 0x\w+: the bitmap/,
    );
    await expect(openImage(file.subarray(0, 100), { name: 'cut' })).rejects.toThrow(
      'the file ends inside the kdump header',
    );
  });

  test('a damaged page is absent and remarked, the others are there', async () => {
    const space = await small();
    const file = kdump(space);
    file.fill(0xff, file.length - 300, file.length - 290);
    const image = await openImage(file);
    let missing = 0;
    for (const { frame, end } of space.ranges)
      for (let at = frame; at < end; at++) if (image.space.page(at) === undefined) missing++;
    expect(missing).toBeGreaterThan(0);
    expect(missing).toBeLessThan(3);
    expect(ids(image)[0]).toBe('page-data');
    expect(image.remarks[0]?.text).toMatch(/^the zlib data of the page at 0x400\w+ is damaged: /);
  });
});

describe('flattened', () => {
  test('pieces in any order, and the later one holds where they overlap', async () => {
    const file = kdump(await small());
    const oracle = (pieces: [number, number][]) => {
      // The bytes under an overlap are damaged in the earlier piece, so that taking it would show.
      const flat = flatten(file, pieces);
      const covered = new Int32Array(file.length).fill(-1);
      pieces.forEach(([offset, size], i) => {
        covered.fill(i, offset, offset + size);
      });
      let at = 4096;
      pieces.forEach(([offset, size], i) => {
        for (let k = 0; k < size; k++) if (covered[offset + k] !== i) flat[at + 16 + k] = 0xee;
        at += 16 + size;
      });
      return flat;
    };
    const wanted = await small();
    const half = file.length >> 1;
    for (const pieces of [
      equalPieces(file.length, 5000).reverse(),
      [...equalPieces(file.length, 7777), [100, 20_000], [half, 3000]] as [number, number][],
      [
        [0, file.length],
        [0, file.length],
        [half - 50, 100],
        [half, 10],
      ] as [number, number][],
    ])
      expectSamePages((await openImage(oracle(pieces))).space, wanted);
  });

  test('cut: pieces before the cut are read', async () => {
    const file = kdump(await small(), { packing: 'none' });
    const flat = flatten(file, equalPieces(file.length, 4096));
    const image = await openImage(flat.subarray(0, flat.length - 5 * 4112 - 16));
    expect(ids(image)).toEqual(['truncated', 'truncated']);
    expect(heldPages(image.space)).toBe(70);
    await expect(openImage(flat.subarray(0, 4096), { name: 'flat' })).rejects.toThrow(
      'flat: at offset 0x1000: the flattened file holds no data',
    );
  });
});

describe('LiME and AVML', () => {
  test('a cut file answers what lies before the cut', async () => {
    const space = await small();
    const cutLime = await openImage(lime(space).subarray(0, 32 + 30 * 4096 + 32 + 4096 + 10));
    expect(cutLime.space.ranges).toEqual([
      { frame: 1, end: 31 },
      { frame: 0x123, end: 0x124 },
    ]);
    expect(ids(cutLime)).toEqual(['truncated', 'partial-page']);
    const whole = avml(space);
    const cutAvml = await openImage(whole.subarray(0, whole.length - 100));
    expect(heldPages(cutAvml.space)).toBe(30 + 5 + 32);
    expect(ids(cutAvml)).toEqual(['truncated']);
    for (const { frame, end } of cutAvml.space.ranges)
      for (let at = frame; at < end; at++) expect(cutAvml.space.page(at)).toEqual(space.page(at));
  });

  test('AVML ranges that state the byte behind them', async () => {
    const space = await small();
    expectSamePages((await openImage(avml(space, true))).space, space);
  });

  test('a chunk with a wrong checksum is left out, and said', async () => {
    const space = await small();
    const file = avml(space);
    file[32 + 10 + 4] = (file[32 + 10 + 4] as number) ^ 1;
    const image = await openImage(file);
    expect(image.space.page(1)).toBeUndefined();
    expect(image.space.page(0x11)).toEqual(space.page(0x11));
    expect(image.remarks[0]?.text).toBe(
      'the chunk for memory at 0x1000 is damaged: its checksum does not match',
    );
  });

  test('rubbish behind the first range ends the reading, and is said', async () => {
    const file = concat([lime(await small()).subarray(0, 32 + 30 * 4096), new Uint8Array(100)]);
    const image = await openImage(file);
    expect(heldPages(image.space)).toBe(30);
    expect(ids(image)).toEqual(['damaged']);
  });

  test('a snappy stream as the framing format prints it', () => {
    // From the format description: identifier, then an uncompressed chunk with the masked CRC-32C of its data.
    expect([...snappyFrames(new Uint8Array())]).toEqual([0xff, 6, 0, 0, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]);
  });
});

describe('LZO', () => {
  test('blocks written out by hand', () => {
    const bytes = (...values: number[]) => Uint8Array.from(values);
    const end = [0x11, 0, 0];
    expect(lzo1xDecompress(bytes(17 + 5, 1, 2, 3, 4, 5, ...end), 5)).toEqual(bytes(1, 2, 3, 4, 5));
    // 4 literals, then 3 bytes from 4 back (01LDDDSS with L=0, D=3), then end.
    expect(lzo1xDecompress(bytes(21, 9, 8, 7, 6, 0x40 | (3 << 2), 0, ...end), 7)).toEqual(
      bytes(9, 8, 7, 6, 9, 8, 7),
    );
    // One literal repeated: 2 + 7 + 255 + 1 bytes would be longer; 0x20 | 10 copies 12 from 1 back.
    expect(lzo1xDecompress(bytes(18, 0xaa, 0x20 | 10, 0, 0, ...end), 13)).toEqual(
      new Uint8Array(13).fill(0xaa),
    );
  });

  test('damage is an error, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(300), (bytes, size) => {
        try {
          expect(lzo1xDecompress(bytes, size)).toHaveLength(size);
        } catch (error) {
          expect((error as Error).name).toBe('LzoError');
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe('raw with a map', () => {
  const ranges = [
    { frame: 1, end: 31 },
    { frame: 0x123, end: 0x128 },
    { frame: 0x4_0000, end: 0x4_0028 },
  ];
  const maps = {
    '/proc/iomem': [
      '00000000-00000fff : Reserved',
      '00001000-0001efff : System RAM',
      '000a0000-000bffff : PCI Bus 0000:00',
      '00123000-00127fff : System RAM',
      '  00124000-00124fff : Kernel code',
      '40000000-40027fff : System RAM\r',
      'fee00000-fee00fff : Local APIC',
    ],
    'info mtree -f': [
      'FlatView #1',
      ' AS "memory", root: system',
      '  0000000000001000-000000000001efff (prio 0, ram): pc.ram @0000000000001000',
      '  00000000000a0000-00000000000bffff (prio 1, i/o): vga-lowmem',
      '  0000000000123000-0000000000127fff (prio 0, ram): pc.ram @0000000000123000',
      '  0000000040000000-0000000040027fff (prio 0, ram): pc.ram @0000000000200000',
      'FlatView #2',
      '  0000000000001000-000000000001efff (prio 0, ram): pc.ram @0000000000001000',
    ],
    e820: [
      '[    0.000000] BIOS-e820: [mem 0x0000000000001000-0x000000000001efff] usable',
      '[    0.000000] BIOS-e820: [mem 0x000000000009fc00-0x000000000009ffff] reserved',
      '[    0.000000] BIOS-e820: [mem 0x0000000000123000-0x0000000000127fff] usable',
      '[    0.000000] BIOS-e820: [mem 0x0000000040000000-0x0000000040027fff] usable',
    ],
    'range list': ['# start end', '0x1000-0x1efff', '0x123000 0x128000', '40000000 40027fff'],
  };

  test.each(Object.entries(maps))('%s: the ranges one after the other', async (kind, lines) => {
    const space = await small();
    const bytes = concat(ranges.map(range => rangeBytes(space, range)));
    const image = await openImage(bytes, { map: lines.join('\n') });
    expect(image.format).toBe('raw');
    expectSamePages(image.space, space);
    expect(image.remarks.map(({ text }) => text)).toEqual([
      `3 ranges of memory from ${kind}: the ranges stand one after the other, which their total confirms`,
    ]);
  });

  test('a file that reaches beyond the highest range holds each at its address', async () => {
    const bytes = numberedPages(0x200, 0);
    const image = await openImage(bytes, { map: '1000 1efff\n123000 127fff' });
    expect(image.space.ranges).toEqual(ranges.slice(0, 2));
    expect([1, 30, 0x124].map(frame => image.space.page(frame)?.[0])).toEqual([1, 30, 0x124]);
    expect(image.remarks[0]?.text).toContain('file offset = physical address');
  });

  test('offsets of the map, and of a RAM block', async () => {
    const image = await openImage(numberedPages(64, 0), { map: '100000 101fff 4000\n200000 200fff 0x2000' });
    expect([0x100, 0x101, 0x200].map(frame => image.space.page(frame)?.[0])).toEqual([4, 5, 2]);
    const block = await openImage(numberedPages(0x228, 0), { map: maps['info mtree -f'].join('\n') });
    expect([1, 0x123, 0x4_0000, 0x4_0027].map(frame => block.space.page(frame)?.[0])).toEqual([
      1, 0x123, 0x200, 0x227,
    ]);
  });

  test('real maps are understood', async () => {
    const folder = 'real/x86/qemu-4level-120m-full';
    const { fixtureText } = await import('../support/fixtures.ts');
    for (const [file, kind] of [
      ['proc_iomem.txt', '/proc/iomem'],
      ['info_mtree.txt', 'info mtree -f'],
      ['console.txt', 'e820'],
    ] as const) {
      const image = await openImage(new Uint8Array(120 * 2 ** 20), { map: fixtureText(`${folder}/${file}`) });
      expect(image.remarks[0]?.text, file).toContain(`from ${kind}`);
      expect(image.space.page(0x100), file).toBeDefined();
      expect(image.space.page(0xa5), file).toBeUndefined();
    }
  });

  test('a text that is no map, and addresses hidden from users', async () => {
    const page = numberedPages(1);
    await expect(openImage(page, { map: 'hello', name: 'x' })).rejects.toThrow(
      'the map for x: no memory map',
    );
    await expect(openImage(page, { map: '00000000-00000000 : Reserved\n', name: 'x' })).rejects.toThrow(
      'the kernel hides them from readers',
    );
  });
});

describe('a folder of table pages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'memattr-pages-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('each file is the memory at the address in its name', async () => {
    const put = (name: string, seed: number, bytes = 4096) =>
      writeFileSync(join(folder, name), numberedPages(1, seed).subarray(0, bytes));
    put('0x7c01000.bin', 1);
    put('page-7c02000', 2);
    put('ept.dram_12345000', 3);
    put('pgd_00000000fff00000_4k.raw', 4);
    put('short-9000.bin', 5, 64);
    put('README.txt', 6);
    mkdirSync(join(folder, 'deeper-1000'));
    const image = await openImage(folder);
    expect(image.format).toBe('pages');
    expect([0x7c01, 0x7c02, 0x12345, 0xfff00, 9].map(frame => image.space.page(frame)?.[0])).toEqual([
      1, 2, 3, 4, 5,
    ]);
    expect(heldPages(image.space)).toBe(5);
    expect(image.remarks.map(({ id }) => id).sort()).toEqual(['other-files', 'pages', 'partial-page']);
    expect(image.remarks[0]?.text).toBe('2 files without an address in the name left out (first README.txt)');
    image.close();
  });
});
