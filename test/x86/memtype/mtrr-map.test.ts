/** MTRRs made for a map: they give the map back, by the library's reading and by a slow one; and there are no fewer that do. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRegisters, registerName } from '../../../src/text/registers.ts';
import { mtrrsOf, mtrrType } from '../../../src/x86/memtype/mtrr.ts';
import { encodeMtrrs, type MtrrSet, type WantedType } from '../../../src/x86/memtype/mtrr-map.ts';
import { FIXED_MTRRS } from '../../../src/x86/registers/mtrr.ts';
import type { MemoryType } from '../../../src/x86/values/attributes.ts';
import { memattr } from '../../cli/harness.ts';

const TYPES: readonly MemoryType[] = ['UC', 'WC', 'WT', 'WP', 'WB'];
const CODES: Readonly<Record<number, MemoryType>> = { 0: 'UC', 1: 'WC', 4: 'WT', 5: 'WP', 6: 'WB' };
const PAGE = 4096n;

const typeAt = (ranges: readonly WantedType[], at: bigint, otherwise: MemoryType): MemoryType =>
  ranges.find(({ start, end }) => start <= at && at < end)?.type ?? otherwise;

/** The SDM's sentences, bit by bit [section "MTRR Precedences"]; undefined where they leave it undefined. */
function slow({ registers }: MtrrSet, at: bigint): MemoryType | undefined {
  const value = new Map(registers.map(({ name, value }) => [name, value]));
  const def = value.get('IA32_MTRR_DEF_TYPE') ?? 0n;
  if (((def >> 11n) & 1n) === 0n) return 'UC';
  if (((def >> 10n) & 1n) === 1n && at < 0x10_0000n) {
    const part = FIXED_MTRRS.find(({ base, size }) => at >= BigInt(base) && at < BigInt(base + 8 * size));
    const word = value.get(`IA32_MTRR_FIX${part?.name}`) ?? 0n;
    const byte = Number((at - BigInt(part?.base ?? 0)) / BigInt(part?.size ?? 1));
    return CODES[Number((word >> BigInt(8 * byte)) & 0xffn)];
  }
  const hits = new Set<MemoryType | undefined>();
  for (let n = 0; value.has(`IA32_MTRR_PHYSMASK${n}`); n++) {
    const [base, mask] = [
      value.get(`IA32_MTRR_PHYSBASE${n}`) ?? 0n,
      value.get(`IA32_MTRR_PHYSMASK${n}`) ?? 0n,
    ];
    const bits = mask & ~0xfffn;
    if ((mask >> 11n) & 1n && (at & bits) === (base & bits)) hits.add(CODES[Number(base & 0xffn)]);
  }
  if (hits.size === 0) return CODES[Number(def & 0xffn)];
  if (hits.size === 1) return [...hits][0];
  if (hits.has('UC')) return 'UC';
  return hits.size === 2 && hits.has('WB') && hits.has('WT') ? 'WT' : undefined;
}

/** Edges in pages, low ones with the granularity of the fixed ranges. */
const edges = fc
  .uniqueArray(
    fc.oneof(
      fc.integer({ min: 1, max: 15 }).map(n => 16 * n),
      fc.integer({ min: 0x100, max: 0x100_0000 }),
    ),
    {
      minLength: 1,
      maxLength: 7,
    },
  )
  .map(pages => pages.sort((a, b) => a - b).map(page => BigInt(page) * PAGE));
const maps = fc
  .tuple(
    edges,
    fc.array(fc.constantFrom(...TYPES), { minLength: 8, maxLength: 8 }),
    fc.constantFrom(...TYPES),
  )
  .map(([cuts, types, defaultType]) => ({
    defaultType,
    ranges: cuts
      .slice(0, -1)
      .map((start, i): WantedType => ({ start, end: cuts[i + 1] ?? start, type: types[i] ?? 'UC' })),
  }));

test('every address has the type that was wanted', () => {
  fc.assert(
    fc.property(maps, fc.integer({ min: 36, max: 52 }), ({ ranges, defaultType }, maxphyaddr) => {
      const made = encodeMtrrs({ ranges, defaultType, maxphyaddr, count: 1000 });
      const registers = new Map(made.registers.map(({ name, value }) => [registerName(name), value]));
      registers.set('MTRRCAP', 0x500n | 255n);
      const known = mtrrsOf(registers, 'intel', maxphyaddr);
      const places = [
        0n,
        (1n << BigInt(maxphyaddr)) - PAGE,
        ...ranges.flatMap(({ start, end }) => [start, start - PAGE, end, end - PAGE, (start + end) / 2n]),
      ];
      for (const at of places.filter(place => place >= 0n)) {
        const wanted = typeAt(ranges, at, defaultType);
        expect(slow(made, at)).toBe(wanted);
        if (known && made.used <= 10) expect(mtrrType(known, at).value).toEqual({ is: 'type', type: wanted });
      }
    }),
    { numRuns: 100 },
  );
});

