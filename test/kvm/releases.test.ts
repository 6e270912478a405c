/** Which kernel belongs to which era: said by the eras as data, written down here release by release. */
import { describe, expect, test } from 'vitest';
import { ARM64_ERAS } from '../../src/kvm/arm64/eras/index.ts';
import { cameWith, doubtOf, type Era, Eras, laterThan, postedOn, versionText } from '../../src/kvm/era.ts';
import { X86_ERAS } from '../../src/kvm/x86/eras/index.ts';
import { FIXTURES } from '../support/fixtures.ts';

/** Every release from 4.0 to 7.3, and the places where something other than a release decides. */
const KERNELS = [
  ...[[4, 20] as const, [5, 19] as const, [6, 19] as const, [7, 3] as const].flatMap(([major, last]) =>
    Array.from({ length: last + 1 }, (_, minor) => `${major}.${minor}`),
  ),
  ...[
    '5.10.250',
    '6.1.78',
    '6.11-rc1',
    '6.11.0-rc7',
    '6.12-rc1',
    '6.12.77',
    '6.12.78',
    '6.12.79-1',
    '6.13.90',
  ],
  ...['6.16-rc2', '6.17-rc1', 'v6.6.6', 'linux-6.9', '3.19', '8.0'],
];

const eraOf = (eras: Eras<Era>, kernel: string): string => {
  try {
    return eras.named(kernel).id;
  } catch {
    return 'none';
  }
};

test.each([
  ['arm64', ARM64_ERAS],
  ['x86', X86_ERAS],
])('%s: the era of every kernel', async (arch, eras) => {
  const lines: string[] = [];
  for (const kernel of KERNELS) {
    const era = eraOf(eras, kernel);
    const last = lines.at(-1);
    // One line for each stretch of kernels of one era.
    if (last?.startsWith(`${era}: `)) lines[lines.length - 1] = `${last} ${kernel}`;
    else lines.push(`${era}: ${kernel}`);
  }
  lines.push(`oldest: ${eras.oldest.id}`, `newest: ${eras.newest.id}`);
  await expect([...lines, ''].join('\n')).toMatchFileSnapshot(`${FIXTURES}golden/kvm/${arch}-releases.txt`);
});

describe.each([
  ['arm64', ARM64_ERAS],
  ['x86', X86_ERAS],
] as const)('%s', (_, eras: Eras<Era>) => {
  test('every era of mainline says its release, and its words begin with it; a series says none', () => {
    for (const { id, kind, since, covers } of eras.all) {
      expect(since !== undefined, id).toBe(kind === 'mainline');
      if (since === undefined || eras.oldest.since === since) continue;
      expect(covers.startsWith(versionText(since)), `${id}: ${covers}`).toBe(true);
    }
  });
  test('names are unique, and each is its own era', () => {
    expect(new Set(eras.all.map(e => e.id)).size).toBe(eras.all.length);
    for (const era of eras.all) expect(eras.named(era.id)).toBe(era);
  });
});

test('a kernel is read where its era says so; an era takes no releases from the one before it', () => {
  expect(doubtOf('7.2.3', { since: [7, 2] })).toBeUndefined();
  expect(doubtOf('7.3', { since: [7, 2] })).toEqual({
    says: 'Linux 7.3 was not read: taken as 7.2',
    guess: true,
  });
  expect(doubtOf('6.19', { since: [6, 17] })).toBeUndefined();
  expect(laterThan(X86_ERAS.named('6.16'))).not.toHaveProperty('branches');
});

describe('eras as data', () => {
  const era = (id: string, releases: Partial<Era>): Era => ({
    id,
    title: id,
    kind: 'mainline',
    covers: id,
    evidence: [],
    ...releases,
  });
  const eras = new Eras('toy', [
    era('old', { since: [2, 6], only: 'release' }),
    era('mid', { since: [3, 0] }),
    era('odd', { since: [4, 5], only: 'candidates' }),
    era('new', { since: [4, 5], branches: [[3, 18, 40]] }),
    { ...postedOn(era('base', { since: [9, 9], branches: [[1, 1]] })), id: 'v1' },
  ]);
  test.each([
    ['2.6.32', 'old'],
    ['2.7', 'none'],
    ['3.18.39', 'mid'],
    ['3.18.40', 'new'],
    ['3.19', 'mid'],
    ['4.5-rc3', 'odd'],
    ['4.5', 'new'],
    ['4.6-rc1', 'new'],
    ['v1', 'v1'],
    ['9.9', 'new'],
  ])('%s is %s', (kernel, id) => expect(eraOf(eras, kernel)).toBe(id));
  test('the newest is a release, whatever its candidates did', () =>
    expect([eras.oldest.id, eras.newest.id]).toEqual(['old', 'new']));
  test('what is described is said where a name is refused', () =>
    expect(() => eras.named('2.4')).toThrow(
      "unknown toy era '2.4'; valid: old, mid, odd, new, v1, or a kernel version: 2.6, or 3.0 and later",
    ));
  test('what brought a feature', () => {
    expect(cameWith(eras.first(e => e.branches !== undefined))).toBe('4.5 and 3.18.40');
    expect(() => eras.first(() => false)).toThrow('no era has it');
  });
  test('without a release there is no newest', () => expect(() => new Eras('none', [])).toThrow());
});
