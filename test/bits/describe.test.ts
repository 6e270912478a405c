import fc from 'fast-check';
import { expect, describe as suite, test } from 'vitest';
import { decode, EncodeError, encode } from '../../src/bits/codec.ts';
import { describe, meaningOf, named, parseField } from '../../src/bits/describe.ts';
import { format, positions } from '../../src/bits/format.ts';
import { addr, bits, fixed, flag, res0, reserved, scattered, software, wide } from '../../src/bits/spec.ts';
import { formatAndWord, oracle } from './random-format.ts';

const ref = { manual: 'test', where: 'the drawing' };
const page = format(
  'test.page',
  { title: 'test page', ref },
  {
    xn: flag(63, 'XN', { values: ['execute', 'execute never'], ref: { manual: 'test', where: 'a table' } }),
    tag: bits(62, 52, 'Tag'),
    oa: addr('Output address', [9, 8], [51, 12]),
    sw: software(11, 10),
    sh: bits(7, 6, 'SH[1:0]', { values: ['NSH', reserved('Reserved, acts as any'), 'OSH', 'ISH'] }),
    res4: res0(5, 4),
    pi: scattered('PIIndex', [
      [3, 3],
      [2, 2],
    ]),
    valid: fixed(1, 0, 3, 'type'),
  },
);
const WORD = 0x8120_0000_4063_43d7n;

test('every row is there, from the top, with the manual’s names, values and meanings', () => {
  expect(
    describe(page, WORD).map(({ bits, name, kind, text, meaning, ref }) =>
      [bits, name, kind, text, meaning ?? '', ref.where].join(' | '),
    ),
  ).toMatchInlineSnapshot(`
    [
      "63 | XN | flag | 1 | execute never | a table",
      "62:52 | Tag | bits | 0x12 |  | the drawing",
      "9:8,51:12 | Output address | addr | 0x30000040634000 |  | the drawing",
      "11:10 | software[11:10] | software | 0b00 |  | the drawing",
      "7:6 | SH[1:0] | bits | 0b11 | ISH | the drawing",
      "5:4 | RES0[5:4] | res0 | 0b01 |  | the drawing",
      "3,2 | PIIndex | bits | 0b01 |  | the drawing",
      "1:0 | type | fixed | 0b11 |  | the drawing",
    ]
  `);
});
test('named: the values alone, for JSON', () => {
  expect(named(page, WORD)).toMatchInlineSnapshot(`
    {
      "Output address": "0x30000040634000",
      "PIIndex": 1,
      "SH[1:0]": 3,
      "Tag": 18,
      "XN": 1,
      "software[11:10]": 0,
      "type": 3,
    }
  `);
});
test('wide fields keep every bit', () => {
  const all = format('test.all', { title: 't', ref }, { all: wide(63, 0, 'All') });
  expect(describe(all, 0xfedc_ba98_7654_3211n)[0]?.text).toBe('0xfedcba9876543211');
  const none = format('test.none', { title: 't', ref }, { none: res0(63, 0) });
  expect(describe(none, 0xfedc_ba98_7654_3211n)[0]?.text).toBe('0xfedcba9876543211');
  expect(named(all, 1n)).toEqual({ All: '0x1' });
});
test('on random layouts: no row is missing, values are the oracle’s, and the word can be put together again', () => {
  fc.assert(
    fc.property(formatAndWord, ([{ format, meant }, word]) => {
      const views = describe(format, word);
      expect(views.map(view => view.bits)).toEqual(format.rows.map(row => positions(row.pieces)));
      for (const view of views) {
        const row = meant.find(({ key }) => key === view.key);
        if (row) expect(BigInt(view.value)).toBe(BigInt(oracle(row, word)));
      }
    }),
    { numRuns: 300 },
  );
});

suite('fields are read from text', () => {
  test.each([
    ['xn', '1', ['xn', 1]],
    ['XN', 'execute never', ['xn', 1]],
    ['xn', 'Execute', ['xn', 0]],
    ['sh', 'ish', ['sh', 3]],
    ['SH', '0b10', ['sh', 2]],
    ['sh[1:0]', '1', ['sh', 1]],
    ['OUTPUT ADDRESS', '0x40634000', ['oa', 0x40634000n]],
    ['oa', '1G', ['oa', 1n << 30n]],
    ['pi', '3', ['pi', 3]],
  ] as const)('%s=%s', (key, text, wanted) => expect(parseField(page, key, text)).toEqual(wanted));

  test.each([
    ['nope', '1', "test.page: no field 'nope'; it has xn, tag, oa, sw, sh, pi, valid"],
    ['res4', '1', "test.page: no field 'res4'"],
    [
      'sh',
      'sideways',
      "test.page: 'sideways' is no value of 'sh' (SH[1:0]); it takes a number or one of: NSH, OSH, ISH",
    ],
    ['tag', 'many', "test.page: 'many' is no value of 'tag' (Tag); it takes a number"],
    ['tag', '0x100000000', "test.page: 0x100000000 does not fit 'tag' (bits 62:52)"],
  ])('%s=%s is refused', (key, text, message) => {
    expect(() => parseField(page, key, text)).toThrow(EncodeError);
    expect(() => parseField(page, key, text)).toThrow(message);
  });

  test('what is printed can be typed: name and text of every field give the same word', () => {
    const fields = describe(page, WORD)
      .filter(view => view.kind !== 'res0')
      .map(view => parseField(page, view.name, view.text));
    expect(Object.fromEntries(fields)).toEqual(decode(page, WORD));
    expect(encode(page, Object.fromEntries(fields))).toBe(WORD & ~0x30n);
  });
});

test('meaningOf: the name, or what the manual says of a reserved value, or nothing', () => {
  const row = (key: string) => page.rows.find(row => row.key === key) as (typeof page.rows)[number];
  expect([meaningOf(row('sh'), 3), meaningOf(row('sh'), 1), meaningOf(row('tag'), 1)]).toEqual([
    'ISH',
    'Reserved, acts as any',
    undefined,
  ]);
});
