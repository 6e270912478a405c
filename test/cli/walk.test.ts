import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { fixtureLines } from '../support/fixtures.ts';
import { temporaryFolder } from '../support/folder.ts';
import { jsonLines, memattr } from './harness.ts';

const real = (path: string): string => fileURLToPath(new URL(`../../fixtures/real/${path}`, import.meta.url));
const NVHE = real('arm64-linux-6.18/nofwb-nvhe');
const dump = (path: string): string[] => ['walk', `${path}.elf.gz`, '--registers', `${path}.registers.json`];

const { path: folder, write: file } = temporaryFolder();

interface Range {
  readonly root: string;
  readonly ipa?: string;
  readonly pa?: string;
  readonly raw: string;
  readonly perm?: string;
  readonly type?: string;
}

/** A level 3 table of two entries, and the words to say that it is a stage 2 of its own. */
const table = new BigUint64Array(512);
table[0] = 0x00400000_090107c7n;
table[5] = 0x00000000_400007ffn;
/** Raw memory at 0x10000: two level 1 tables (concatenated), level 2 table, level 3 table. */
const tree = new BigUint64Array(4 * 512);
tree[0] = 0x12003n;
tree[1024] = 0x13003n;
tree.set(table, 1536);
const VTCR = '0x80043558'; // as KVM sets it for 40-bit IPA: starts at level 1
const raw = (): string[] => [
  'walk',
  file('tree.bin', new Uint8Array(tree.buffer)),
  ...['--base', '0x10000', '--vttbr', '0x10000', '--vtcr', VTCR, '--hcr', '1'],
];

test('every range of a real stage 2, as an independent walker saw it', async () => {
  const { status, out, err } = await memattr([...dump(NVHE), '--root', 'stage2', '--json']);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  const lines = [
    ...fixtureLines<Range & { regime: string }>('real/arm64-linux-6.18/nofwb-nvhe.leaves.jsonl'),
  ];
  const mine = jsonLines<Range>(out);
  expect(mine.map(({ ipa, pa, raw }) => ({ ipa, pa, raw }))).toEqual(
    lines.filter(({ regime }) => regime === 's2').map(({ ipa, pa, raw }) => ({ ipa, pa, raw })),
  );
  expect(new Set(mine.map(({ root }) => root))).toEqual(new Set(['stage2']));
});

test('the table names the registers, the ranges, and what was counted', async () => {
  const { out } = await memattr([...dump(NVHE), '--root', 'stage2']);
  expect(out).toMatch(/^stage2 {2}arm64 stage 2, 4KB granule, levels 1\.\.3, FWB=0\n/);
  expect(out).toMatch(/VTTBR_EL2=0x/);
  expect(out).toMatch(
    /0x[0-9a-f]+\.\.0x[0-9a-f]+ +0x[0-9a-f]+ +\d+ [KM]iB +(4K|2M) {2}[rwx-]{3} +Device-nGnRE/,
  );
  expect(out).toMatch(/\d+ ranges, \d+ leaf entries in \d+ tables/);
});

test('KVM’s EPT: MMIO entries are reported as what they are, and are no trouble', async () => {
  const intel = real('x86-linux-6.18/intel-default-384m');
  const { status, out } = await memattr([...dump(intel), '--root', 'ept']);
  expect(out).toContain('MMIO: gfn');
  expect(status).toBe(0);
});

