import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  carriesValue,
  check,
  decode,
  EncodeError,
  encode,
  maskOf,
  patch,
  readRow,
} from '../../src/bits/codec.ts';
import { format } from '../../src/bits/format.ts';
import {
  addr,
  bits,
  fixed,
  flag,
  ignored,
  pageNumber,
  res0,
  res1,
  reserved,
  scattered,
  software,
  wide,
} from '../../src/bits/spec.ts';
import { formatAndWord, type Meant, oracle, randomFormat, rawOf, widthOf } from './random-format.ts';

const ref = { manual: 'test', where: 'here' };
const RUNS = { numRuns: 600 };

describe('on random layouts', () => {
  test('decode gives what an oracle reads from the digits of the word', () => {
    fc.assert(
      fc.property(formatAndWord, ([{ format, meant }, word]) => {
        const wanted = Object.fromEntries(
          meant
            .filter(row => row.kind !== 'res0' && row.kind !== 'res1')
            .map(row => [row.key, oracle(row, word)]),
        );
        expect(decode(format, word)).toEqual(wanted);
      }),
      RUNS,
    );
  });

  test('readRow reads every row, the reserved ones too', () => {
    fc.assert(
      fc.property(formatAndWord, ([{ format, meant }, word]) => {
        for (const row of format.rows) {
          const twin = meant.find(({ key }) => key === row.key) as Meant;
          const shift = row.kind === 'addr' ? BigInt(row.shift) : 0n;
          expect(BigInt(readRow(row, word)) >> shift).toBe(rawOf(twin, word));
        }
      }),
      RUNS,
    );
  });

  test('patch(w, decode(w)) === w, whatever the word', () => {
    fc.assert(
      fc.property(formatAndWord, ([{ format }, word]) => {
        expect(patch(format, word, decode(format, word))).toBe(word);
      }),
      RUNS,
    );
  });

  test('patching one field moves its bits and no others', () => {
    fc.assert(
      fc.property(
        formatAndWord,
        fc.nat(),
        fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
        ([random, word], pick, dice) => {
          const free = random.meant.filter(
            row => !['res0', 'res1', 'fixed'].includes(row.kind) && row.values === undefined,
          );
          const row = free[pick % Math.max(1, free.length)];
          if (!row) return;
          const wanted = oracle(row, dice & ((1n << BigInt(random.format.width)) - 1n));
          const after = patch(random.format, word, { [row.key]: wanted });
          expect(oracle(row, after)).toBe(wanted);
          for (const other of random.meant)
            if (other !== row) expect(rawOf(other, after)).toBe(rawOf(other, word));
        },
      ),
      RUNS,
    );
  });

  test('encode(decode(w)) rebuilds a clean word, and refuses a word that the layout reserves', () => {
    fc.assert(
      fc.property(formatAndWord, ([{ format, meant }, word]) => {
        const illegal = meant.some(row => {
          const raw = rawOf(row, word);
          if (row.kind === 'fixed') return raw !== BigInt(row.value);
          return row.values !== undefined && typeof row.values[Number(raw)] !== 'string';
        });
        if (illegal) {
          expect(() => encode(format, decode(format, word))).toThrow(EncodeError);
          return;
        }
        const built = encode(format, decode(format, word));
        for (const row of meant) {
          const ones = (1n << BigInt(widthOf(row))) - 1n;
          const wanted = row.kind === 'res0' ? 0n : row.kind === 'res1' ? ones : rawOf(row, word);
          expect(rawOf(row, built), row.key).toBe(wanted);
        }
      }),
      RUNS,
    );
  });

  test('encode of nothing sets the constants and the RES1 bits, and then nothing is wrong with the word', () => {
    fc.assert(
      fc.property(randomFormat, ({ format, meant }) => {
        const word = encode(format, {});
        for (const row of meant) {
          if (row.kind === 'fixed') expect(rawOf(row, word)).toBe(BigInt(row.value));
          else if (row.kind === 'res1') expect(rawOf(row, word)).toBe((1n << BigInt(widthOf(row))) - 1n);
          else expect(rawOf(row, word)).toBe(0n);
        }
        const reservedZero = meant.filter(
          row => row.values !== undefined && typeof row.values[0] !== 'string',
        );
        expect(check(format, word).map(finding => finding.id)).toEqual(
          reservedZero.map(() => 'reserved-encoding'),
        );
      }),
      RUNS,
    );
  });

  test('check finds exactly the reserved bits, reserved encodings and foreign constants', () => {
    fc.assert(
      fc.property(formatAndWord, ([{ format, meant }, word]) => {
        const wanted = meant.flatMap(row => {
          const [hi, lo] = row.pieces[0] ?? [0, 0];
          const raw = rawOf(row, word);
          const wrong = row.kind === 'res1' ? ~raw & ((1n << BigInt(widthOf(row))) - 1n) : raw;
          const where = row.pieces.map(([top, low]) => (top === low ? `${top}` : `${top}:${low}`)).join(',');
          switch (row.kind) {
            case 'res0':
            case 'res1': {
              // the wrong bits, from the top down
              const list: number[] = [];
              for (let bit = hi; bit >= lo; bit--) if ((wrong >> BigInt(bit - lo)) & 1n) list.push(bit);
              return list.length > 0 ? [`res ${list.join(' ')}`] : [];
            }
            case 'fixed':
              return raw === BigInt(row.value) ? [] : [`format-mismatch ${where}`];
            default:
              return row.values && typeof row.values[Number(raw)] !== 'string'
                ? [`reserved-encoding ${where}`]
                : [];
          }
        });
        const found = check(format, word).map(({ id, bits }) => {
          if (!id.startsWith('res0') && !id.startsWith('res1')) return `${id} ${bits}`;
          const list = bits.split(',').flatMap(piece => {
            const [hi = 0, lo = hi] = piece.split(':').map(Number);
            return Array.from({ length: hi - lo + 1 }, (_, index) => hi - index);
          });
          return `res ${list.join(' ')}`;
        });
        expect(found.sort()).toEqual(wanted.sort());
      }),
      RUNS,
    );
  });

  test('the masks of the rows are a partition of the word', () => {
    fc.assert(
      fc.property(randomFormat, ({ format }) => {
        const masks = format.rows.map(maskOf);
        expect(masks.reduce((sum, mask) => sum + mask, 0n)).toBe((1n << BigInt(format.width)) - 1n);
        expect(masks.reduce((all, mask) => all | mask, 0n)).toBe((1n << BigInt(format.width)) - 1n);
      }),
      RUNS,
    );
  });

  test('rows stand from the highest bit down', () => {
    fc.assert(
      fc.property(randomFormat, ({ format }) => {
        const tops = format.rows.map(row => Math.max(...row.pieces.map(([hi]) => hi)));
        expect(tops).toEqual([...tops].sort((a, b) => b - a));
      }),
      RUNS,
    );
  });
});

