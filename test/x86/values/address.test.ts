/** Where an encryption or shared bit may stand. */
import { expect, test } from 'vitest';
import { addressBits, highBit } from '../../../src/x86/values/address.ts';

test('a bit among the high address bits: none, or 32 to 51, and what is accepted is what is said', () => {
  const { accepts, parse } = highBit('somewhere');
  expect(accepts.split(', ')).toEqual(['0', ...Array.from({ length: 20 }, (_, i) => `${32 + i}`)]);
  for (const text of accepts.split(', ')) expect(parse(text)).toBe(Number(text));
  for (const text of ['1', '31', '52', '-32', '', 'x'])
    expect(() => parse(text)).toThrow(/a bit from 32 to 51/);
});

test('address bits are those below the lowest of MAXPHYADDR and both bits', () => {
  expect(addressBits({ maxphyaddr: 46, cBit: 0, sBit: 0 })).toBe(46);
  expect(addressBits({ maxphyaddr: 52, cBit: 47, sBit: 0 })).toBe(47);
  expect(addressBits({ maxphyaddr: 52, cBit: 0, sBit: 51 })).toBe(51);
  expect(addressBits({ maxphyaddr: 46, cBit: 51, sBit: 47 })).toBe(46);
});
