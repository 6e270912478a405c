import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, maskOf } from '../../src/bits/codec.ts';
import { format, rowWidth } from '../../src/bits/format.ts';
import { gather } from '../../src/bits/gather.ts';
import { addr, bits, flag, ignored, res0, scattered } from '../../src/bits/spec.ts';
import { split } from '../../src/bits/word.ts';
import { formatAndWord } from './random-format.ts';

const RUNS = { numRuns: 500 };
/** A random layout, a word, and some of its fields that fit one key. */
const picked = formatAndWord.chain(([random, word]) =>
  fc
    .tuple(
      fc.constant(random),
      fc.constant(word),
      fc.shuffledSubarray(random.format.rows.filter(row => row.kind !== 'res0' && row.kind !== 'res1')),
    )
    .map(([random, word, rows]) => {
      let room = 24;
      const keys = rows.filter(row => {
        const fits = rowWidth(row) <= room;
        if (fits) room -= rowWidth(row);
        return fits;
      });
      return { ...random, word, keys: keys.map(row => row.key) };
    }),
);

describe('on random layouts', () => {
  test('a key holds exactly the fields it was asked for: scattered back, they decode to the same values', () => {
    fc.assert(
      fc.property(picked, ({ format, word, keys }) => {
        const g = gather(format, keys);
        const back = g.scatter(g.gather(...split(word)));
        const pick = (fields: Readonly<Record<string, unknown>>) => keys.map(key => fields[key]);
        expect(pick(decode(format, back))).toEqual(pick(decode(format, word)));
        const mask = format.rows
          .filter(row => keys.includes(row.key))
          .reduce((all, row) => all | maskOf(row), 0n);
        expect(back).toBe(word & mask);
      }),
      RUNS,
    );
  });

  test('keys are dense: every number below 2 ** width is the key of its own word', () => {
    fc.assert(
      fc.property(picked, fc.nat(), ({ format, keys }, dice) => {
        const g = gather(format, keys);
        for (const key of [0, 2 ** g.width - 1, dice % 2 ** g.width])
          expect(g.gather(...split(g.scatter(key)))).toBe(key);
        expect(g.width).toBe(
          format.rows.filter(row => keys.includes(row.key)).reduce((sum, row) => sum + rowWidth(row), 0),
        );
      }),
      RUNS,
    );
  });

  test('the steps alone are enough: shift, mask, shift', () => {
    fc.assert(
      fc.property(picked, ({ format, word, keys }) => {
        const g = gather(format, keys);
        const [lo, hi] = split(word);
        let key = 0;
        for (const { half, right, mask, left } of g.steps)
          key |= (((half ? hi : lo) >>> right) & mask) << left;
        expect(key).toBe(g.gather(lo, hi));
      }),
      RUNS,
    );
  });
});

const page = format(
  'test.page',
  { title: 't', ref: { manual: 'test', where: 'here' } },
  {
    a: flag(63, 'A'),
    b: bits(62, 60, 'B'),
    res: res0(59, 41),
    oa: addr('OA', [40, 12]),
    pi: scattered('PI', [
      [11, 10],
      [8, 8],
    ]),
    c: flag(9, 'C'),
    d: bits(7, 0, 'D', {}),
  },
);

test('neighbours become one step, whatever the order asked for', () => {
  expect(gather(page, ['b', 'a']).steps).toEqual([{ half: 1, right: 28, mask: 0xf, left: 0 }]);
  expect(gather(page, ['d', 'pi', 'c']).steps).toEqual([{ half: 0, right: 0, mask: 0xfff, left: 0 }]);
  expect(gather(page, ['d', 'a']).steps).toEqual([
    { half: 1, right: 31, mask: 1, left: 8 },
    { half: 0, right: 0, mask: 0xff, left: 0 },
  ]);
});
test('every key of a small gather, tried', () => {
  const g = gather(page, ['pi', 'a', 'b']);
  const words = Array.from({ length: 2 ** g.width }, (_, key) => g.scatter(key));
  expect(new Set(words).size).toBe(2 ** 7);
  for (const [key, word] of words.entries()) expect(g.gather(...split(word))).toBe(key);
});
test('a field asked for twice is gathered once', () => {
  expect(gather(page, ['a', 'b', 'a']).width).toBe(4);
});
test('no fields: one key', () => {
  const none = gather(page, []);
  expect([none.width, none.gather(0xffffffff, 0xffffffff), none.scatter(0)]).toEqual([0, 0, 0n]);
});
test('what cannot be gathered is refused by name', () => {
  expect(() => gather(page, ['nope' as 'a'])).toThrow("test.page has no field 'nope' to gather");
  expect(() => gather(page, ['res' as 'a'])).toThrow(RangeError);
  expect(() => gather(page, ['oa', 'd'])).toThrow(
    'test.page: a key of 37 bits (oa, d) is too wide to tabulate',
  );
});
test('a field across bit 32 is two steps', () => {
  const across = format(
    'test.across',
    { title: 't', ref: { manual: 'test', where: 'here' } },
    {
      top: ignored(63, 36),
      x: bits(35, 28, 'X'),
      low: ignored(27, 0),
    },
  );
  expect(gather(across, ['x']).steps).toEqual([
    { half: 1, right: 0, mask: 0xf, left: 4 },
    { half: 0, right: 28, mask: 0xf, left: 0 },
  ]);
});
