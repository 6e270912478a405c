import { describe, expect, test } from 'vitest';
import { descriptors } from '../../src/arch/descriptors.ts';
import { assumedSettings, descriptorsOf, doubt, doubtAmong, likeliest } from '../../src/pasted/doubt.ts';
import { type EntryReading, familyOf, readEntry } from '../../src/pasted/entry.ts';

const as = (family: string, words: readonly bigint[], given = {}): EntryReading[] =>
  words.map(word => readEntry(familyOf(family), word, given));
/** arm64 stage 2 pages of KVM; as EPT entries they are misconfigured or have reserved bits. */
const STAGE2 = Array.from({ length: 8 }, (_, i) => 0x0060_0000_4000_0f5bn + (BigInt(i) << 12n));
/** Present, writable, accessed, dirty pages of ordinary paging. */
const PTE = Array.from({ length: 8 }, (_, i) => 0x8000_0000_0010_0067n + (BigInt(i) << 12n));

describe('what words most likely are', () => {
  test('the family that explains them best', () => {
    expect(likeliest(PTE).id).toBe('x86.pte');
    expect(likeliest(STAGE2).id).toMatch(/^arm64\./);
  });

  test('among those of one architecture only', () => {
    expect(likeliest(STAGE2, () => ({}), descriptorsOf('x86')).id).toMatch(/^x86\./);
    expect(descriptorsOf('arm64').every(({ id }) => id.startsWith('arm64.'))).toBe(true);
    expect(descriptorsOf(undefined)).toBe(descriptors);
  });

  test('zeros say nothing', () => {
    expect(likeliest([0n, 0n, ...PTE, 0n]).id).toBe(likeliest(PTE).id);
  });
});

describe('a doubt', () => {
  test('says what they were read as, what is better, and how many are wrong', () => {
    const found = doubt(as('x86.ept', STAGE2));
    expect(found).toMatchObject({ family: { id: 'x86.ept' }, wrong: 8, of: 8 });
    expect(found?.better.id).toMatch(/^arm64\./);
  });

  test('words that are right raise none', () => {
    expect(doubt(as('x86.pte', PTE))).toBeUndefined();
    expect(doubt([])).toBeUndefined();
  });

  test('is had of each family apart', () => {
    expect(doubtAmong([...as('x86.pte', PTE), ...as('x86.ept', STAGE2)])?.family.id).toBe('x86.ept');
    expect(doubtAmong(as('x86.pte', PTE))).toBeUndefined();
  });
});

describe('the thresholds of a doubt', () => {
  // Pages of ordinary paging, with a bit or two that ask a question, which somebody called EPT.
  const words = Array.from({ length: 8 }, (_, i) => (1n << 63n) | (BigInt(0x1234 + i) << 12n) | 0xc3fn);
  const called = familyOf('x86.ept');
  const readings = words.map(word => readEntry(called, word, { level: 1 }));

  test('where half of the words are errors, and another format explains all with a quarter of the trouble', () => {
    const better = likeliest(words);
    expect(better.id).toBe('x86.pte');
    const trouble = words.reduce((sum, word) => sum + readEntry(better, word, {}).cost, 0);
    expect(trouble).toBeGreaterThan(0);
    // the cost of the readings is spread so that all together cost this much
    const costing = (all: number) => readings.map((reading, i) => ({ ...reading, cost: i === 0 ? all : 0 }));
    expect(doubt(costing(4 * trouble + 1))).toMatchObject({ of: 8, better: { id: better.id } });
    expect(doubt(costing(4 * trouble))).toBeUndefined();
  });

  test('where fewer than half of the words are errors there is none', () => {
    const plain = readEntry(called, 0x4000_0037n, { level: 1 });
    expect(plain.reading.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(doubt([...readings, ...Array.from({ length: 9 }, () => plain)])).toBeUndefined();
    expect(doubt([])).toBeUndefined();
  });
});

describe('what was assumed', () => {
  test('settings that matter and that not every reading was given', () => {
    const [one, ...more] = assumedSettings(as('arm64.stage2', STAGE2, { fwb: 1 }));
    expect(more).toEqual([]);
    expect(one?.family.id).toBe('arm64.stage2');
    expect(Object.keys(one?.settings ?? {})).toContain('granule');
    expect(Object.keys(one?.settings ?? {})).not.toContain('fwb');
    expect(one?.settings).toMatchObject({ granule: '4K', level: 3 });
    const mixed = assumedSettings(as('arm64.stage2', [...STAGE2, 0x4000_07fdn]));
    expect(mixed[0]?.settings).toMatchObject({ level: undefined });
  });

  test('one reading without it is enough', () => {
    const readings = [...as('arm64.stage2', STAGE2, { fwb: 1 }), ...as('arm64.stage2', STAGE2.slice(0, 1))];
    expect(Object.keys(assumedSettings(readings)[0]?.settings ?? {})).toContain('fwb');
  });

  test('nothing was read: nothing was assumed', () => expect(assumedSettings([])).toEqual([]));
});
