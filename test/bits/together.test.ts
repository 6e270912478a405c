/** Words that stand together: one level for all of them, the same in any order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { descriptors } from '../../src/arch/descriptors.ts';
import { families } from '../../src/arch/families.ts';
import { levelOfAll, sampleOf } from '../../src/bits/together.ts';

const named = (id: string) => {
  const family = descriptors.find(one => one.id === id);
  if (!family) throw new Error(id);
  return family;
};
const stage2 = named('arm64.stage2');

describe('one level for all', () => {
  test('a block among tables: all are of a level that has blocks', () => {
    expect(levelOfAll(stage2, [0x1n, 0x3n], {})).toEqual({
      chosen: { level: 2 },
      usual: 3,
      nothing: 1,
      of: 2,
      left: 0,
    });
    expect(levelOfAll(stage2, [0x3n, 0x1n], {}).chosen).toEqual({ level: 2 });
  });

  test('one word that is nothing among a table of pages makes no tables of them', () => {
    const pages = Array.from({ length: 5000 }, (_, i) => 0x40_0000_4000_07c3n + BigInt(i) * 0x1000n);
    expect(levelOfAll(stage2, [0x1n, ...pages], {})).toMatchObject({ chosen: {}, nothing: 1 });
    expect(levelOfAll(stage2, [...pages, 0x1n], {})).toMatchObject({ chosen: {}, nothing: 1 });
  });

  test('a level that was given is not chosen again, nor one where the family has none', () => {
    expect(levelOfAll(stage2, [0x1n], { level: 3 }).chosen).toEqual({});
    const plain = families.find(({ settings }) => settings.level === undefined) ?? stage2;
    expect(levelOfAll(plain, [0x1n], {})).toMatchObject({ chosen: {}, usual: undefined });
  });

  test('words asked for as a kind: the level at which they are of it', () => {
    expect(levelOfAll(stage2, [0x3n, 0x1003n], {}, 'table').chosen).not.toEqual({});
  });
});

test('a sample of many words is the same in any order', () => {
  const words = fc.uniqueArray(fc.bigInt(0n, (1n << 64n) - 1n), { minLength: 20, maxLength: 60 });
  fc.assert(
    fc.property(words, list => {
      const there = sampleOf(list, 16);
      expect(there.size).toBe(16);
      expect(new Set(sampleOf([...list].reverse(), 16).keys())).toEqual(new Set(there.keys()));
    }),
  );
});

test('permuting words never changes their level', () => {
  const entry = fc
    .tuple(fc.bigInt(0n, 0xffff_ffffn), fc.constantFrom(0x1n, 0x3n, 0x7c1n, 0x7c3n, 0x67n, 0xe7n, 0x0n))
    .map(([frame, low]) => (frame << 12n) | low);
  const lists = fc
    .array(entry, { maxLength: 30 })
    .chain(list => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
  for (const family of descriptors)
    fc.assert(
      fc.property(lists, ([list, other]) => {
        expect(levelOfAll(family, other, {})).toEqual(levelOfAll(family, list, {}));
      }),
      { numRuns: 50 },
    );
});
