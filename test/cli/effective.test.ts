import { describe, expect, test } from 'vitest';
import { architectureTypes } from '../../src/arch/types.ts';
import { verb } from '../../src/cli/commands/effective.ts';
import { memattr } from './harness.ts';

const effective = (...args: string[]) => memattr(['effective', ...args]);
const first = (text: string): string => text.split('\n')[0] ?? '';

describe('names as people write them', () => {
  test.each([
    ['WB', 'Normal WB RWA, ISH'],
    ['write-back', 'Normal WB RWA, ISH'],
    ['Normal-NC', 'Normal NC, OSH'],
    ['nGnRE', 'Device-nGnRE, OSH'],
    ['0x44', 'Normal NC, OSH'],
    ['oNC iWB', 'Normal oNC iWB RWA, ISH'],
  ])('arm64 %s', async (name, answer) => {
    expect(first((await effective('arm64', '--s1', name)).out)).toBe(answer);
  });
  test.each([
    ['uncached-minus', 'UC'],
    ['write-combining', 'WC'],
    ['WB', 'WB'],
    ['0x6', 'WB'],
  ])('x86 %s', async (name, answer) => {
    expect(first((await effective('x86', '--pat', name, '--mtrr', 'wb')).out)).toBe(answer);
  });
});

describe('the rules that people get wrong', () => {
  test.each([
    [
      'FWB: MemAttr 0b0110 makes a Device write-back',
      ['arm64', '--s1', 'nGnRE', '--s2', '6', '--fwb'],
      'Normal WB RWA, {ISH, OSH}',
    ],
    [
      'FWB: MemAttr 0b0101 leaves a Device alone',
      ['arm64', '--s1', 'nGnRE', '--s2', '5', '--fwb'],
      'Device-nGnRE, OSH',
    ],
    ['without FWB the stronger Device wins', ['arm64', '--s1', 'GRE', '--s2', 'nGnRE'], 'Device-nGnRE, OSH'],
    ['EPT ignores MTRRs, IPAT the guest’s PAT', ['x86', '--pat', 'wc', '--ept', 'wb', '--ipat'], 'WB'],
    ['a guest write-combines through EPT UC', ['x86', '--pat', 'wc', '--ept', 'uc'], 'WC'],
    ['CR0.CD wins over IPAT', ['x86', '--pat', 'wb', '--ept', 'wb', '--ipat', '--cd'], 'UC'],
    [
      'a guest’s WC over host WB probes caches on AMD',
      ['x86', '--pat', 'wc', '--host-pat', 'wb', '--mtrr', 'wb'],
      'WC+',
    ],
    ['UC wins over other MTRRs', ['x86', '--pat', 'wb', '--mtrr', 'UC+WB'], 'UC'],
  ])('%s', async (_name, args, answer) => {
    expect(first((await effective(...args)).out)).toBe(answer);
  });
});

describe('no one certain answer: said, and status 1 under --strict', () => {
  test.each([
    [['arm64', '--s1', 'wb', '--s2', '0x4'], /^reserved \(s2-memattr\)/],
    [['arm64', '--mair', '0x10'], /^UNPREDICTABLE \(mair\)/],
    [['arm64', '--mair', '0x40', '--without', 'xs'], /^UNPREDICTABLE \(mair\)/],
    [['arm64', '--s1', 'wb', '--s2', '0xf', '--fwb'], /MemAttr\[3\] is RES0/],
    [['x86', '--pat', '2', '--mtrr', 'wb'], /^illegal PAT entry/],
    [['x86', '--pat', 'wb', '--mtrr', 'WC+WB'], /^undefined \(WB and WC overlap\)/],
    [['x86', '--pat', 'wb', '--ept', '7'], /^EPT misconfiguration/],
  ])('%s', async (args, says) => {
    const loose = await effective(...args);
    expect([loose.status, loose.out]).toEqual([0, expect.stringMatching(says)]);
    expect((await effective(...args, '--strict')).status).toBe(1);
  });

  test('a named option chooses one of several, and a reserved MemAttr may act as another', async () => {
    const set = ['arm64', '--s1', 'nGnRE', '--s2', '6', '--fwb'];
    expect(first((await effective(...set, '--choose', 'strongest')).out)).toBe(
      'Normal WB RWA, OSH (chosen: strongest)',
    );
    expect(first((await effective(...set, '--choose', 'weakest')).out)).toBe(
      'Normal WB RWA, ISH (chosen: weakest)',
    );
    expect(first((await effective('arm64', '--s1', 'wb', '--s2', '4', '--reserved-as', 'nc')).out)).toBe(
      'Normal NC XS=0, OSH', // XS is stage 1's, and Write-Back has XS = 0
    );
  });
});