describe('registers', () => {
  test('from options, for raw memory', async () => {
    const { status, out, err } = await memattr([...raw(), '--json']);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(jsonLines<Range>(out)).toMatchObject([
      { root: 'stage2', ipa: '0x0', pa: '0x9010000', perm: 'rw-', type: 'Device-nGnRE' },
      { root: 'stage2', ipa: '0x5000', pa: '0x40000000', perm: 'rwx', type: 'Normal oWB iWB' },
    ]);
  });

  test('options come before the file', async () => {
    const { out } = await memattr([...dump(NVHE), '--root', 'stage2', '--vttbr', '0x1000', '--json']);
    expect(out).toBe('');
    const all = await memattr([
      ...dump(NVHE),
      '--root',
      'stage2',
      '--vttbr',
      '0x1000',
      '--summary',
      '--json',
    ]);
    expect(jsonLines<{ from: string[] }>(all.out)[0]?.from).toContain('VTTBR_EL2=0x1000');
  });

  test('from the dump’s own notes', async () => {
    const { status, out } = await memattr([
      'walk',
      real('x86/qemu-4level-160m/sparse.elf.zst'),
      '--summary',
      '--json',
    ]);
    expect(status).toBeLessThan(2);
    expect(jsonLines<{ root: string }>(out).map(({ root }) => root)).toContain('paging');
  });

  test('--from and --to bound the input addresses', async () => {
    const { out } = await memattr([...raw(), '--json', '--from', '0x5000', '--to', '0x6000']);
    expect(jsonLines<Range>(out).map(({ ipa }) => ipa)).toEqual(['0x5000']);
  });

  test('--limit says what it left out', async () => {
    const { out } = await memattr([...dump(NVHE), '--root', 'stage2', '--limit', '2']);
    expect(out).toContain('the first 2 are shown');
    const json = await memattr([...dump(NVHE), '--root', 'stage2', '--limit', '2', '--json']);
    expect(jsonLines(json.out)).toHaveLength(2);
  });
});

describe('totals', () => {
  test('by memory type, in plain words', async () => {
    const { status, out } = await memattr([...dump(NVHE), '--root', 'stage2', '--summary', '--no-color'], {
      columns: 120,
    });
    expect(status).toBe(0);
    expect(out).toMatch(/Normal oWB iWB +2\.03 MiB +97 % +1 x 2M, 8 x 4K .*ordinary cached memory/);
    expect(out).toMatch(/Device-nGnRE .*device registers/);
  });

  test('add up to the ranges', async () => {
    const ranges = await memattr([...dump(NVHE), '--root', 'stage2', '--json']);
    const totals = await memattr([...dump(NVHE), '--root', 'stage2', '--summary', '--json']);
    const sum = jsonLines<{ size: string }>(ranges.out).reduce((n, { size }) => n + BigInt(size), 0n);
    expect(BigInt(jsonLines<{ bytes: string }>(totals.out)[0]?.bytes ?? 0)).toBe(sum);
  });
});

describe('other outputs', () => {
  for (const output of ['csv', 'markdown'])
    for (const more of [[], ['--summary']])
      test([output, ...more].join(' '), async () => {
        const { out } = await memattr([...dump(NVHE), '--root', 'stage2', '-o', output, ...more]);
        const [head = '', ...rows] = out.trimEnd().split(/\r?\n/);
        const cells = (line: string): number => line.split(output === 'csv' ? ',' : ' | ').length;
        expect(rows.length).toBeGreaterThan(3);
        expect(head).toContain('root');
        expect(cells(rows.at(-1) ?? '')).toBe(cells(head));
      });
});

/** A dump with no register file of its name beside it, and without system registers in its notes. */
const BARE = real('arm64/a57-nvhe-nofwb/sparse.elf.zst');

