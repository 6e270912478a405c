import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  couldBeDecimal,
  hex,
  hexWord,
  join,
  parseCount,
  parseWord,
  split,
  WORD_MASK,
  WordSyntaxError,
} from '../../src/bits/word.ts';

describe('parseCount reads counts and sizes: decimal', () => {
  test.each([
    ['0', 0n],
    ['4096', 4096n],
    ['1_000', 1000n],
    ['18446744073709551615', WORD_MASK],
    ['0x10', 16n],
    ['0b11', 3n],
    ['4K', 4096n],
    ['15EiB', 15n << 60n],
  ])('%s', (text, value) => expect(parseCount(text)).toBe(value));

  test.each([['abc'], ['1e3'], [''], ['1.5G'], ['-1']])('%j is no count', text => {
    expect(() => parseCount(text)).toThrow(`'${text}' is not a number: write 4096`);
  });
});

test('a word that could be meant as decimal: digits alone, as no dump prints them', () => {
  for (const text of ['6200000', '4096', '36864']) expect(couldBeDecimal(text)).toBe(true);
  for (const text of ['0x10', '5', '00001000', '40000711', '4a', '2M', ''])
    expect(couldBeDecimal(text)).toBe(false);
});

describe('parseWord reads numbers as people and dumps write them', () => {
  test.each([
    ['0x40000040634007fd', 0x40000040634007fdn],
    ['0X1F', 0x1fn],
    ['0xffffffffffffffff', WORD_MASK],
    ['0b1010', 10n],
    ['0', 0n],
    // hexadecimal with and without 0x: digits alone too
    ['4096', 0x4096n],
    ['6200000', 0x6200000n],
    ['40000711', 0x40000711n],
    ['  0x10 ', 16n],
    // grouped: Rust and JavaScript, WinDbg, C++
    ['0xffff_8000_0000_0000', 0xffff800000000000n],
    ['00000001`23456867', 0x123456867n],
    ["0x1'0000", 0x10000n],
    ['1_000', 0x1000n],
    // sizes
    ['4K', 4096n],
    ['2M', 0x200000n],
    ['1G', 1n << 30n],
    ['512GiB', 512n << 30n],
    ['16MB', 16n << 20n],
    ['4t', 4n << 40n],
    ['4P', 4n << 50n],
    ['15EiB', 15n << 60n],
    // bare hex: a digit a-f, or the sixteen digits of an entry
    ['ffff000040000000', 0xffff000040000000n],
    ['0000000000000010', 0x10n],
    ['1234567890123456', 0x1234567890123456n],
    ['deadbeef', 0xdeadbeefn],
    ['1b', 0x1bn],
    ['400e', 0x400en],
    ['4e', 0x4en],
    ['1eb', 0x1ebn],
    ['0b', 0xbn], // a byte of a hex dump, no binary number
  ])('%s', (text, value) => expect(parseWord(text)).toBe(value));

  test.each([[''], [' '], ['0x'], ['0xg'], ['-1'], ['1.5G'], ['12 34'], ['K'], ['0x4K'], ['4KK'], ['x10']])(
    '%j is no number',
    text => {
      expect(() => parseWord(text)).toThrow(WordSyntaxError);
      expect(() => parseWord(text)).toThrow(`'${text}' is not a number: write 0x1234`);
    },
  );

  test.each([
    ['0x1_0000_0000_0000_0000'],
    ['12345678901234567'],
    ['16EiB'],
    ['16384P'],
    ['12345678901234567f'],
  ])('%s needs more than 64 bits', text => {
    expect(() => parseWord(text)).toThrow(WordSyntaxError);
    expect(() => parseWord(text)).toThrow(`'${text}' needs more than 64 bits`);
  });
});

const words = fc.bigInt({ min: 0n, max: WORD_MASK });
test('every word is read back as it was printed', () => {
  fc.assert(
    fc.property(words, word => {
      expect(parseWord(hexWord(word))).toBe(word);
      expect(parseWord(hexWord(word).slice(2))).toBe(word);
      expect(parseWord(hex(word))).toBe(word);
      expect(parseWord(word.toString(16))).toBe(word);
      expect(parseCount(word.toString())).toBe(word);
      expect(parseWord(`0b${word.toString(2)}`)).toBe(word);
    }),
  );
});
test('halves: (lo, hi), unsigned, and together again', () => {
  fc.assert(
    fc.property(words, word => {
      const [lo, hi] = split(word);
      expect([lo, hi]).toEqual([Number(word % (1n << 32n)), Number(word / (1n << 32n))]);
      expect(join(lo, hi)).toBe(word);
      expect(join(lo | 0, hi | 0)).toBe(word); // signed halves, as bit operators leave them
    }),
  );
});
test('hexWord fills up, hex does not', () => {
  expect([hexWord(0x1fn), hexWord(0x1fn, 8), hex(0x1fn), hex(31)]).toEqual([
    '0x000000000000001f',
    '0x0000001f',
    '0x1f',
    '0x1f',
  ]);
});
