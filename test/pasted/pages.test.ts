/** Pages with addresses: levels from roots, pointers and all words together, and what they map. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { walksOf } from '../../src/arch/walks.ts';
import { familyOf } from '../../src/pasted/entry.ts';
import { PastedMemory, spacesIn } from '../../src/pasted/memory.ts';
import { pagesOf } from '../../src/pasted/pages.ts';
import { readPasted } from '../../src/pasted/read.ts';
import { mapOf, mapRecords } from '../../src/walk/map.ts';

interface Row {
  readonly at: bigint;
  readonly word: bigint;
  readonly width: 64;
}
const page = (at: bigint, words: Readonly<Record<number, bigint>>): Row[] =>
  Object.entries(words).map(([slot, word]) => ({ at: at + 8n * BigInt(slot), word, width: 64 }));
const stage1 = familyOf('arm64.stage1');
const pte = familyOf('x86.pte');

/** A root, below it a table with blocks that map themselves, as firmware writes them. */
const ROOT = 0xbfff_0000n;
const FIRMWARE = [
  ...page(ROOT, { 0: 0xbfff_1003n }),
  ...page(0xbfff_1000n, {
    0: 0x0060_0000_0000_0401n,
    1: 0x0040_0000_4000_0711n,
    2: 0x0040_0000_8000_0711n,
    3: 0xbfff_2003n,
  }),
];
const levels = (pages: ReturnType<typeof pagesOf>) =>
  pages?.tables.map(({ at, level, why }) => `${at.toString(16)} ${level} ${why}`);

describe('the level of a page', () => {
  test('from the root that the text names, and the pointers below it', () => {
    expect(levels(pagesOf(stage1, FIRMWARE, {}, [{ at: ROOT }]))).toEqual([
      'bfff0000 0 root',
      'bfff1000 1 pointer',
    ]);
  });

  test('a root that holds blocks is no level 0: blocks of neighbours follow each other', () => {
    const table = page(ROOT, { 0: 0x401n, 1: 0x4000_0711n, 2: 0x8000_0711n, 3: 0xbfff_1003n });
    const below = page(0xbfff_1000n, { 0: 0xc000_0711n, 1: 0xc020_0711n });
    expect(levels(pagesOf(stage1, [...table, ...below], {}, [{ at: ROOT }]))).toEqual([
      'bfff0000 1 root',
      'bfff1000 2 pointer',
    ]);
  });

  test('a level that the text says is believed', () => {
    const [root] = pagesOf(stage1, page(ROOT, { 0: 0x1003n }), {}, [{ at: ROOT, level: 1 }])?.tables ?? [];
    expect(root).toEqual({ at: ROOT, level: 1, why: 'root' });
    const [three] = pagesOf(stage1, page(ROOT, { 0: 0x1003n }), {}, [{ at: ROOT, levels: 3 }])?.tables ?? [];
    expect(three?.level).toBe(1);
  });

  test('without a root a pointer into another pasted page fixes both', () => {
    const table = page(0x7c0_1000n, { 0: 0x7c0_2067n, 1: 0x7c0_3067n });
    const pages = page(0x7c0_2000n, { 0: 0x8000_0000_0010_0067n, 1: 0x8000_0000_0011_5067n });
    expect(levels(pagesOf(pte, [...pages, ...table], {}))).toEqual(['7c01000 2 words', '7c02000 1 pointer']);
  });

  test('all rows of one page are of one level', () => {
    const mixed = page(0x1000n, { 0: 0x40_0000_0040_0711n, 1: 0x2003n, 2: 0x40_0000_0060_0711n });
    expect(
      new Set([...(pagesOf(stage1, mixed, {})?.tableOf.values() ?? [])].map(({ level }) => level)).size,
    ).toBe(1);
  });

  test('tables in a circle and a page that points to itself end', () => {
    const circle = [...page(0x1000n, { 0: 0x2067n }), ...page(0x2000n, { 0: 0x1067n, 511: 0x2067n })];
    expect(pagesOf(pte, circle, {})?.tables).toHaveLength(2);
  });

  test('a level that was given is not looked for, nor one of entries without address', () => {
    expect(pagesOf(stage1, FIRMWARE, { level: 3 })).toBeUndefined();
    expect(pagesOf(stage1, [{ word: 0x3n, width: 64 }], {})).toBeUndefined();
  });
});

