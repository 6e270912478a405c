import { expect, test } from 'vitest';
import { deniedByKey, pkru } from '../../../src/x86/registers/permissions.ts';

test('each key has its two bits [SDM, "Protection Keys": bit 2i is ADi, bit 2i+1 is WDi]', () => {
  for (let key = 0; key < 16; key++)
    for (let bits = 0; bits < 4; bits++) {
      const word = BigInt(bits) << BigInt(2 * key);
      for (let other = 0; other < 16; other++) {
        const own = other === key ? bits : 0;
        expect(deniedByKey(word, other)).toEqual({ access: own % 2 === 1, write: own > 1 });
      }
    }
});

test('what Linux gives a new thread: all keys but 0 without access', () => {
  const { facts, findings } = pkru.read(0x5555_5554n, {});
  expect(facts).toMatchObject({ key0: 'read, write', key1: 'no access', key15: 'no access' });
  expect(findings).toEqual([]);
});

test('the upper half is reserved', () =>
  expect(pkru.read(1n << 32n, {}).findings).toMatchObject([{ id: 'reserved-set', severity: 'error' }]));
