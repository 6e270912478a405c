/** What the compiler promises about layouts. `tsc` is the judge; running these shows that the code is also true. */
import { describe, expect, expectTypeOf, test } from 'vitest';
import { stage2Leaf, stage2Settings } from '../../src/arm64/descriptors/stage2.ts';
import { decode, encode, patch } from '../../src/bits/codec.ts';
import { type Format, format } from '../../src/bits/format.ts';
import { gather } from '../../src/bits/gather.ts';
import type { Decoded, FieldKey } from '../../src/bits/infer.ts';
import { choice, integer, register, type Settings, settle, toggle } from '../../src/bits/settings.ts';
import {
  addr,
  type Bit,
  bits,
  choose,
  fixed,
  flag,
  ignored,
  res0,
  res1,
  scattered,
  software,
  softwareWide,
  wide,
} from '../../src/bits/spec.ts';

const about = { title: 'test', ref: { manual: 'test', where: 'here' } };
const page = format('test.page', about, {
  xn: flag(63, 'XN'),
  res62: res0(62),
  one: res1(61),
  oa: addr('Output address', [9, 8], [49, 12]),
  sw: software(60, 58),
  index: scattered('Index', [
    [57, 56],
    [11, 10],
  ]),
  big: wide(55, 50, 'Big'),
  sh: bits(7, 6, 'SH'),
  ign: ignored(5, 4),
  more: softwareWide(3, 2, 'more'),
  type: fixed(1, 0, 3, 'type'),
});
type Page = Decoded<typeof page.fields>;

describe('a decoded word', () => {
  test('has exactly one property per row that carries a value: flags are 0 or 1, addresses bigint', () => {
    expectTypeOf<Page>().toEqualTypeOf<{
      readonly xn: Bit;
      readonly oa: bigint;
      readonly sw: number;
      readonly index: number;
      readonly big: bigint;
      readonly sh: number;
      readonly ign: number;
      readonly more: bigint;
      readonly type: number;
    }>();
    expectTypeOf(decode(page, 0n)).toEqualTypeOf<Page>();
    expect(Object.keys(decode(page, 0n)).sort()).toEqual(
      ['big', 'ign', 'index', 'more', 'oa', 'sh', 'sw', 'type', 'xn'].sort(),
    );
  });

  test('has no property for a reserved row, and none that the layout does not have', () => {
    const fields = decode(page, 0n);
    // @ts-expect-error RES0 rows decode to nothing
    expect(fields.res62).toBeUndefined();
    // @ts-expect-error RES1 rows decode to nothing
    expect(fields.one).toBeUndefined();
    // @ts-expect-error no such row
    expect(fields.nope).toBeUndefined();
  });

  test('is read-only', () => {
    const fields = decode(page, 1n);
    // @ts-expect-error a decoded word is an answer, not a place to write
    fields.xn = 1;
    expect(fields.sh).toBe(0);
  });
});

describe('encode and patch', () => {
  test('take any of the fields', () => {
    expectTypeOf(encode(page, {})).toEqualTypeOf<bigint>();
    expectTypeOf(patch(page, 0n, { oa: 0x1000n, xn: 1 })).toEqualTypeOf<bigint>();
    expect(encode(page, { sh: 3 }) & 0xffn).toBe(0xc3n);
  });
  test('and nothing else', () => {
    // @ts-expect-error no such field
    expect(() => encode(page, { nope: 1 })).toThrow();
    // @ts-expect-error reserved bits cannot be asked for
    expect(() => encode(page, { res62: 0 })).toThrow();
    // @ts-expect-error an address is a bigint
    expect(encode(page, { oa: 4096 })).toBe(encode(page, { oa: 4096n }));
    // @ts-expect-error a flag is 0 or 1
    expect(() => encode(page, { xn: 2 })).toThrow();
    // @ts-expect-error undefined is no value; leave the field out
    expect(() => encode(page, { sh: undefined })).toThrow();
  });
});