const page = format(
  'test.page',
  { title: 'test page', ref },
  {
    xn: flag(63, 'XN'),
    res56: res0(62, 56),
    owner: software(55, 52, 'owner'),
    one: res1(51, 50),
    oa: addr('Output address', [9, 8], [49, 12]),
    ign10: ignored(11, 10),
    index: scattered('PIIndex[3:0]', [
      [7, 6],
      [4, 4],
      [2, 2],
    ]),
    type: bits(5, 5, 'Type', {
      values: ['one thing', reserved('Reserved', { manual: 'test', where: 'there' })],
    }),
    low: flag(3, 'Low', { values: ['off', 'on'] }),
    valid: fixed(1, 0, 0b11, 'descriptor type'),
  },
);
const SW_AND_RES1 = 0x000c_0000_0000_0003n;

describe('refusals name format, field, bits and value', () => {
  const cases: readonly (readonly [what: string, fields: Record<string, unknown>, message: string])[] = [
    [
      'a field that is not there',
      { nope: 1 },
      "test.page: no field 'nope'; it has xn, owner, oa, ign10, index, type, low, valid",
    ],
    ['a reserved row', { res56: 0 }, "test.page: no field 'res56'"],
    [
      'a value too large',
      { owner: 16 },
      "test.page: field 'owner' (owner, bits 55:52) cannot hold 0x10: it has 4 bits",
    ],
    ['a negative value', { xn: -1 }, "test.page: field 'xn' (XN, bit 63) cannot hold -1: it is negative"],
    [
      'a fraction',
      { owner: 1.5 },
      "test.page: field 'owner' (owner, bits 55:52) cannot hold 1.5: not a whole number",
    ],
    [
      'a number that has lost its low bits',
      { oa: 2 ** 60 },
      "test.page: field 'oa' (Output address, bits 9:8,49:12) cannot hold 1152921504606847000: beyond 2^53 only a bigint is exact",
    ],
    [
      'nothing',
      { xn: undefined },
      "test.page: field 'xn' (XN, bit 63) cannot hold undefined: not a whole number",
    ],
    [
      'an address above the field',
      { oa: 1n << 52n },
      "test.page: field 'oa' (Output address, bits 9:8,49:12) cannot hold 0x10000000000000: it goes up to 0xffffffffff000",
    ],
    [
      'an address off its alignment',
      { oa: 0x1800n },
      "test.page: field 'oa' (Output address, bits 9:8,49:12) cannot hold 0x1800: not a multiple of 0x1000",
    ],
    [
      'another constant',
      { valid: 1 },
      "test.page: field 'valid' (descriptor type, bits 1:0) is always 3 in this format, not 0x1",
    ],
    ['a reserved encoding', { type: 1 }, "test.page: field 'type' (Type, bit 5) cannot hold 0b1: Reserved"],
  ];
  test.each(cases)('%s', (_what, fields, message) => {
    expect(() => encode(page, fields)).toThrow(EncodeError);
    expect(() => encode(page, fields)).toThrow(message);
    expect(() => patch(page, SW_AND_RES1, fields)).toThrow(message);
  });

  test('but a word keeps the reserved encoding that it has', () => {
    const word = SW_AND_RES1 | (1n << 5n);
    expect(patch(page, word, { type: 1, xn: 1 })).toBe(word | (1n << 63n));
    expect(patch(page, word & ~3n, { valid: 0 as 3 })).toBe(word & ~3n);
  });
  test('a field of one bit reads the same as number and as bigint', () => {
    const w = format('test.wide', { title: 't', ref }, { all: wide(63, 0, 'All') });
    expect(patch(w, 5n, { all: 5n })).toBe(5n);
    expect(patch(w, 5n, { all: 6 as unknown as bigint })).toBe(6n);
  });
});