describe('no fewer ranges give the same', () => {
  const PAGES = 8;
  const TRIED = ['WB', 'UC', 'WT'] as const;
  const blocks = [1, 2, 4, 8].flatMap(size =>
    Array.from({ length: PAGES / size }, (_, i) => ({ from: i * size, to: (i + 1) * size })),
  );
  const ranges = blocks.flatMap(block => TRIED.map(type => ({ ...block, type })));
  type Tried = (typeof ranges)[number];
  /** What up to three ranges can make of eight pages, as text: the fewest that make it. */
  const fewest = new Map<string, number>();
  const add = (chosen: readonly Tried[]): void => {
    const made = Array.from({ length: PAGES }, (_, page): string => {
      const types = new Set(
        chosen.filter(({ from, to }) => from <= page && page < to).map(({ type }) => type),
      );
      if (types.size === 0 || types.has('UC')) return 'UC';
      return types.has('WT') ? 'WT' : 'WB';
    }).join();
    if (!fewest.has(made)) fewest.set(made, chosen.length);
  };
  add([]);
  for (const a of ranges) add([a]);
  ranges.forEach((a, i) => {
    for (const b of ranges.slice(i + 1)) add([a, b]);
  });
  ranges.forEach((a, i) => {
    ranges.slice(i + 1).forEach((b, j) => {
      for (const c of ranges.slice(i + j + 2)) add([a, b, c]);
    });
  });

  test('of every map of eight pages that three ranges can make', () => {
    const BASE = 0x1000_0000n;
    expect(fewest.size).toBeGreaterThan(500);
    for (const [made, least] of fewest) {
      const wanted = made.split(',').map((type, page): WantedType => {
        const start = BASE + BigInt(page) * PAGE;
        return { start, end: start + PAGE, type: type as MemoryType };
      });
      const { used } = encodeMtrrs({
        ranges: wanted,
        defaultType: 'UC',
        maxphyaddr: 36,
        count: 16,
      });
      expect(used, made).toBe(least);
    }
  });
});

describe('what cannot be is refused', () => {
  const wish = { defaultType: 'UC', maxphyaddr: 39, count: 8 } as const;
  const range = (start: bigint, end: bigint, type: MemoryType = 'WB'): WantedType => ({ start, end, type });
  test.each([
    ['no whole pages', [range(0n, 0x1800n)], /no whole number of pages/],
    ['beyond MAXPHYADDR', [range(0n, 1n << 40n)], /0x0-0x10000000000=WB reaches beyond MAXPHYADDR, 39 bits/],
    [
      'an overlap',
      [range(0n, 0x3000n), range(0x2000n, 0x4000n, 'UC')],
      /0x2000-0x4000=UC overlaps 0x0-0x3000=WB/,
    ],
    ['empty', [range(0x1000n, 0x1000n)], /holds no byte/],
    [
      'a part of a fixed range',
      [range(0n, 0x1000n)],
      /IA32_MTRR_FIX64K_00000 is one type for 0x0 to 0xffff, not WB and UC/,
    ],
    [
      'too many',
      [range(0x1234_5000n, 0x2b67_8000n), range(0x3456_7000n, 0x489a_b000n)],
      /takes \d+ variable ranges, and there are 8/,
    ],
  ] as const)('%s', (_, ranges, sentence) => {
    expect(() => encodeMtrrs({ ...wish, ranges })).toThrow(sentence);
  });
});

describe('encode mtrr', () => {
  const MAP = [
    'encode',
    'mtrr',
    '--map',
    '0-0xbfffffff=WB,0x100000000+5G=write-back',
    '--set',
    'maxphyaddr=39',
  ];

  test('3 GiB below a hole and 5 above: three ranges, UC over WB', async () => {
    const { status, out } = await memattr([...MAP, '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      used: 3,
      fixed: false,
      registers: {
        IA32_MTRR_DEF_TYPE: '0x0000000000000800',
        IA32_MTRR_PHYSBASE0: '0x0000000000000006',
        IA32_MTRR_PHYSMASK0: '0x0000007e00000800',
        IA32_MTRR_PHYSBASE1: '0x00000000c0000000',
        IA32_MTRR_PHYSMASK1: '0x0000007fc0000800',
      },
    });
  });

  test('its lines are registers that every verb takes', async () => {
    const { out } = await memattr(MAP);
    const [cpu] = parseRegisters(out).cpus;
    expect([...(cpu ?? [])].filter(([, value]) => value !== 0n)).toEqual([
      ['MTRR_DEF_TYPE', 0x800n],
      ['MTRR_PHYSBASE0', 6n],
      ['MTRR_PHYSMASK0', 0x7e_0000_0800n],
      ['MTRR_PHYSBASE1', 0xc000_0000n],
      ['MTRR_PHYSMASK1', 0x7f_c000_0800n],
      ['MTRR_PHYSBASE2', 0x2_0000_0006n],
      ['MTRR_PHYSMASK2', 0x7f_c000_0800n],
    ]);
  });

  test.each([
    [['encode', 'mtrr'], 'MTRRs are a set'],
    [['encode', 'stage2', '--map', '0-4K=WB'], '--map and --default are of encode mtrr'],
    [['encode', 'mtrr', '--map', '0-0xfff'], 'no START-END=TYPE'],
    [['encode', 'mtrr', '--map', '0-0xfff=UC-'], "no MTRR type 'UC-'"],
    [['encode', 'mtrr', '--map', '0-0xfffff=WB', '--oa', '0'], '--oa does not go with --map'],
  ])('%j', async (args, sentence) => {
    const { status, out, err } = await memattr(args);
    expect(err).toContain(sentence);
    expect({ status, out }).toEqual({ status: 2, out: '' });
  });

  test('what is assumed is said', async () => {
    const { out } = await memattr(['encode', 'mtrr', '--map', '0-0xfffff=WB', '--json']);
    expect(JSON.parse(out).assumed).toEqual([
      expect.stringMatching(/^MAXPHYADDR 46/),
      expect.stringMatching(/^8 variable ranges/),
      expect.stringMatching(/^default type UC/),
    ]);
    const given = ['--set', 'maxphyaddr=39', '--reg', 'IA32_MTRRCAP=0x50a', '--default', 'UC'];
    const all = await memattr(['encode', 'mtrr', '--map', '0-0xfffff=WB', '--json', ...given]);
    expect(JSON.parse(all.out)).toMatchObject({
      assumed: [],
      registers: { IA32_MTRR_PHYSMASK9: '0x0000000000000000' },
    });
  });
});
