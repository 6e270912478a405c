/** What the error code of a page fault says in words, bit by bit. */
import { expect, test } from 'vitest';
import { errorCodeText } from '../../../src/x86/faults/claims.ts';

test.each([
  [0, 'protection, read, supervisor mode'],
  [1, 'not present, write, supervisor mode'],
  [2, 'not present, read, user mode'],
  [3, 'not present, read, supervisor mode, reserved bit set'],
  [4, 'not present, instruction fetch, supervisor mode'],
  [5, 'not present, read, supervisor mode, protection key'],
  [6, 'not present, read, supervisor mode, shadow stack'],
  [15, 'not present, read, supervisor mode, SGX'],
])('bit %i of the error code: %s', (bit, text) => {
  expect(errorCodeText(1n << BigInt(bit))).toBe(text);
});

test('other bits say nothing, and a fetch is no write', () => {
  const none = 'not present, read, supervisor mode';
  for (const bit of [7n, 8n, 9n, 10n, 11n, 12n, 13n, 14n, 16n, 31n])
    expect(errorCodeText(1n << bit)).toBe(none);
  expect(errorCodeText(0x12n)).toBe('not present, instruction fetch, supervisor mode');
  expect(errorCodeText(0x47n)).toBe('protection, write, user mode, shadow stack');
});