describe('scattered fields', () => {
  test('the first piece is the most significant', () => {
    expect(encode(page, { oa: 0xf_8000_0000_0000n })).toBe(SW_AND_RES1 | (0b11n << 8n) | (0b111n << 47n));
    expect(decode(page, (0b10n << 8n) | (1n << 12n)).oa).toBe(0x8_0000_0000_1000n);
    expect(encode(page, { index: 0b1011 })).toBe(SW_AND_RES1 | (0b10n << 6n) | (1n << 4n) | (1n << 2n));
  });
  test('a value is spread over both halves of the word and back', () => {
    const across = format(
      'test.across',
      { title: 't', ref },
      {
        b: bits(40, 25, 'B'),
        a: scattered('A', [
          [24, 20],
          [63, 57],
        ]),
        ign41: ignored(56, 41),
        ign0: ignored(19, 0),
      },
    );
    const word = encode(across, { a: 0b10001_1100110, b: 0xbeef });
    expect(word).toBe((0b1100110n << 57n) | (0b10001n << 20n) | (0xbeefn << 25n));
    expect(decode(across, word)).toEqual({ a: 0b10001_1100110, b: 0xbeef, ign41: 0, ign0: 0 });
  });
});

describe('page numbers', () => {
  const layout = format(
    'test.pageNumber',
    { title: 'test', ref: { manual: 'test', where: 'here' } },
    { high: res0(63, 54), oa: pageNumber('Page number', 21, [53, 19]), low: res0(18, 0) },
  );
  test('the value is an address, wherever the number stands', () => {
    expect(decode(layout, 1n << 19n)).toEqual({ oa: 0x20_0000n });
    expect(decode(layout, 1n << 53n)).toEqual({ oa: 1n << 55n });
    expect(encode(layout, { oa: 0xff_1234_5620_0000n })).toBe(0xff_1234_5620_0000n >> 2n);
  });
  test('an address between pages, or beyond the field, is refused', () => {
    expect(() => encode(layout, { oa: 0x10_0000n })).toThrow('not a multiple of 0x200000');
    expect(() => encode(layout, { oa: 1n << 56n })).toThrow('it goes up to 0xffffffffe00000');
  });
});

describe('findings', () => {
  const of = (word: bigint) =>
    check(page, word).map(({ id, severity, bits, message }) => ({ id, severity, bits, message }));
  test('a clean word has none', () => expect(of(SW_AND_RES1)).toEqual([]));
  test('reserved bits are named one by one, neighbours as a range', () => {
    expect(of(SW_AND_RES1 | (0b1011001n << 56n))).toEqual([
      {
        id: 'res0-set',
        severity: 'warning',
        bits: '62,60:59,56',
        message: 'bits 62,60:59,56 are RES0 but set',
      },
    ]);
    expect(of(SW_AND_RES1 & ~(1n << 50n))).toEqual([
      { id: 'res1-clear', severity: 'warning', bits: '50', message: 'bit 50 is RES1 but clear' },
    ]);
  });
  test('reserved encodings carry the manual’s word for it, and its reference', () => {
    expect(check(page, SW_AND_RES1 | (1n << 5n))).toEqual([
      {
        id: 'reserved-encoding',
        severity: 'error',
        bits: '5',
        message: 'Type = 0b1: Reserved',
        ref: { manual: 'test', where: 'there' },
      },
    ]);
  });
  test('another format’s constant', () => {
    expect(of(SW_AND_RES1 & ~2n)).toEqual([
      {
        id: 'format-mismatch',
        severity: 'error',
        bits: '1:0',
        message: 'descriptor type is 1, not 3: the word is no test page',
      },
    ]);
  });
  test('a row may say how bad it is, and under which name', () => {
    const strict = format(
      'test.strict',
      { title: 't', ref, width: 32 },
      {
        reserved: res0(31, 30, { name: 'PS', severity: 'error' }),
        rest: ignored(29, 0),
      },
    );
    expect(check(strict, 1n << 31n)[0]).toMatchObject({ severity: 'error', message: 'bit 31 is PS but set' });
  });
});

test('carriesValue: everything but RES0 and RES1', () => {
  expect(page.rows.filter(row => !carriesValue(row)).map(row => row.key)).toEqual(['res56', 'one']);
});
