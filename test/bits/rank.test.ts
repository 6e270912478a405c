import fc from 'fast-check';
import { expect, test } from 'vitest';
import { descriptors } from '../../src/arch/descriptors.ts';
import { families } from '../../src/arch/families.ts';
import { candidates, fits, matters, rank } from '../../src/bits/rank.ts';
import { settle } from '../../src/bits/settings.ts';

const named = (id: string) => {
  const family = families.find(one => one.id === id);
  if (!family) throw new Error(id);
  return family;
};
const word64 = fc.bigInt(0n, (1n << 64n) - 1n);

/** Entries whose origin is known: from real tables, or plain in their own format. */
const KNOWN: readonly (readonly [word: bigint, id: string, why: string])[] = [
  [0x8000000107c7c867n, 'x86.pte', 'Linux user page: P RW US A D NX, SOFT_DIRTY'],
  [0x0060000040202f43n, 'arm64.stage1', 'arm64 Linux device page: UXN PXN, nG, AttrIndx 0'],
  [0x0000000107c6f907n, 'x86.ept', 'KVM EPT table entry: RWX, A, and the MMU-present bit'],
];
for (const [word, id, why] of KNOWN)
  test(`${why} fits ${id}`, () => {
    const readings = rank(descriptors, word);
    expect(readings.map(({ family }) => family.id)).toContain(id);
  });

test('readings come likeliest first, one for each kind, all without errors where one has none', () => {
  fc.assert(
    fc.property(word64, word => {
      const readings = rank(descriptors, word);
      expect(readings.length).toBeGreaterThan(0);
      const costs = readings.map(({ cost }) => cost);
      expect(costs).toEqual([...costs].sort((a, b) => a - b));
      const kinds = readings.map(({ family, reading }) => `${family.id} ${reading.kind}`);
      expect(new Set(kinds).size).toBe(kinds.length);
      if (readings.length > 1) expect(readings.every(fits)).toBe(true);
      for (const { family, settings, reading } of readings)
        expect(family.read(word, settings).kind).toBe(reading.kind);
    }),
    { numRuns: 60 },
  );
});

test('what was given is never changed to make a word fit', () => {
  fc.assert(
    fc.property(word64, word => {
      for (const { settings } of candidates(named('arm64.stage2'), word, { level: 3, fwb: 1 }))
        expect(settings).toMatchObject({ level: 3, fwb: 1 });
    }),
    { numRuns: 30 },
  );
});

test('the settings that matter are those that change the reading', () => {
  const stage2 = named('arm64.stage2');
  const settings = settle(stage2.settings);
  const page = 0x00400000090107c7n;
  const keys = matters(stage2, page, settings);
  expect(keys).toContain('fwb'); // MemAttr 0b0001 means something else
  expect(keys).toContain('level'); // a table at level 2
  expect(keys).not.toContain('hwu'); // PBHA is zero
  expect(keys).not.toContain('oaBits'); // the address is small
  expect(matters(stage2, page | (0xfffn << 36n), settings)).toContain('oaBits');
  expect(matters(stage2, 0n, settings)).toEqual(['d128']); // an empty entry is empty, but for 128-bit descriptors
});

test('descriptors are the families of table entries, and no name is a register’s too', () => {
  expect(descriptors).toEqual(families.filter(({ role }) => role === 'descriptor'));
  const names = (list: readonly (typeof families)[number][]): string[] =>
    list.flatMap(({ id, aliases = [] }) => [id, ...aliases]).map(name => name.toLowerCase());
  const entries = new Set(names(descriptors));
  expect(names(families.filter(({ role }) => role === 'register')).filter(name => entries.has(name))).toEqual(
    [],
  );
});
