/** What cannot be meant is refused with status 2 and one sentence, before anything is answered. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { memattr } from './harness.ts';

const NVHE = fileURLToPath(
  new URL('../../fixtures/real/arm64-linux-6.18/nofwb-nvhe.elf.gz', import.meta.url),
);

describe('usage mistakes', () => {
  test.each([
    ['--level abc', '--level takes the manual’s number of a level, from -1 to 5'],
    ['--level 99', '--level takes the manual’s number of a level, from -1 to 5'],
    ['--level', '--level'],
    ['--limit abc', "'abc' is not a number"],
    ['--set __proto__=1', "no setting '__proto__'"],
    ['--set toString=1', "no setting 'toString'"],
    ['--base 0x1000', '--base says where raw memory begins'],
    ['--json --output csv', '--json and --output csv ask for two forms'],
    ['--from 5 --to 3', 'nothing lies between'],
    ['--cpu 1e0', '--cpu'],
    ['--workers abc', '--workers'],
    ['--perm q', '--perm takes letters of rwx'],
    ['--page 5', '--page takes the size of a page'],
  ])('walk %s', async (options, sentence) => {
    const { status, out, err } = await memattr(['walk', NVHE, ...options.split(' ')]);
    expect(err).toContain(sentence);
    expect({ status, out }).toEqual({ status: 2, out: '' });
  });

  test.each([
    '--limit 3',
    '--type wb',
    '--perm x',
    '--page 4K',
    '--level 3',
    '--half user',
    '--findings',
    '--payload',
    '--sort size',
    '--from 0x1000',
    '--pa-to 0x1000',
  ])('walk --summary %s: of ranges, not of totals', async options => {
    const { status, out, err } = await memattr(['walk', NVHE, '--summary', ...options.split(' ')]);
    expect(err).toContain(`${options.split(' ')[0]} does not go with it`);
    expect({ status, out }).toEqual({ status: 2, out: '' });
  });

  test.each(['--limit abc', '--limit -1'])('diff %s', async options => {
    const { status, out } = await memattr(['diff', NVHE, NVHE, ...options.split(' ')]);
    expect({ status, out }).toEqual({ status: 2, out: '' });
  });

  test('--json --output json is one form', async () => {
    const both = await memattr(['walk', NVHE, '--json', '--output', 'json']);
    expect(both).toEqual(await memattr(['walk', NVHE, '--json']));
  });
});

test.each([
  ['stage1.tabel', "'stage1.table'"],
  ['arm64.stage2.blok', "'arm64.stage2.block'"],
  ['stag2.page', "'stage2.page'"],
])('the kind of a format that is misspelt: %s', async (typed, meant) => {
  const { status, err } = await memattr(['encode', typed]);
  expect(err).toContain(`no format '${typed}'; did you mean ${meant}`);
  expect(status).toBe(2);
});

test('reg --brief is a line for each value, as that of decode', async () => {
  const values = ['0xff', '0x44ff', '0x440c0400bbff'];
  const reg = await memattr(['reg', 'MAIR_EL1', ...values, '--brief']);
  expect(reg.out.split('\n').filter(line => line.startsWith('0x'))).toHaveLength(values.length);
  expect(reg).toEqual(await memattr(['decode', ...values, '--as', 'MAIR_EL1', '--brief']));
});
