/**
 * Layouts are made once and shared between settings that agree in what was read (`bits/memo.ts`). Here every family is
 * asked twice: as it is, and in a copy that remembers nothing. One setting at a time is changed, in any order: a layout
 * that depends on something of which the memory does not know is given to the wrong settings, and differs from the copy's.
 */
import { describe, expect, test, vi } from 'vitest';
import { families } from '../../src/arch/families.ts';
import type { Family } from '../../src/bits/family.ts';
import { join } from '../../src/bits/word.ts';
import { type AnySettings, anySettings, random32, someValues } from '../support/any-settings.ts';
import { SEED } from '../support/seed.ts';

vi.resetModules();
vi.doMock('../../src/bits/memo.ts', () => ({ perSettings: <T>(make: T): T => make }));
const { families: forgetful } = await import('../../src/arch/families.ts');
// Other test files of this thread load the real one.
vi.doUnmock('../../src/bits/memo.ts');
vi.resetModules();

/** Settings to start from: descriptors have rows that only a few combinations of settings show. */
const BASES = { descriptor: 24, register: 8 };
/** Descriptors of every kind: with bits 0, 1 and 7 clear, or some of them set. */
const LOW = [0n, 1n, 3n, 0x83n];
const text = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));

/** Some settings, and for every setting the same with each of its values. */
function neighbours({ settings }: Family, next: () => number): AnySettings[] {
  const base = anySettings(settings, next);
  const changed = Object.entries(settings).flatMap(([key, setting]) =>
    someValues(setting, next).map(value => ({ ...base, [key]: value })),
  );
  return [base, ...changed];
}

/** The same things in another order. */
function shuffled<T>(items: readonly T[], next: () => number): T[] {
  return items
    .map(item => ({ item, place: next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** Everything that a family says under these settings: the layout of each kind, and how a word is read. */
const saying = (family: Family, settings: AnySettings, word: bigint) => ({
  layouts: family.kinds.map(kind => [kind, text(family.layout(kind, settings))]),
  reading: text(family.read(word, settings)),
});

test('the copy has the same families, and makes each layout anew', () => {
  expect(forgetful.map(({ id }) => id)).toEqual(families.map(({ id }) => id));
  const settings = { ...anySettings(families[0]?.settings ?? {}, random32(1)), d128: 0 }; // one layout holds for all of D128
  const [remembering, forgetting] = [families[0], forgetful[0]].map(family =>
    family?.kinds.map(kind => family.layout(kind, settings) === family.layout(kind, { ...settings })),
  );
  expect(remembering).not.toContain(false);
  expect(forgetting).toContain(false);
});

describe.each(families.map((family, index) => [family.id, family, forgetful[index]] as const))(
  '%s',
  (_id, family, fresh) => {
    test('whatever setting is changed, what is remembered is what would be made', () => {
      const next = random32(SEED + 2);
      const asked = shuffled(
        Array.from({ length: BASES[family.role] }, () => neighbours(family, next)).flat(),
        next,
      );
      for (const settings of asked) {
        const low = LOW[next() % LOW.length] as bigint;
        const word = (join(next(), next()) & ~0x83n) | low;
        expect(saying(family, settings, word), text(settings)).toEqual(
          saying(fresh as Family, settings, word),
        );
      }
    });
  },
);
