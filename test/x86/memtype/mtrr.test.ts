import fc from 'fast-check';
import { expect, describe as group, test } from 'vitest';
import {
  assumedFixed,
  type MtrrRegisters,
  type Mtrrs,
  mtrrLabel,
  mtrrRange,
  mtrrs,
  mtrrsOf,
  mtrrType,
} from '../../../src/x86/memtype/mtrr.ts';

const WB = 6n;
const set = (registers: Partial<MtrrRegisters>) =>
  mtrrs({ vendor: 'intel', maxphyaddr: 40, defType: 0x800n, variable: [], ...registers });
const label = (registers: Partial<MtrrRegisters>, address: bigint) => {
  const { value: answer, source } = mtrrType(set(registers), address);
  return `${mtrrLabel(answer)} ${source}`;
};
const FIXED = Array.from({ length: 11 }, () => 0x0606060606060606n);

group('precedence', () => {
  test('E = 0: UC, whatever is programmed', () => {
    const { value: answer, why: reasons } = mtrrType(
      set({ defType: 0x406n, fixed: FIXED, variable: [[WB, 0x800n]] }),
      0n,
    );
    expect(answer).toEqual({ is: 'type', type: 'UC' });
    expect(reasons[0]?.because).toContain('E = 0');
  });
  test('fixed ranges hide variable ones below 1 MByte, with FE = 1 only', () => {
    const variable = [[0n, 0x800n]] as const;
    expect(label({ defType: 0xc00n, fixed: FIXED, variable }, 0xfffffn)).toBe('WB fixed');
    expect(label({ defType: 0xc00n, fixed: FIXED, variable }, 0x100000n)).toBe('UC variable');
    expect(label({ defType: 0x800n, fixed: FIXED, variable }, 0xfffffn)).toBe('UC variable');
  });
  test('every fixed range answers for its own addresses', () => {
    const types = [0, 1, 4, 5, 6];
    const fixed = Array.from({ length: 11 }, (_, r) =>
      Array.from({ length: 8 }, (_, i) => BigInt(types[(r + i) % 5] ?? 0) << BigInt(8 * i)).reduce(
        (a, b) => a | b,
      ),
    );
    const prepared = set({ defType: 0xc00n, fixed });
    for (let address = 0; address < 0x100000; address += 0x1000) {
      const index =
        address < 0x80000
          ? address >> 16
          : address < 0xc0000
            ? 8 + ((address - 0x80000) >> 14)
            : 24 + ((address - 0xc0000) >> 12);
      const code = Number(((fixed[index >> 3] ?? 0n) >> BigInt(8 * (index & 7))) & 0xffn);
      const name = { 0: 'UC', 1: 'WC', 4: 'WT', 5: 'WP', 6: 'WB' }[code];
      expect(mtrrLabel(mtrrType(prepared, BigInt(address)).value)).toBe(name);
    }
  });
  test('every pair of overlapping types', () => {
    const names: Record<number, string> = { 0: 'UC', 1: 'WC', 4: 'WT', 5: 'WP', 6: 'WB' };
    for (const a of [0, 1, 4, 5, 6])
      for (const b of [0, 1, 4, 5, 6]) {
        const pair = [names[a], names[b]].sort().join('+');
        const want =
          a === b ? names[a] : a === 0 || b === 0 ? 'UC' : pair === 'WB+WT' ? 'WT' : `undefined:${pair}`;
        expect(
          label(
            {
              variable: [
                [BigInt(a), 0x800n],
                [BigInt(b), 0x800n],
              ],
            },
            0x1234000n,
          ),
        ).toBe(`${want} variable`);
      }
  });
  test('an illegal type is said', () => {
    expect(mtrrType(set({ variable: [[7n, 0x800n]] }), 0n).value).toEqual({ is: 'illegal', code: 7 });
    expect(mtrrType(set({ defType: 0x802n }), 0n).value).toEqual({ is: 'illegal', code: 2 });
  });
});

group('AMD', () => {
  const amd = { vendor: 'amd', maxphyaddr: 48, topMem2: 0x4_2000_0000n } as const;
  test('TOP_MEM2 replaces the default type, and needs both bits', () => {
    expect(label({ ...amd, syscfg: 0x600000n }, 0x1_0000_0000n)).toBe('WB tom2');
    expect(label({ ...amd, syscfg: 0x600000n }, 0xffff_ffffn)).toBe('UC default');
    expect(label({ ...amd, syscfg: 0x600000n }, 0x4_2000_0000n)).toBe('UC default');
    expect(label({ ...amd, syscfg: 0x400000n }, 0x1_0000_0000n)).toBe('UC default');
    expect(label({ ...amd, syscfg: 0x600000n, variable: [[4n, 0x800n]] }, 0x1_0000_0000n)).toBe(
      'WT variable',
    );
    expect(label({ ...amd, vendor: 'intel', syscfg: 0x600000n }, 0x1_0000_0000n)).toBe('UC default');
  });
  test('RdMem and WrMem are no part of the type', () => {
    const fixed = [0x1e18n, ...Array.from({ length: 10 }, () => 0n)];
    const prepared = set({ ...amd, defType: 0xc00n, fixed, syscfg: 0xc0000n });
    expect(mtrrType(prepared, 0n)).toMatchObject({ value: { type: 'UC' }, rdMem: true, wrMem: true });
    expect(mtrrType(prepared, 0x10000n)).toMatchObject({ value: { type: 'WB' }, rdMem: true, wrMem: true });
    expect(mtrrType(prepared, 0x20000n)).toMatchObject({
      value: { type: 'UC' },
      rdMem: false,
      wrMem: false,
    });
    expect(mtrrType(set({ defType: 0xc00n, fixed }), 0n).value).toEqual({ is: 'illegal', code: 0x18 });
  });
});