describe('tables', () => {
  test('every form', async () => {
    expect((await effective('x86', '--table', 'intel')).out).toContain('MTRR \\ PAT');
    expect((await effective('x86', '--table', 'intel', '--output', 'csv')).out).toContain(
      'intel,WP,UC(2),WC(3)',
    );
    expect((await effective('x86', '--table', 'amd', '--output', 'markdown')).out).toContain('| WC+ |');
    expect((await effective('arm64', '--table', 'all')).out).toContain('HCR_EL2.FWB = 1');
    expect((await effective('--properties')).out).toMatch(/speculative reads +no +no +no +no +yes/);
  });
});

test.each([
  [[], /which architecture/],
  [['mips'], /no architecture 'mips'/],
  [['arm64'], /what does stage 1 ask for/],
  [['arm64', '--s1', 'purple'], /no memory type 'purple'/],
  [['arm64', '--s1', 'wb', '--hcr', 'vm,xx'], /--hcr: no bit 'xx'/],
  [['arm64', '--s1', 'wb', '--s2', 'wt', '--fwb'], /no MemAttr for 'wt' with FWB = 1/],
  [['x86', '--pat', 'wb', '--ept', 'wb', '--mtrr', 'wb'], /under EPT neither MTRRs/],
  [['arm64', '--s1', 'wb', '--pat', 'wc', '--ipat'], /--pat, --ipat: for x86, and this is arm64/],
  [['x86', '--pat', 'wb', '--mtrr', 'wb', '--s1', 'wb'], /--s1: for arm64, and this is x86/],
  [['x86', '--pat', 'wb', '--mtrr', 'wb', '--ipat'], /--ipat is a bit of an EPT entry/],
  [['arm64', '--s1', 'wb', '--mair', '0xff'], /give one of them/],
  [['x86', '--table', 'intle'], /did you mean 'intel'/],
])('a usage mistake: %s', async (args, says) => {
  const { status, err } = await effective(...args);
  expect([status, err]).toEqual([2, expect.stringMatching(says)]);
});

test('an option is for the architecture that asks for it, and the help says so', async () => {
  for (const { id, asks } of architectureTypes) {
    const own = Object.entries(verb.options).filter(([, option]) => option.for === id);
    expect(own.map(([key]) => key).sort()).toEqual([...asks].sort());
    const { out } = await memattr(['effective', '--help']);
    const [, listed = ''] = out.split(`Options for ${id} only:\n`);
    const [group = ''] = listed.split('\n\n');
    expect([...group.matchAll(/^ +--([\w-]+)/gm)].map(([, key]) => key)).toEqual(own.map(([key]) => key));
  }
});

test.each(['aarch64', 'x86_64', 'amd64'])('%s is an architecture by another name', async name => {
  const [own, other] =
    name === 'aarch64' ? ['arm64', ['--s1', 'wb']] : ['x86', ['--pat', 'wc', '--mtrr', 'wb']];
  expect((await effective(name, ...other)).out).toBe((await effective(own, ...other)).out);
});

test('what is asked of a stage that is off is said to count for nothing', async () => {
  const { out } = await effective('arm64', '--s1', 'wb', '--hcr', 'fwb', '--s2', '6');
  expect(out).toMatch(/--s2 6 says nothing: stage 2 is off/);
  expect((await effective('arm64', '--sctlr', '0', '--s1', 'wb')).out).toMatch(/--s1 wb says nothing/);
});
