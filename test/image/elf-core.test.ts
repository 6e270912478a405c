/** ELF cores as real writers shape them, and as damaged or hostile files do. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { heldPages } from '../../src/image/address-space.ts';
import { ImageError } from '../../src/image/errors.ts';
import { type Image, parseImage } from '../../src/image/parse.ts';
import { MemorySource } from '../../src/image/source.ts';
import { concat, elfCore, numberedPages, type TestNote } from '../support/elf.ts';

const open = (bytes: Uint8Array): Image => parseImage(new MemorySource(bytes, 'core'));
const ids = (image: Image): string[] => image.remarks.map(({ id }) => id);
const first = (image: Image, frame: number): number | undefined => image.space.page(frame)?.[0];

test.each([32, 64] as const)('ELF%i: segments lie at p_paddr', bits => {
  const image = open(
    elfCore({
      bits,
      machine: 3,
      segments: [
        { paddr: 0x10_0000n, data: numberedPages(3, 100) },
        { paddr: 0x8000_0000n, data: numberedPages(2, 200) },
      ],
    }),
  );
  expect(image.notes.machine).toBe('i386');
  expect(image.space.ranges).toEqual([
    { frame: 0x100, end: 0x103 },
    { frame: 0x8_0000, end: 0x8_0002 },
  ]);
  expect([0xff, 0x100, 0x102, 0x103, 0x8_0001].map(frame => first(image, frame))).toEqual([
    undefined,
    100,
    102,
    undefined,
    201,
  ]);
  expect(image.remarks).toEqual([]);
});

test('the highest pages of a 64-bit address space', () => {
  const image = open(elfCore({ segments: [{ paddr: 2n ** 64n - 0x2000n, data: numberedPages(2, 7) }] }));
  expect(image.space.ranges).toEqual([{ frame: 2 ** 52 - 2, end: 2 ** 52 }]);
  expect(first(image, 2 ** 52 - 1)).toBe(8);
  expect(
    ids(open(elfCore({ segments: [{ paddr: 2n ** 64n - 0x1000n, data: numberedPages(2, 7) }] }))),
  ).toEqual(['address']);
});

test('p_filesz < p_memsz and p_offset = -1: the rest is absent, and said', () => {
  const image = open(
    elfCore({
      segments: [
        { paddr: 0x1000n, data: numberedPages(1, 1), memsz: 0x3000n },
        { paddr: 0x10000n, memsz: 0x4000n, offset: 2n ** 64n - 1n },
      ],
    }),
  );
  expect(image.space.ranges).toEqual([{ frame: 1, end: 2 }]);
  expect(image.remarks.map(({ text }) => text)).toEqual([expect.stringContaining('0x6000 bytes of memory')]);
});

test.each([8, 0, 0xffff])('e_ehsize %i does not matter (QEMU writes 8)', ehsize => {
  expect(heldPages(open(elfCore({ ehsize, segments: [{ paddr: 0n, data: numberedPages(1) }] })).space)).toBe(
    1,
  );
});

test.each([32, 64] as const)('ELF%i: more segments than e_phnum can count', bits => {
  // Every second frame, one page of data shared by all: 70 000 headers, one page in the file.
  const page = numberedPages(1, 42);
  const count = 70_000;
  const at = BigInt((bits === 64 ? 64 + 64 : 52 + 40) + count * (bits === 64 ? 56 : 32));
  const segments = Array.from({ length: count }, (_, i) => ({
    paddr: BigInt(i) * 0x2000n,
    offset: at,
    filesz: 0x1000n,
  }));
  const bytes = concat([elfCore({ bits, extended: true, segments }), page]);
  const image = open(bytes);
  expect(heldPages(image.space)).toBe(count);
  expect(first(image, 2 * (count - 1))).toBe(42);
  expect(image.remarks).toEqual([]);
  new DataView(bytes.buffer).setBigUint64(40, 0n, true);
  if (bits === 64) {
    expect(ids(open(bytes))).toEqual(['phnum']);
    expect(heldPages(open(bytes).space)).toBe(0xffff);
  }
});

test('segments without a physical address: /proc/kcore has some, the core of a process has nothing else', () => {
  const data = numberedPages(2, 5);
  const image = open(
    elfCore({
      segments: [
        { paddr: 2n ** 64n - 1n, data },
        { paddr: 0x1000n, data },
      ],
    }),
  );
  expect(image.space.ranges).toEqual([{ frame: 1, end: 3 }]);
  expect(image.remarks.map(({ text }) => text)).toEqual([
    '1 segment without a physical address (p_paddr is -1) left out',
  ]);
  expect(() =>
    open(
      elfCore({
        segments: [
          { paddr: 0n, data },
          { paddr: 0n, data },
        ],
      }),
    ),
  ).toThrow('the core of a process');
});

describe('overlapping segments', () => {
  test('the one that begins lower wins, and it is said', () => {
    const image = open(
      elfCore({
        segments: [
          { paddr: 0x2000n, data: numberedPages(4, 20) },
          { paddr: 0x1000n, data: numberedPages(3, 10) },
        ],
      }),
    );
    expect([1, 2, 3, 4, 5, 6].map(frame => first(image, frame))).toEqual([10, 11, 12, 22, 23, undefined]);
    expect(image.remarks).toMatchObject([{ id: 'overlap', severity: 'warning' }]);
    expect(image.remarks[0]?.text).toContain(
      '2 pages held by more than one segment (first at 0x2000, segments 1 and 0)',
    );
  });

  test('several headers for the same bytes are no conflict', () => {
    const one = elfCore({ segments: [{ paddr: 0x5000n, data: numberedPages(2, 1) }, { paddr: 0x5000n }] });
    const view = new DataView(one.buffer);
    const second = 64 + 56;
    view.setBigUint64(second + 8, view.getBigUint64(64 + 8, true), true);
    view.setBigUint64(second + 32, 0x2000n, true);
    const image = open(one);
    expect(heldPages(image.space)).toBe(2);
    expect(image.remarks).toEqual([]);
  });

  test('any pile of segments: the pages of a slow and plain model', () => {
    const segment = fc.record({ frame: fc.nat(30), pages: fc.integer({ min: 1, max: 8 }) });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 12 }), piles => {
        // several segments that are all at 0 are the core of a process, which is refused
        fc.pre(piles.length === 1 || piles.some(({ frame }) => frame > 0));
        const segments = piles.map(({ frame, pages }, i) => ({
          paddr: BigInt(frame) << 12n,
          data: numberedPages(pages, (i + 1) * 1000),
        }));
        const image = open(elfCore({ segments }));
        // The model: among the segments that reach a frame, those that begin lower go first, then the earlier one; but one that
        // gave way once does not come back inside the run that beat it.
        const order = piles.map((pile, i) => ({ ...pile, i })).sort((a, b) => a.frame - b.frame || a.i - b.i);
        const model = new Map<number, number>();
        for (const { frame, pages, i } of order)
          for (let k = 0; k < pages; k++) if (!model.has(frame + k)) model.set(frame + k, (i + 1) * 1000 + k);
        for (let frame = 0; frame < 40; frame++) expect(first(image, frame)).toBe(model.get(frame));
        expect(heldPages(image.space)).toBe(model.size);
      }),
    );
  });
});

describe('pages that no segment holds whole', () => {
  const page = numberedPages(1, 0x11223344);

  test('two halves make a page', () => {
    const image = open(
      elfCore({
        segments: [
          { paddr: 0x3000n, data: page.subarray(0, 0x800) },
          { paddr: 0x3800n, data: page.subarray(0x800) },
        ],
      }),
    );
    expect(image.space.page(3)).toEqual(new Uint32Array(1024).fill(0x11223344));
    expect(image.remarks).toEqual([]);
  });

  test('one half does not', () => {
    const image = open(
      elfCore({
        segments: [
          { paddr: 0x2c00n, data: concat([page.subarray(0, 0x400), page, page.subarray(0, 0x400)]) },
        ],
      }),
    );
    expect(image.space.ranges).toEqual([{ frame: 3, end: 4 }]);
    expect(image.remarks[0]?.text).toContain('2 pages held only in part (first at 0x2000): left out');
  });

  test('a hole in the middle does not', () => {
    const image = open(
      elfCore({
        segments: [
          { paddr: 0x3000n, data: page.subarray(0, 0x700) },
          { paddr: 0x3800n, data: page.subarray(0x800) },
        ],
      }),
    );
    expect(heldPages(image.space)).toBe(0);
    expect(ids(image)).toEqual(['partial-page']);
  });
});

const status = (pc: bigint): TestNote => {
  const desc = new Uint8Array(392);
  new DataView(desc.buffer).setBigUint64(112 + 32 * 8, pc, true);
  return { name: 'CORE', type: 1, desc };
};
const sve = (bytes: number): TestNote => ({
  name: 'LINUX',
  type: 0x405,
  desc: new Uint8Array(bytes).fill(0x5a),
});
const vmcoreinfo: TestNote = {
  name: 'VMCOREINFO',
  type: 0,
  desc: new TextEncoder().encode('OSRELEASE=6.1.0\nPAGESIZE=4096\n'),
};
const stated = (notes: readonly TestNote[]): number =>
  notes.reduce(
    (sum, { desc, name }) => sum + 12 + Math.ceil((name.length + 1) / 4) * 4 + Math.ceil(desc.length / 4) * 4,
    0,
  );

describe('QEMU misjudges the size of SVE notes', () => {
  const memory = [
    { paddr: 0x4000_0000n, data: numberedPages(3, 1) },
    { paddr: 0x80_0000_0000n, data: numberedPages(2, 50) },
  ];
  const good = (image: Image) =>
    [0x4_0000, 0x4_0002, 0x800_0000, 0x800_0001].map(frame => first(image, frame));

  test('CPU 0 has a shorter vector than the others: data lies behind p_offset', () => {
    // The header counts four times the note of CPU 0 (544 bytes); three CPUs write 2080.
    const notes = [0, 1, 2, 3]
      .flatMap(cpu => [status(BigInt(cpu)), sve(cpu === 0 ? 544 : 2080)])
      .concat(vmcoreinfo);
    const believed = stated([0, 1, 2, 3].flatMap(() => [status(0n), sve(544)]).concat(vmcoreinfo));
    const image = open(elfCore({ machine: 183, notes, noteBytes: believed, segments: memory }));
    expect(good(image)).toEqual([1, 3, 50, 51]);
    expect(image.notes.cpus.map(({ registers }) => registers.pc)).toEqual([0n, 1n, 2n, 3n]);
    expect(image.notes.vmcoreinfo).toContain('PAGESIZE=4096');
    expect(image.remarks).toMatchObject([{ id: 'displaced', severity: 'warning' }]);
    expect(image.remarks[0]?.text).toContain('the notes are 4608 bytes longer than their header says');
    expect(image.remarks[0]?.text).toContain('which the size of the file confirms');
  });

  test('the same dump, cut: the notes alone say it', () => {
    const notes = [0, 1].flatMap(cpu => [status(BigInt(cpu)), sve(2080)]).concat(vmcoreinfo);
    const whole = elfCore({ machine: 183, notes, noteBytes: stated(notes) - 3072, segments: memory });
    const image = open(whole.subarray(0, whole.length - 0x1800));
    expect(good(image)).toEqual([1, 3, undefined, undefined]);
    expect(ids(image)).toEqual(['may-be-displaced', 'displaced', 'truncated', 'partial-page']);
  });

  test('CPU 0 has the longest vector: data lies before p_offset', () => {
    const notes = [0, 1]
      .flatMap(cpu => [status(BigInt(cpu)), sve(cpu === 0 ? 2080 : 544)])
      .concat(vmcoreinfo);
    const image = open(elfCore({ machine: 183, notes, noteBytes: stated(notes) + 1536, segments: memory }));
    expect(good(image)).toEqual([1, 3, 50, 51]);
    expect(image.remarks[0]?.text).toContain('1536 bytes shorter');
  });

  const withSections = (noteBytes: number, strings: number): Uint8Array => {
    const notes = [status(1n), sve(2080)].concat(vmcoreinfo);
    // QEMU has section headers before the notes: older versions behind the program headers, newer ones before them.
    const core = elfCore({ machine: 183, notes, noteBytes, segments: memory, gap: 128 });
    const bytes = new Uint8Array(core.length + strings);
    bytes.set(core);
    const view = new DataView(bytes.buffer);
    const shoff = 64 + 3 * 56;
    view.setBigUint64(40, BigInt(shoff), true);
    view.setUint16(58, 64, true);
    view.setUint16(60, 2, true);
    const longer = stated(notes) - noteBytes;
    view.setUint32(shoff + 64 + 4, 3, true);
    view.setBigUint64(shoff + 64 + 24, BigInt(core.length - longer), true);
    view.setBigUint64(shoff + 64 + 32, 11n, true);
    return bytes;
  };
  const allNotes = stated([status(1n), sve(2080), vmcoreinfo]);

  test('a string table at the end of the file counts to what the headers say', () => {
    const image = open(withSections(allNotes - 1632, 11));
    expect(good(image)).toEqual([1, 3, 50, 51]);
    expect(ids(image)).toEqual(['displaced']);
    expect(image.remarks[0]?.text).toContain('1632 bytes longer');
    expect(image.remarks[0]?.text).toContain('which the size of the file confirms');
  });

  test('a string table where the notes are as long as stated moves nothing', () => {
    const image = open(withSections(allNotes, 11));
    expect(good(image)).toEqual([1, 3, 50, 51]);
    expect(ids(image)).toEqual([]);
  });

  test('where the size of the file bears out no place, all data may be displaced', () => {
    const image = open(withSections(allNotes - 1632, 40));
    expect(ids(image)).toContain('may-be-displaced');
  });

  test('a damaged note size moves nothing', () => {
    const notes = [status(1n), vmcoreinfo];
    const bytes = elfCore({ machine: 183, notes, segments: memory });
    const descsz = 64 + 3 * 56 + 12 + 8 + 392 + 4;
    new DataView(bytes.buffer).setUint32(descsz, 0x1000, true);
    const image = open(bytes);
    expect(good(image)).toEqual([1, 3, 50, 51]);
    expect(ids(image)).toEqual(['note-end']);
  });
});

describe('bad files', () => {
  const core = elfCore({
    notes: [status(1n)],
    machine: 183,
    segments: [{ paddr: 0x1000n, data: numberedPages(4, 1) }],
  });
  const edit = (at: number, ...values: number[]) => {
    const bytes = core.slice();
    bytes.set(values, at);
    return bytes;
  };

  test.each([
    ['empty', new Uint8Array(), 'core: the file is empty'],
    [
      'not ELF, no base',
      new Uint8Array(4096),
      'core: at offset 0x0: no known dump format; raw memory needs the address of its first byte (--base)',
    ],
    [
      'big-endian',
      edit(5, 2),
      'core: at offset 0x5: ELF data encoding 2 is not little-endian, which is all that is read here',
    ],
    ['class 9', edit(4, 9), 'core: at offset 0x4: ELF class 9 is neither 32-bit nor 64-bit'],
    ['cut in the header', core.subarray(0, 40), 'core: at offset 0x28: the file ends inside the ELF header'],
    [
      'cut behind the header',
      core.subarray(0, 64),
      'core: at offset 0x40: the list of segments should begin here, beyond the end of the file',
    ],
    [
      'no segments',
      elfCore({ segments: [] }),
      'core: at offset 0x40: the ELF file has no PT_LOAD and no PT_NOTE segment',
    ],
  ])('%s: one sentence with file and offset', (_, bytes, message) => {
    expect(() => open(bytes)).toThrow(
      new ImageError(message.split(':')[0] as string, '').constructor as typeof ImageError,
    );
    expect(() => open(bytes)).toThrow(message);
  });

  test('cut at any byte: everything before the cut is answered', () => {
    const headers = 64 + 2 * 56;
    const data = core.length - 4 * 4096;
    for (let size = headers; size <= core.length; size += 97) {
      const image = open(core.subarray(0, size));
      const pages = Math.max(0, Math.floor((size - data) / 4096));
      expect(heldPages(image.space)).toBe(pages);
      if (pages > 0) expect(first(image, pages)).toBe(pages);
      if (size < core.length) expect(ids(image)).toContain('truncated');
    }
  });

  test('absurd counts and offsets cost nothing', () => {
    expect(ids(open(edit(56, 0xfe, 0xff)))).toContain('truncated');
    expect(ids(open(edit(54, 1, 0)))).toContain('phentsize');
    expect(() => open(edit(32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f))).toThrow(
      'beyond the end of the file',
    );
    const endless = edit(64 + 56 + 32, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
    const image = open(endless);
    expect(ids(image)).toEqual(['truncated']);
    expect(heldPages(image.space)).toBe(4);
  });

  test('any bytes changed anywhere: an answer or an ImageError, never anything else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(core.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(core.length),
        (edits, cut) => {
          const bytes = core.slice(0, core.length - (cut % 3 === 0 ? cut : 0));
          for (const [at, value] of edits) bytes[at % 300] = value;
          try {
            const image = open(bytes);
            for (const { frame, end } of image.space.ranges.slice(0, 8)) {
              image.space.page(frame);
              image.space.page(end - 1);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(ImageError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});