test('permuting the rows of pages never changes a level', () => {
  const rows = fc
    .array(
      fc.record({
        frame: fc.bigInt(0n, 3n),
        slot: fc.bigInt(0n, 7n),
        word: fc.oneof(
          fc.bigInt(0n, 3n).map(frame => ((frame + 16n) << 12n) | 0x3n),
          fc.bigInt(0n, (1n << 64n) - 1n),
          fc.bigInt(0n, 0xffffn).map(frame => (frame << 12n) | 0x711n),
        ),
      }),
      { minLength: 1, maxLength: 24 },
    )
    .map(list => {
      const at = ({ frame, slot }: { frame: bigint; slot: bigint }) => ((frame + 16n) << 12n) + 8n * slot;
      return [
        ...new Map(list.map(one => [at(one), { at: at(one), word: one.word, width: 64 as const }])).values(),
      ];
    })
    .chain(list => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
  for (const family of [stage1, pte, familyOf('x86.ept')])
    fc.assert(
      fc.property(rows, ([list, other]) => {
        expect(pagesOf(family, other, {})?.tables).toEqual(pagesOf(family, list, {})?.tables);
        expect(pagesOf(family, other, {})?.cost).toBe(pagesOf(family, list, {})?.cost);
      }),
      { numRuns: 60 },
    );
});

describe('pages as a memory', () => {
  test('words stand where they were printed, and what was not pasted is zero', () => {
    const memory = new PastedMemory([
      { at: 0x1008n, word: 0x1122_3344_5566_7788n, width: 64 },
      { at: 0x1014n, word: 0x99n, width: 32 },
      { at: undefined, word: 1n, width: 64 } as unknown as Row,
    ]);
    expect([...(memory.page(1)?.slice(0, 6) ?? [])]).toEqual([0, 0, 0x5566_7788, 0x1122_3344, 0, 0x99]);
    expect(memory.page(2)).toBeUndefined();
    expect(memory.ranges).toEqual([{ frame: 1, end: 2 }]);
  });

  test('a tree that begins in them is walked', () => {
    const pages = pagesOf(stage1, FIRMWARE, {}, [{ at: ROOT }]);
    const [space, ...others] = spacesIn(FIRMWARE, [], pages);
    expect(others).toEqual([]);
    if (!space) throw new Error('nothing to walk');
    const map = mapOf(space, space.memory);
    expect([...mapRecords(map)].map(({ va, pa, size, pageSize }) => [va, pa, size, pageSize])).toEqual([
      ['0x0', '0x0', '0x40000000', '0x40000000'],
      ['0x40000000', '0x40000000', '0x80000000', '0x40000000'],
    ]);
    expect(map.first.missing.map(({ address }) => address)).toEqual([0xbfff_2000]);
  });

  test('registers say whose tables they are, before the pages do', () => {
    const registers = new Map([
      ['CR3', 0x7c0_0000n],
      ['CR4', 0x20n],
      ['EFER', 0xd00n],
      ['CR0', 0x8000_0033n],
    ]);
    const rows = page(0x7c0_0000n, { 0: 0x7c0_1067n });
    const [space] = spacesIn(rows, [registers], pagesOf(pte, rows, {}));
    expect(space?.candidate.name).toBe('paging');
    expect(
      walksOf('x86')
        .candidates(registers)
        .found.map(({ name }) => name),
    ).toContain('paging');
  });
});

/** Each entry of a text by its address or word, and how it was read. */
const readings = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...readPasted(text)].flatMap(batch =>
      [...batch.readings].map(
        ([{ at, word }, { family, settings, reading }]) =>
          [
            `${at ?? ''} ${word}`,
            JSON.stringify([family.id, settings, reading.kind, reading.facts], (_, value) =>
              typeof value === 'bigint' ? `${value}` : value,
            ),
          ] as const,
      ),
    ),
  );

const shuffled = (lines: readonly string[]) => fc.shuffledSubarray([...lines], { minLength: lines.length });

describe('permuting independent lines never changes a reading', () => {
  test('of pages with addresses', () => {
    const lines = [
      '00000000bfff0000: 0x00000000bfff1003 0x0000000000000000',
      '00000000bfff1000: 0x0060000000000401 0x0040000040000711',
      '00000000bfff1010: 0x0040000080000711 0x00000000bfff2003',
      '00000000bfff2000: 0x00400000c0000711 0x00400000c0200711',
    ];
    const expected = readings(lines.join('\n'));
    expect(expected.size).toBe(8);
    fc.assert(
      fc.property(shuffled(lines), order => {
        expect(readings(order.join('\n'))).toEqual(expected);
      }),
      { numRuns: 24 },
    );
  });

  test('of registers and the words beside them', () => {
    const lines = [
      'VTCR_EL2=0x1800e3558',
      'HCR_EL2=0x400c807f223f',
      '0x00400000602004c7',
      '0x00400000603004c7',
      '0x0040000060400445',
    ];
    const expected = readings(lines.join('\n'));
    expect([...expected.values()].every(text => text.includes('arm64.stage2'))).toBe(true);
    expect(expected.size).toBe(3);
    fc.assert(
      fc.property(shuffled(lines), order => {
        expect(readings(order.join('\n'))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
