/** Rules and the tables made of them, on layouts small enough to see through. */
import { describe, expect, expectTypeOf, test } from 'vitest';
import { format } from '../../src/bits/format.ts';
import { bits, flag, ignored } from '../../src/bits/spec.ts';
import { compose } from '../../src/memtype/combine.ts';
import { compile, lookup, PaletteError } from '../../src/memtype/compile.ts';
import { answer, apply, citing, rule } from '../../src/memtype/rule.ts';

const ref = { manual: 'arm', where: 'nowhere' };
const toy = format(
  'toy',
  { title: 'toy', ref },
  {
    top: flag(63, 'top'),
    ign32: ignored(62, 32),
    ign8: ignored(31, 8),
    low: bits(7, 4, 'low'),
    ign0: ignored(3, 0),
  },
);
const added = citing('toy.sum', ref);

const sum = rule({
  id: 'toy.sum',
  ref,
  format: toy,
  reads: ['top', 'low'],
  resolve: ({ top, low }, { add }: { add: number }) => {
    const value = Math.min(3, low + add) * (top ? -1 : 1);
    return answer({ value: value === 0 ? 0 : value }, added({ low, add }, `${value}`));
  },
});

describe('a rule', () => {
  test('answers a word with the reason', () => {
    expect(apply(sum, 0x8000_0000_0000_0010n, { add: 1 })).toEqual({
      value: { value: -2 },
      why: [
        { rule: 'toy.sum', ref, operands: { low: 1, add: 1 }, result: '-2', because: 'low = 1, add = 1: -2' },
      ],
    });
  });

  test('sees only the fields that it reads', () => {
    const seen: string[][] = [];
    const spy = rule({
      id: 'toy.spy',
      ref,
      format: toy,
      reads: ['low'],
      resolve: (fields, _config: object) => {
        expectTypeOf(fields).toEqualTypeOf<{ readonly low: number }>();
        seen.push(Object.keys(fields));
        return answer(0);
      },
    });
    apply(spy, 2n ** 64n - 1n, {});
    expect(seen).toEqual([['low']]);
  });
});

describe('a compiled rule', () => {
  test('answers every key as the rule does, whatever the other bits', () => {
    const config = { add: 2 };
    const table = compile(sum, config);
    expect(table.lut.length).toBe(32);
    for (let key = 0; key < 32; key++)
      for (const noise of [0n, 0x7fff_ffff_ffff_ff0fn]) {
        const word = table.gather.scatter(key) | noise;
        expect(lookup(table, word)).toEqual(apply(sum, word, config).value);
      }
  });

  test('keeps each different answer once, as the object that the rule returned', () => {
    const { palette, lut } = compile(sum, { add: 0 });
    expect(palette.map(({ value }) => value).sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
    expect(new Set(lut).size).toBe(palette.length);
  });

  test('leaves out fields that the layout does not have', () => {
    const plain = format(
      'plain',
      { title: 'plain', ref },
      { ign32: ignored(63, 32), ign8: ignored(31, 8), low: bits(7, 0, 'low') },
    );
    const either = rule({
      id: 'toy.either',
      ref,
      format: ({ small }: { small: boolean }) => (small ? plain : toy) as unknown as typeof toy,
      reads: ['top', 'low'],
      resolve: ({ top, low }, _config: { small: boolean }) => answer({ top: top ?? 'none', low: low & 1 }),
    });
    expect(compile(either, { small: true }).lut.length).toBe(256);
    expect(compile(either, { small: true }).palette[0]?.top).toBe('none');
    expect(compile(either, { small: false }).lut.length).toBe(32);
  });

  test('refuses more answers than a byte can number', () => {
    const wordy = format(
      'wordy',
      { title: 'wordy', ref },
      { ign32: ignored(63, 32), ign9: ignored(31, 9), low: bits(8, 0, 'low') },
    );
    const many = rule({
      id: 'toy.many',
      ref,
      format: wordy,
      reads: ['low'],
      resolve: ({ low }, _config: object) => answer({ low }),
    });
    expect(() => compile(many, {})).toThrow(PaletteError);
    expect(() => compile(many, {})).toThrow(/toy\.many/);
  });
});

test('two stages compose to every pair of their answers', () => {
  const a = compile(sum, { add: 0 });
  const b = compile(sum, { add: 1 });
  const product = (x: { value: number }, y: { value: number }) => answer({ both: x.value * y.value + 0 });
  const pairs = compose(a, b, product);
  a.palette.forEach((x, i) => {
    b.palette.forEach((y, j) => {
      expect(pairs.at(i, j)).toEqual(product(x, y).value);
    });
  });
  expect(pairs.codes).toBeInstanceOf(Uint8Array);
});

test('more than 256 results take two bytes each', () => {
  const numbers = (count: number) => ({ palette: Array.from({ length: count }, (_, i) => i) });
  const pairs = compose(numbers(20), numbers(20), (a, b) => answer(20 * a + b));
  expect(pairs.codes).toBeInstanceOf(Uint16Array);
  expect(pairs.at(19, 3)).toBe(383);
});
