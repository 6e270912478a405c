import { describe, expect, test } from 'vitest';
import { format, LayoutError, positions, rowWidth } from '../../src/bits/format.ts';
import {
  addr,
  bits,
  choose,
  fixed,
  flag,
  ignored,
  type Rows,
  res0,
  res1,
  reserved,
  scattered,
  software,
  softwareWide,
  wide,
} from '../../src/bits/spec.ts';

const about = { title: 'test', ref: { manual: 'test', where: 'here' } };
const rest = softwareWide(63, 8, 'rest');

describe('a layout that cannot be is refused when it is declared', () => {
  const cases: readonly (readonly [what: string, rows: Rows, message: string])[] = [
    [
      'two owners of one bit',
      { rest, a: bits(7, 3, 'A'), b: bits(3, 0, 'B') },
      "format test.bad: bit 3 belongs to both 'a' and 'b'",
    ],
    [
      'a scattered field over itself',
      {
        rest,
        a: scattered('A', [
          [7, 4],
          [4, 0],
        ]),
      },
      "format test.bad: bit 4 belongs to both 'a' and 'a'",
    ],
    [
      'a gap between two fields',
      { rest, a: bits(7, 5, 'A'), b: bits(3, 0, 'B') },
      "format test.bad: bit 4 belongs to no field (beside 'a' [7:5] and 'b' [3:0])",
    ],
    [
      'a gap at the top',
      { a: bits(31, 0, 'A'), b: bits(62, 32, 'B') },
      "format test.bad: bit 63 belongs to no field (beside 'b' [62:32])",
    ],
    [
      'a gap at the bottom',
      { rest, a: bits(7, 1, 'A') },
      "format test.bad: bit 0 belongs to no field (beside 'a' [7:1])",
    ],
    ['no rows at all', {}, 'format test.bad: bit 63 belongs to no field'],
    [
      'a bit above the word',
      { rest, a: bits(7, 0, 'A'), b: flag(64, 'B') },
      "format test.bad: field 'b' stands at [64:64], which is no bit range of a 64-bit word",
    ],
    [
      'a bit below the word',
      { rest, a: bits(7, -1, 'A') },
      "field 'a' stands at [7:-1], which is no bit range",
    ],
    ['a range upside down', { rest, a: bits(0, 7, 'A') }, "field 'a' stands at [0:7], which is no bit range"],
    ['half a bit', { rest, a: bits(7, 0.5, 'A') }, "field 'a' stands at [7:0.5], which is no bit range"],
    ['a field that stands nowhere', { rest, a: bits(7, 0, 'A'), b: addr('B') }, "field 'b' stands nowhere"],
    [
      'too many bits for a number',
      { a: bits(63, 31, 'A'), b: bits(30, 0, 'B') },
      "field 'a' has 33 bits: declare it with wide() or softwareWide()",
    ],
    [
      'too many ignored bits for a number',
      { a: ignored(63, 8), b: bits(7, 0, 'B') },
      "field 'a' has 56 bits: declare it with wide()",
    ],
    [
      'a table of values too short',
      { rest, a: bits(7, 6, 'A', { values: ['x', 'y', 'z'] }), b: bits(5, 0, 'B') },
      "field 'a' has 4 values but its table lists 3",
    ],
    [
      'a table of values too long',
      { rest, a: flag(7, 'A', { values: ['x', 'y', reserved()] }), b: bits(6, 0, 'B') },
      "field 'a' has 2 values but its table lists 3",
    ],
    [
      'two fields of one name',
      { rest, a: bits(7, 4, 'SH'), b: bits(3, 0, 'SH') },
      "fields 'a' and 'b' have the same name 'SH'",
    ],
    [
      'a constant too large',
      { rest, a: bits(7, 2, 'A'), type: fixed(1, 0, 4, 'type') },
      "field 'type' is fixed to 4, which does not fit 2 bits",
    ],
    [
      'a constant beyond 32 bits',
      { rest, a: bits(7, 2, 'A'), type: fixed(1, 0, 2 ** 32, 'type') },
      "field 'type' is fixed to 4294967296, which does not fit 2 bits",
    ],
    [
      'a negative constant',
      { a: fixed(63, 32, -1, 'A'), b: bits(31, 0, 'B') },
      "field 'a' is fixed to -1, which does not fit 32 bits",
    ],
    [
      'a constant that is no whole number',
      { rest, a: bits(7, 2, 'A'), type: fixed(1, 0, 1.5, 'type') },
      "field 'type' is fixed to 1.5, which does not fit 2 bits",
    ],
  ];
  test.each(cases)('%s', (_what, rows, message) => {
    expect(() => format('test.bad', about, rows)).toThrow(LayoutError);
    expect(() => format('test.bad', about, rows)).toThrow(message);
  });

  test('a 64-bit layout in a 32-bit word', () => {
    expect(() => format('test.bad', { ...about, width: 32 }, { a: wide(63, 0, 'A') })).toThrow(
      "field 'a' stands at [63:0], which is no bit range of a 32-bit word",
    );
  });
});

test('rows come in any order and are kept from the highest bit down, scattered ones at their highest piece', () => {
  const made = format('test.order', about, {
    low: fixed(0, 0, 1, 'valid'),
    oa: addr('OA', [3, 1], [62, 8]),
    mid: bits(7, 4, 'Mid'),
    top: flag(63, 'Top'),
  });
  expect(made.rows.map(row => row.key)).toEqual(['top', 'oa', 'mid', 'low']);
  expect(made.width).toBe(64);
  expect(made.rows.map(row => positions(row.pieces))).toEqual(['63', '3:1,62:8', '7:4', '0']);
  expect(made.rows.map(rowWidth)).toEqual([1, 58, 4, 1]);
});

test('wide values are allowed where they are declared: addr, wide, softwareWide, and reserved rows of any width', () => {
  expect(() => format('a', about, { a: addr('A', [63, 0]) })).not.toThrow();
  expect(() => format('b', about, { a: wide(63, 0, 'A') })).not.toThrow();
  expect(() => format('c', about, { a: softwareWide(63, 1, 'A'), b: res1(0) })).not.toThrow();
  expect(() => format('d', about, { a: res0(63, 0) })).not.toThrow();
});

test('rows without a name of their own are called after their bits, so that names stay unique', () => {
  const made = format('test.names', about, {
    a: res0(63, 62),
    b: res1(61),
    c: ignored(60, 59),
    d: software(58, 55),
    e: res0(54, 52, { name: 'MBZ' }),
    f: softwareWide(51, 0, 'payload'),
  });
  expect(made.rows.map(row => row.name)).toEqual([
    'RES0[63:62]',
    'RES1[61]',
    'IGNORED[60:59]',
    'software[58:55]',
    'MBZ',
    'payload',
  ]);
});

test('choose takes one group or the other', () => {
  const a = { x: flag(1, 'X') };
  const b = { y: flag(1, 'Y') };
  expect(choose(1, a, b)).toBe(a);
  expect(choose(0, a, b)).toBe(b);
  expect(choose(undefined, a, b)).toBe(b);
});
