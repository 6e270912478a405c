/** Words, addresses, registers and error codes are hexadecimal through every door; counts are decimal; sizes take suffixes. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { random } from '../support/trees.ts';
import { jsonLines, memattr } from './harness.ts';

const DUMP = fileURLToPath(
  new URL('../../fixtures/real/x86/qemu-4level-160m/sparse.elf.zst', import.meta.url),
);
const WALK = ['walk', DUMP, '--pat', 'linux', '--limit', '3', '--json'];

/** Numbers of digits alone, which read differently as decimal: whole pages. */
const next = random(11);
const PAGES = Array.from({ length: 6 }, () => `${100 + next(900)}${next(10)}000`);

interface Door {
  readonly door: string;
  readonly args: (digits: string) => readonly string[];
  readonly stdin?: true;
}

/** Doors of words and addresses: what is asked, by the digits. */
const DOORS: readonly Door[] = [
  { door: 'decode WORD', args: digits => ['decode', digits, '--as', 'stage1', '--json'] },
  { door: 'decode < words', args: () => ['decode', '--as', 'stage1', '--json'], stdin: true },
  { door: 'reg NAME VALUE', args: digits => ['reg', 'CR3', digits, '--json'] },
  { door: 'reg NAME=VALUE', args: digits => ['reg', `CR3=${digits}`, '--json'] },
  { door: 'encode --oa', args: digits => ['encode', 'stage2', '--type', 'wb', '--oa', digits, '--json'] },
  {
    door: 'encode --from',
    args: digits => ['encode', 'stage2', '--from', digits.replace(/0$/, '3'), 'af=1', '--json'],
  },
  { door: 'encode oa=', args: digits => ['encode', 'stage2.page', `oa=${digits}`, '--json'] },
  { door: 'translate ADDRESS', args: digits => ['translate', DUMP, digits, '--json'] },
  { door: 'rmap ADDRESS', args: digits => ['rmap', DUMP, digits, '--json'] },
  {
    door: 'explain-fault --cr2',
    args: digits => ['explain-fault', '--pf-code', '7', '--cr2', digits, '--json'],
  },
  {
    door: 'explain-fault --far',
    args: digits => ['explain-fault', '--esr', '92000045', '--far', digits, '--json'],
  },
];

test.each(DOORS)('$door: digits alone are hexadecimal, as with 0x', async ({ args, stdin }) => {
  for (const digits of PAGES) {
    const [bare, marked] = await Promise.all(
      [digits, `0x${digits}`].map(text => memattr([...args(text)], stdin ? { stdin: `${text}\n` } : {})),
    );
    expect(bare?.out).toBe(marked?.out);
    expect(bare?.out).not.toBe('');
    const decimal = `0x${Number(digits).toString(16)}`;
    const other = await memattr([...args(decimal)], stdin ? { stdin: `${decimal}\n` } : {});
    expect(other.out, decimal).not.toBe(bare?.out);
  }
});

test.each(DOORS.filter(({ stdin }) => !stdin))(
  '$door: what could be meant as decimal is said; what could not is not',
  async ({ door, args }) => {
    const [digits = ''] = PAGES;
    const said = /^memattr [\w-]+: \d+ is read as 0x\d+: words, addresses and registers are hexadecimal/;
    if (!door.startsWith('explain-fault --far')) expect((await memattr([...args(digits)])).err).toMatch(said);
    expect((await memattr([...args(`0x${digits}`)])).err).not.toContain('is read as');
  },
);

test('walk --from and --to are addresses', async () => {
  const range = (from: string, to: string) => memattr([...WALK, '--from', from, '--to', to]);
  const [first] = jsonLines<{ va: string }>((await range('402000', '480000')).out);
  expect(first?.va).toBe('0x402000');
  expect((await range('402000', '480000')).out).toBe((await range('0x402000', '0x480000')).out);
});

describe('error codes and syndromes', () => {
  test.each([
    ['--pf-code', '15', '0x15', '21'],
    ['--pf-code', '10', '0x10', '16'],
  ])('%s %s is %s', async (option, digits, marked) => {
    const asked = (text: string) => memattr(['explain-fault', option, text, '--cr2', '0x1000', '--json']);
    expect((await asked(digits)).out).toBe((await asked(marked)).out);
  });
});

describe('counts are decimal', () => {
  test.each([
    ['10', 10],
    ['0x10', 16],
    ['16', 16],
  ])('--limit %s is %d', async (text, count) => {
    const { out } = await memattr(['walk', DUMP, '--json', '--limit', text]);
    expect(jsonLines(out)).toHaveLength(count);
  });
});

test('sizes are decimal, or 0x, or with a suffix', async () => {
  const [plain, ...others] = await Promise.all(
    ['4096', '4K', '0x1000'].map(page => memattr([...WALK, '--page', page])),
  );
  for (const { out } of others) expect(out).toBe(plain?.out);
});

test('a remark is made in the name of the verb that was typed', async () => {
  expect((await memattr(['reg', 'MAIR_EL1', '440400'])).err).toMatch(/^memattr reg: 440400 is read as/);
  expect((await memattr(['decode', '440400', '--as', 'MAIR_EL1'])).err).toMatch(/^memattr decode: 440400 is/);
});