test('gather takes keys of fields that carry a value', () => {
  expectTypeOf<FieldKey<typeof page.fields>>().toEqualTypeOf<
    'xn' | 'oa' | 'sw' | 'index' | 'big' | 'sh' | 'ign' | 'more' | 'type'
  >();
  expect(gather(page, ['xn', 'sh']).width).toBe(3);
  // @ts-expect-error a reserved row
  expect(() => gather(page, ['res62'])).toThrow();
  // @ts-expect-error no such row
  expect(() => gather(page, ['nope'])).toThrow();
});

describe('layouts that differ in one group of rows', () => {
  const of = (pie: boolean) =>
    format('test.either', about, {
      ...choose(
        pie,
        { piIndex: bits(63, 60, 'PIIndex') },
        { xn: flag(63, 'XN'), s2ap: bits(62, 60, 'S2AP') },
      ),
      rest: softwareWide(59, 0, 'rest'),
    });
  type Either = Decoded<ReturnType<typeof of>['fields']>;

  test('decode to types with the certain fields certain and the others optional', () => {
    expectTypeOf<Either>().toEqualTypeOf<{
      readonly piIndex?: number;
      readonly xn?: Bit;
      readonly s2ap?: number;
      readonly rest: bigint;
    }>();
    const fields = decode(of(true), 0xf000_0000_0000_0001n);
    expectTypeOf(fields.rest).toEqualTypeOf<bigint>();
    expectTypeOf(fields.xn).toEqualTypeOf<Bit | undefined>();
    expect(fields).toEqual({ piIndex: 15, rest: 1n });
    expect(decode(of(false), 1n << 63n)).toEqual({ xn: 1, s2ap: 0, rest: 0n });
  });
  test('so that an optional field must be looked at before it is used', () => {
    const fields = decode(of(true), 0n);
    // @ts-expect-error perhaps not there
    const bit: number = fields.piIndex;
    expect(bit).toBe(0);
  });
  test('a union of layouts decodes to a union', () => {
    const a = format('test.a', about, { a: wide(63, 0, 'A') });
    const b = format('test.b', about, { b: wide(63, 0, 'B') });
    expectTypeOf<Decoded<typeof a.fields | typeof b.fields>>().toEqualTypeOf<
      { readonly a: bigint } | { readonly b: bigint }
    >();
    expect([decode(a, 1n), decode(b, 2n)]).toEqual([{ a: 1n }, { b: 2n }]);
  });
});

test('a real layout: what every stage 2 leaf has, and what only some have', () => {
  const leaf = decode(stage2Leaf(settle(stage2Settings)), 0n);
  expectTypeOf(leaf.oa).toEqualTypeOf<bigint>();
  expectTypeOf(leaf.memAttr).toEqualTypeOf<number>();
  expectTypeOf(leaf.af).toEqualTypeOf<Bit>();
  expectTypeOf(leaf.sh).toEqualTypeOf<number | undefined>();
  expectTypeOf(leaf.piIndex).toEqualTypeOf<number | undefined>();
  // @ts-expect-error bit 50 is RES0
  expect(leaf.res50).toBeUndefined();
});

test('any format is a Format', () => {
  expectTypeOf(page).toExtend<Format>();
  expect(page.id).toBe('test.page');
});

test('settings have the types of their values', () => {
  const table = {
    granule: choice(['4K', '16K', '64K'], 'granule', '4K'),
    level: integer(-1, 3, 'level', 3),
    ds: toggle('DS', 0),
    pir: register('PIR'),
  } as const;
  expectTypeOf<Settings<typeof table>>().toEqualTypeOf<{
    readonly granule: '4K' | '16K' | '64K';
    readonly level: number;
    readonly ds: 0 | 1;
    readonly pir: bigint;
  }>();
  // @ts-expect-error no such granule
  expect(settle(table, { granule: '8K' }).level).toBe(3);
  // @ts-expect-error no such setting
  expect(settle(table, { nope: 1 }).ds).toBe(0);
  // @ts-expect-error the default must be one of the values
  expect(choice(['a', 'b'], 'x', 'c').accepts).toBe('a, b');
});