group('SMRR', () => {
  const smrr = { base: 0x7f00_0006n, mask: 0xff00_0800n };
  test('in SMM its type overrides, outside the range is closed', () => {
    expect(label({ smrr: { ...smrr, inSmm: true } }, 0x7f12_3000n)).toBe('WB smrr');
    expect(label({ smrr: { ...smrr, inSmm: false }, defType: 0x806n }, 0x7f12_3000n)).toBe('UC smrr');
    expect(label({ smrr: { ...smrr, inSmm: true } }, 0x1_7f12_3000n)).toBe('UC default');
    expect(label({ smrr: { ...smrr, mask: 0xff00_0000n, inSmm: true } }, 0x7f12_3000n)).toBe('UC default');
  });
});

group('ranges', () => {
  test('a mask with holes: every odd page', () => {
    const prepared = set({ defType: 0x806n, variable: [[0x1001n, 0x1800n]] });
    const { uniform, segments } = mtrrRange(prepared, 0n, 0x4000n);
    expect(uniform).toBe(false);
    expect(segments.map(({ type }) => mtrrLabel(type))).toEqual(['WB', 'WC', 'WB', 'WC']);
    expect(mtrrRange(prepared, 0n, 1n << 40n, 100)).toMatchObject({ truncated: true, uniform: false });
  });
  test('one terabyte with one hole: three runs, at once', () => {
    const prepared = set({ defType: 0x806n, variable: [[0xe000_0000n, 0xff_fff0_0800n]] });
    expect(mtrrRange(prepared, 0n, 1n << 40n).segments.map(({ start, end }) => [start, end])).toEqual([
      [0n, 0xe000_0000n],
      [0xe000_0000n, 0xe010_0000n],
      [0xe010_0000n, 1n << 40n],
    ]);
  });
  test('a range inside one page', () => {
    expect(mtrrRange(set({}), 0x123n, 0x456n)).toMatchObject({
      uniform: true,
      segments: [{ start: 0x123n, end: 0x456n }],
    });
  });

  const type = fc.constantFrom(0n, 1n, 4n, 5n, 6n);
  const pair = fc
    .record({ type, base: fc.nat(0xff), mask: fc.nat(0xff), v: fc.boolean() })
    .map(({ type, base, mask, v }): readonly [bigint, bigint] => [
      (BigInt(base) << 16n) | type, // bits 23:16, so that a small window sees every mixture
      (BigInt(mask) << 16n) | (v ? 0x800n : 0n) | 0xff_ff00_0000n,
    ]);
  test('agree with the lookup of every page, for random registers', () => {
    fc.assert(
      fc.property(
        fc.array(pair, { maxLength: 5 }),
        fc.constantFrom(0n, 0x400n, 0x800n, 0xc00n),
        fc.nat(0x30),
        fc.nat(0x40),
        fc.boolean(),
        (variable, flags, start, length, smm) => {
          const smrr = { base: 0x20006n, mask: 0xfff2_0800n, inSmm: smm };
          const prepared = set({
            variable,
            defType: flags | 6n,
            fixed: FIXED,
            ...(start % 2 ? { smrr } : {}),
          });
          const [from, to] = [BigInt(start) << 15n, (BigInt(start) + BigInt(length) + 1n) << 15n];
          const { uniform, segments } = mtrrRange(prepared, from, to);
          const pages: string[] = [];
          for (let at = from; at < to; at += 0x1000n) pages.push(mtrrLabel(mtrrType(prepared, at).value));
          expect(uniform).toBe(new Set(pages).size === 1);
          expect(
            segments.flatMap(s =>
              Array.from({ length: Number((s.end - s.start) >> 12n) }, () => mtrrLabel(s.type)),
            ),
          ).toEqual(pages);
          for (const [i, s] of segments.entries()) {
            expect(s.start).toBe(i === 0 ? from : segments[i - 1]?.end);
            expect(mtrrLabel(s.type)).not.toBe(
              i === 0 ? '' : mtrrLabel(segments[i - 1]?.type ?? { is: 'illegal', code: 2 }),
            );
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

test('fixed MTRRs that count and were not given: the answer says what was assumed', () => {
  const some = (given: readonly (readonly [string, bigint])[]) =>
    mtrrsOf(new Map([['MTRR_DEF_TYPE', 0xc06n], ...given]), 'intel', 40) as Mtrrs;
  const none = some([]);
  expect(mtrrType(none, 0x5000n)).toMatchObject({
    value: { is: 'type', type: 'UC' },
    assumed: 'MTRR_FIX64K_00000 is not given: taken as 0, UC',
  });
  expect(mtrrType(none, 0x10_0000n).assumed).toBeUndefined();
  expect(assumedFixed(none)).toMatch(/^the fixed MTRRs are not given/);
  const first = some([['MTRR_FIX64K_00000', 0x0606_0606_0606_0606n]]);
  expect(mtrrType(first, 0x5000n)).toMatchObject({ value: { type: 'WB' } });
  expect(mtrrType(first, 0x5000n).assumed).toBeUndefined();
  expect(mtrrType(first, 0xa_0000n).assumed).toMatch(/^MTRR_FIX16K_A0000/);
  const off = mtrrsOf(new Map([['MTRR_DEF_TYPE', 0x806n]]), 'intel', 40) as Mtrrs;
  expect([assumedFixed(off), mtrrType(off, 0x5000n).assumed]).toEqual([undefined, undefined]);
});