describe('bad input gets one sentence', () => {
  const elf = readFileSync(`${NVHE}.elf.gz`);
  const cases: readonly (readonly [name: string, args: () => string[], says: RegExp, status: number])[] = [
    ['no such file', () => ['walk', join(folder, 'nothing')], /nothing: there is no such file/, 3],
    ['a folder', () => ['walk', folder], /no file in it is named by an address/, 3],
    ['an empty file', () => ['walk', file('empty', '')], /empty: the file is empty/, 3],
    ['no dump', () => ['walk', file('noise', new Uint8Array(4096).fill(0xa7))], /no known dump format/, 3],
    ['a page of no size', () => [...raw(), '--page', '3K'], /--page takes the size of a page/, 2],
    ['no registers', () => ['walk', BARE], /no translation to walk: give its registers/, 2],
    [
      'no such registers',
      () => ['walk', `${NVHE}.elf.gz`, '-r', join(folder, 'none')],
      /none: there is no such file/,
      3,
    ],
    [
      'no registers in the file',
      () => ['walk', `${NVHE}.elf.gz`, '-r', file('r', 'hello')],
      /r: no register of a translation/,
      3,
    ],
    [
      'unknown root',
      () => [...dump(NVHE), '--root', 'stage3'],
      /no translation 'stage3'; did you mean 'stage2'/,
      2,
    ],
    ['half a root', () => ['walk', BARE, '--vttbr', '0x1000'], /VTTBR_EL2 is given but VTCR_EL2 is not/, 2],
    ['not a number', () => [...dump(NVHE), '--vttbr', 'xyz'], /'xyz' is not a number/, 2],
    ['no such CPU', () => [...dump(NVHE), '--cpu', '7'], /--cpu takes 0 to 0/, 2],
    ['half a pair', () => [...dump(NVHE), '--reg', 'CR3'], /--reg takes NAME=VALUE, not 'CR3'/, 2],
    ['summary of a part', () => [...dump(NVHE), '--summary', '--from', '0'], /--from does not go with it/, 2],
  ];
  for (const [name, args, says, status] of cases)
    test(name, async () => {
      const ran = await memattr(args());
      expect(ran.err).toMatch(says);
      expect(ran.err.trimEnd()).not.toContain('\n');
      expect({ status: ran.status, out: ran.out }).toEqual({ status, out: '' });
    });

  test('a truncated dump is answered as far as it goes', async () => {
    const cut = file('cut.elf.gz', elf.subarray(0, Math.floor(elf.length / 2)));
    const { status, err } = await memattr([
      'walk',
      cut,
      '-r',
      `${NVHE}.registers.json`,
      '--root',
      'stage2',
      '--json',
    ]);
    expect(status).toBe(3);
    expect(err).not.toBe('');
    for (const line of err.trimEnd().split('\n')) expect(line).toMatch(/^memattr walk: /);
  });
});

test('a 32-bit dump by its own notes: no EFER, no IA-32e mode', async () => {
  const path = real('x86/qemu-32bit-192m/sparse.elf.zst');
  const { out, status } = await memattr(['walk', path, '--json']);
  const theirs = [
    ...fixtureLines<{ va: string; pa: string; notPresent?: boolean }>(
      'real/x86/qemu-32bit-192m/map-cpu0.jsonl',
    ),
  ];
  expect(status).toBe(0);
  expect(jsonLines<{ va: string; pa: string }>(out).map(({ va, pa }) => [va, pa])).toEqual(
    theirs.filter(({ notPresent }) => !notPresent).map(({ va, pa }) => [va, pa]),
  );
});

test('a root that is not aligned to its concatenated tables is said, by every verb that walks it', async () => {
  const bytes = new Uint8Array(0x2000);
  new DataView(bytes.buffer).setBigUint64(0, 0x4000_07fdn, true);
  const path = file('misaligned-root.bin', bytes);
  const root = [path, '--base', '0x40080000', '--vttbr', '0x40081000', '--vtcr', '0x80023f58', '--hcr', '1'];
  const fault = ['--esr', '0x92000005', '--far', '0x40001000', '--hpfar', '0x400010', '--el', '2'];
  for (const args of [
    ['walk', ...root],
    ['translate', ...root, '0x1000'],
    ['explain-fault', ...root, ...fault],
  ]) {
    const { err } = await memattr(args);
    expect(err).toContain('VTTBR_EL2: the base is aligned to 0x2000; the lower bits 0x1000 are RES0');
  }
});

test('a root that is not aligned is said in the records too', async () => {
  const misaligned = ['--vttbr', '0x40081000', '--vtcr', '0x80023f58', '--base', '0x40080000'];
  const words = new BigUint64Array(3 * 512);
  words[0] = 0x4008_2003n;
  words[1024] = 0x4000_07fdn;
  const at = file('misaligned.bin', new Uint8Array(words.buffer));
  const finding = { id: 'base-misaligned', severity: 'warning', bits: '12:1' };
  for (const args of [
    ['walk', at],
    ['walk', at, '--summary'],
    ['translate', at, '0x1000'],
  ]) {
    const { out, err } = await memattr([...args, ...misaligned, '--json']);
    expect(jsonLines(out)[0]).toMatchObject({ rootFindings: [finding] });
    expect(err).toContain('the base is aligned to 0x2000');
  }
  const aligned = await memattr(['walk', at, '--json', ...misaligned, '--vttbr', '0x40080000']);
  expect(aligned.out).not.toContain('rootFindings');
});
