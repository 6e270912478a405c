import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hexWord } from '../../src/bits/word.ts';
import { jsonLines, memattr } from './harness.ts';

const UART = '0x00400000090107c7';

test('fields make the word, and nothing else is on stdout', async () => {
  const args = 'encode stage2 oa=0x9010000 memAttr=0b0001 s2ap=3 sh=3 af=1 xn=2';
  const { status, out, err } = await memattr(args.split(' '));
  expect(out).toBe(`${UART}\n`);
  expect(err).toMatch(/^memattr encode: assumed granule 4K, level 3/);
  expect(status).toBe(0);
});

test('the manual’s names and the names of values work too', async () => {
  const { out } = await memattr([
    'encode',
    'stage2',
    'Output address=0x9010000',
    'memattr=device-ngnre',
    's2ap=read/write',
    'SH[1:0]=Inner Shareable',
    'AF=1',
    'XN=execute never',
  ]);
  expect(out).toBe(`${UART}\n`);
});

test('--from replaces fields and keeps every other bit', async () => {
  await fc.assert(
    fc.asyncProperty(fc.bigInt(0n, (1n << 64n) - 1n), async random => {
      const word = random | 3n; // a page
      const { out } = await memattr([
        'encode',
        'stage2',
        '--from',
        hexWord(word),
        'af=0',
        '--set',
        'level=3',
      ]);
      expect(out).toBe(`${hexWord(word & ~(1n << 10n))}\n`);
    }),
    { numRuns: 100 },
  );
});

test('a kind by name takes a level that has it', async () => {
  const { out } = await memattr(['encode', 'stage2.block', 'oa=1G']);
  expect(out).toBe('0x0000000040000001\n');
  const table = await memattr(['encode', 'stage2.table', 'next=0x1000']);
  expect(table.out).toBe('0x0000000000001003\n');
});

test('what decode says of the word comes with --explain and --json', async () => {
  const { out } = await memattr(['encode', 'stage2', 'oa=0x9010000', '--explain']);
  expect(out).toContain('Output address');
  const json = await memattr(['encode', 'stage2', 'oa=0x9010000', '--json']);
  expect(jsonLines(json.out)[0]).toMatchObject({
    schema: 'memattr.encode/1',
    kind: 'page',
    raw: '0x0000000009010003',
  });
});

describe('refusals name format, field, bits and value', () => {
  const cases: readonly (readonly [args: string, says: RegExp])[] = [
    [
      'encode stage2 memAttr=0x1f',
      /arm64\.stage2\.page: field 'memAttr' \(MemAttr\[3:0\], bits 5:2\) cannot hold 0x1f: it has 4 bits/,
    ],
    ['encode stage2 oa=0x123', /field 'oa' .* cannot hold 0x123: not a multiple of 0x1000/],
    ['encode stage2 memAttr=4', /cannot hold 0b0100: Reserved/],
    ['encode stage2 foo=1', /no field 'foo'; it has/],
    ['encode stage2 memAttr', /'memAttr' is no key=value/],
    ['encode stage2 level=2', /'level' is a setting of arm64\.stage2, not a field: write --set level=2/],
    ['encode stage2.block --set level=3 oa=2M', /no block under these settings/],
    ['encode nothing a=1', /no format 'nothing'/],
    ['encode', /something is missing: memattr encode <format>/],
    ['encode stage2 --from 0x3 --type normal-wb', /use one of them/],
    ['encode TCR_EL1 IPS=4000', /it has 3 bits: 32 bits, 36 bits, 40 bits/],
    ['encode TCR_EL1 A1=2', /it has 1 bit: ASID of TTBR0, ASID of TTBR1/],
    ['encode stage1.table --oa 0x1000', /make a page under these settings; .*arm64\.stage1\.table \w+=0x…/],
    ['encode stage1 --oa 0x1000 --perm -w-', /one that begins with a dash is written --perm=-w-/],
    ['encode stage2 --type normalwb', /write wb \(or normal-wb\)/],
  ];
  for (const [args, says] of cases)
    test(args, async () => {
      const { status, out, err } = await memattr(args.split(' '));
      expect(err).toMatch(says);
      expect(status).toBe(2);
      expect(out).toBe('');
    });
});

test('a word whose status is 1 comes with the reason', async () => {
  const { status, out, err } = await memattr(['encode', 'TCR_EL1', 'T0SZ=16', 'TG0=4KB', 'IPS=40 bits']);
  expect(err).toMatch(/^memattr encode: TG1 = 0b00: Reserved \[Arm ARM, TCR_EL1\.TG1\]/);
  expect(out).toBe('0x0000000200000010\n');
  expect(status).toBe(1);
});
