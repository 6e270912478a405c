/** Files that were made to hurt, or that had bad luck: bounded time and memory, and a sentence that says what it was. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCommandLine } from '../../scripts/build.ts';
import { gzipOfZeros, XZ_OF_XZ_OF_ZEROS, zstdOfZeros } from '../support/bombs.ts';

const MIB = 2 ** 20;
let folder = '';
let cli = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'memattr-hostile-'));
  await buildCommandLine(join(folder, 'dist'));
  cli = join(folder, 'dist/memattr.cjs');
  writeFileSync(
    join(folder, 'peak.cjs'),
    // ru_maxrss begins with what the parent had when it forked: the kernel's own mark of this process does not
    `process.on('exit', () => {
      const own = /VmHWM:\\s*(\\d+)/.exec((() => { try { return require('node:fs').readFileSync('/proc/self/status', 'utf8'); } catch { return ''; } })());
      const peak = own ? own[1] : Math.round(process.memoryUsage().rss / 1024);
      process.stderr.write('peak ' + peak + ' KiB\\n');
    });`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Run the built program; `peak` in bytes. */
function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--require', join(folder, 'peak.cjs'), cli, ...args],
    { encoding: 'utf8', cwd: folder, maxBuffer: 2 ** 28, env: { ...process.env, ...env } },
  );
  return {
    status,
    stdout,
    stderr: stderr.replace(/peak \d+ KiB\n/, ''),
    peak: Number(/peak (\d+) KiB/.exec(stderr)?.[1]) * 1024,
  };
}

const put = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(folder, name), bytes);
  return name;
};
const walk = (name: string): readonly string[] => [
  'walk',
  name,
  '--base',
  '0',
  '--cr3',
  '0x1000',
  '--summary',
];

describe('a gigabyte of zeros in some kilobytes', () => {
  const bombs = [
    ['gzip', () => gzipOfZeros(2 ** 30)],
    ['zstd, blocks of one repeated byte', () => zstdOfZeros(2 ** 30)],
    ['xz in xz', () => XZ_OF_XZ_OF_ZEROS],
  ] as const;
  test.each(bombs)('%s: less than 200 MiB beyond what a small dump takes', (name, bytes) => {
    const small = run(walk(put('small.raw', new Uint8Array(8192))));
    const bomb = run(walk(put(`${name.replaceAll(/\W+/g, '-')}.bin`, bytes())));
    expect(bomb.status).toBe(small.status);
    expect(bomb.stdout).toBe(small.stdout);
    expect(bomb.peak - small.peak).toBeLessThan(200 * MIB);
  });

  test('the bombs are what they say', () => {
    expect(gunzipSync(gzipOfZeros(32 * MIB)).equals(Buffer.alloc(32 * MIB))).toBe(true);
    expect(gzipOfZeros(2 ** 30).length).toBeLessThan(2 * MIB);
    expect(zstdOfZeros(2 ** 30).length).toBeLessThan(64 * 1024);
    expect(XZ_OF_XZ_OF_ZEROS.length).toBeLessThan(1024);
  });
});

test('no place for a temporary file is no damage of the file', () => {
  put('large.zst', zstdOfZeros(2 ** 28));
  const { status, stdout, stderr } = run(walk('large.zst'), { TMPDIR: join(folder, 'nowhere') });
  expect(status).toBe(3);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^memattr walk: large\.zst: .*no such folder.*TMPDIR/);
  expect(stderr).not.toMatch(/damaged/);
});

test('a folder of pages with links that lead nowhere: the other pages, and a remark', () => {
  mkdirSync(join(folder, 'pages'));
  writeFileSync(join(folder, 'pages/0x1000.bin'), new Uint8Array(4096));
  symlinkSync('0xloop-2000', join(folder, 'pages/0xloop-2000'));
  symlinkSync('gone', join(folder, 'pages/page-3000'));
  const { stderr, stdout } = run(['walk', 'pages', '--cr3', '0x1000', '--summary']);
  expect(stdout).toMatch(/by 1 table/);
  expect(stderr).toContain('2 links that lead to no file left out (first 0xloop-2000)');
});

describe('a table that contains itself, in 8 KiB', () => {
  const selfMap = (entry: bigint): Uint8Array => {
    const words = new BigUint64Array(1024);
    words.fill(entry, 512);
    return new Uint8Array(words.buffer);
  };
  const LONG = ['--cr4', '0x20', '--cr0', '0x80000001', '--efer', '0x500'];
  test.each([
    ['x86 paging', 0x1007n, ['--cr3', '0x1000', ...LONG]],
    ['EPT', 0x1007n, ['--eptp', '0x101e']],
    ['nested paging', 0x1007n, ['--ncr3', '0x1000']],
    ['stage 2', 0x1403n | 0x3fcn, ['--vttbr', '0x1000', '--vtcr', '0x80023590', '--hcr', '1']],
    ['stage 1', 0x1703n, ['--ttbr0', '0x1000', '--tcr', '0x2b5193519', '--sctlr', '1', '--mair', '0xff']],
    [
      'a guest in EPT',
      0x1007n,
      ['--eptp', '0x101e', '--guest-cr3', '0x1000', '--reg', 'GUESTCR4=0x20', '--root', 'all'],
    ],
  ])('%s: an end, a sentence, and little memory', (_, entry, registers) => {
    const name = put('self.raw', selfMap(entry));
    for (const verb of [['walk'], ['rmap', '0x1000'], ['walk', '--json']]) {
      const [first = '', ...rest] = verb;
      const at = first === 'rmap' ? rest : [];
      const more = first === 'rmap' ? [] : rest;
      const { status, stderr, peak } = run([first, name, ...at, ...more, '--base', '0', ...registers]);
      expect(stderr).toMatch(/stopped after \d+ (?:ranges|tables): the tree is larger/);
      expect(status).toBe(3);
      expect(peak).toBeLessThan(300 * MIB);
    }
    expect(run(['walk', name, '--summary', '--base', '0', ...registers]).peak).toBeLessThan(300 * MIB);
  });
});
