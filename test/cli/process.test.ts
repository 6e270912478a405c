/** The built command line as a process: pipes, signals, closed streams. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCommandLine } from '../../scripts/build.ts';
import { ARM64, sparseDump } from '../support/sparse-dump.ts';

let folder = '';
let cli = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'memattr-'));
  await buildCommandLine(folder);
  cli = join(folder, 'memattr.cjs');
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (args: readonly string[], options: Parameters<typeof spawnSync>[2] = {}) =>
  spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', cwd: tmpdir(), ...options });

const ended = (child: ChildProcess) =>
  new Promise<{ status: number | null; signal: string | null }>(done => {
    child.on('close', (status, signal) => done({ status, signal }));
  });

test('the file is executable, and every verb has its own code', () => {
  expect(statSync(cli).mode & 0o111).toBe(0o111);
  const verbs = readdirSync(join(folder, 'cli/run')).map(name => name.replace('.cjs', ''));
  expect(verbs).toEqual(expect.arrayContaining(['decode', 'encode', 'formats', 'reg']));
  expect(statSync(cli).size).toBeLessThan(16 * 1024); // what every start has to read
});

/** Which files of the package a command loads. */
function loadedBy(args: readonly string[]): string[] {
  const hook = join(folder, 'hook.cjs');
  const list = join(folder, 'loaded.json');
  writeFileSync(
    hook,
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(list)}, JSON.stringify(Object.keys(require.cache))));`,
  );
  spawnSync(process.execPath, ['--require', hook, cli, ...args], { cwd: tmpdir() });
  const paths = JSON.parse(readFileSync(list, 'utf8')) as string[];
  return paths
    .filter(path => path !== hook)
    .map(path =>
      relative(folder, path)
        .replaceAll('\\', '/')
        .replace(/\.cjs$/, ''),
    )
    .sort();
}

describe('a command loads what its answer needs', () => {
  const word = '0x00400000090107c7';
  const dump = fileURLToPath(
    new URL('../../fixtures/real/arm64-linux-6.18/nofwb-nvhe.elf.gz', import.meta.url),
  );
  const decode = ['cli/commands/decode', 'cli/run/decode', 'memattr'];

  test('--version: nothing', () => expect(loadedBy(['--version'])).toEqual(['memattr']));

  test('decode with a format: that format; what it says to people only for people', () => {
    const stage2 = ['arm64/descriptors/stage2', ...decode];
    expect(loadedBy(['decode', word, '--as', 'stage2', '--json'])).toEqual(stage2);
    expect(loadedBy(['decode', word, '--as', 's2.page', '-o', 'json'])).toEqual(stage2);
    expect(loadedBy(['decode', word, '--as', 'ept'])).toEqual(
      [...decode, 'report/readings', 'x86/descriptors/stage2'].sort(),
    );
  });

  test('decode without a format: the descriptors, no registers', () =>
    expect(loadedBy(['decode', word])).toEqual([...decode, 'cli/run/decode/unnamed'].sort()));

  test('effective of an architecture: the rules of that one', () =>
    expect(loadedBy(['effective', 'arm64', '--s1', 'wb'])).toEqual([
      'arm64/walk/asked',
      'cli/commands/effective',
      'cli/run/effective',
      'memattr',
    ]));

  test('yargs for help and mistakes only', () => {
    expect(loadedBy(['decode', '--help'])).toContain('cli/full');
    expect(loadedBy(['decode', word, '--jsn'])).toContain('cli/full');
    expect(loadedBy(['decode', word, '-o', 'csv', '--set', 'level=2'])).not.toContain('cli/full');
  });

  test('walk: decompression where something is compressed, and no decoder but the one it needs', () => {
    const registers = dump.replace('.elf.gz', '.registers.json');
    const walk = ['cli/commands/walk', 'cli/run/walk', 'memattr'];
    expect(loadedBy(['walk', dump, '-r', registers])).toEqual([...walk, 'image/decompress'].sort());
    const plain = join(folder, 'plain.elf');
    writeFileSync(plain, gunzipSync(readFileSync(dump)));
    expect(loadedBy(['walk', plain, '-r', registers])).toEqual(walk);
  });
});

test('runs from another folder, and by its own name', () => {
  expect(spawnSync(cli, ['--version'], { encoding: 'utf8', cwd: '/' }).stdout).toMatch(
    /^\d+\.\d+\.\d+\n(?:commit [0-9a-f]{12}\n)?read against\n/,
  );
  expect(run(['decode', '0x00400000090107c7', '--as', 'stage2']).stdout).toContain('Device-nGnRE');
});

test('statuses reach the shell', () => {
  expect(run(['decode', '0x3', '--as', 'stage2', '--json']).status).toBe(
    run(['decode', '0x3', '--as', 'stage2']).status,
  );
  expect(run(['decode', '0x0004000009010747', '--as', 'stage2']).status).toBe(1);
  expect(run(['nonsense']).status).toBe(2);
  expect(run(['decode', '--as', 's2'], { input: 'nonsense' }).status).toBe(3);
});

test('errors of what is loaded on its own are known in the bundle, too', () => {
  const empty = run(['effective', 'x86', '--pat', 'wb', '--mtrr', 'wb', '-r', '-'], { input: 'FOO=1\n' });
  expect(empty.stderr).toMatch(/^memattr effective: stdin: no register of a translation/);
  expect(empty.status).toBe(3);
  expect(run(['effective', 'x86'], { input: 'FOO=1\n' }).stderr).toContain('what does the PAT say?');
});

const endlessWords = (child: ChildProcess): void => {
  const lines = '0x00400000090107c7\n'.repeat(4096);
  const more = (): void => {
    while (child.stdin?.writable && child.stdin.write(lines));
  };
  child.stdin?.on('drain', more).on('error', () => {});
  more();
};

test('| head ends a long answer quietly, and soon', async () => {
  const child = spawn(process.execPath, [cli, 'decode', '--as', 'stage2', '--json']);
  let err = '';
  child.stderr?.on('data', data => {
    err += data;
  });
  child.stdout?.once('data', () => child.stdout?.destroy());
  endlessWords(child);
  expect(await ended(child)).toEqual({ status: 0, signal: null });
  expect(err).toBe('');
});

test('Ctrl-C ends it at once, in the middle of an answer: the shell sees 130', async () => {
  const child = spawn(process.execPath, [cli, 'decode', '--as', 'stage2', '--json']);
  child.stdout?.once('data', () => {
    child.kill('SIGINT');
  });
  child.stdout?.resume();
  endlessWords(child);
  expect(await ended(child)).toEqual({ status: null, signal: 'SIGINT' }); // the words never end by themselves
});

test('Ctrl-C ends a bench with what was measured until then; the shell sees 130', async () => {
  // Before it measures there is nothing to print, and how soon it does depends on the machine: once more, and later, until it did.
  let [out, err] = ['', ''];
  for (let wait = 500; !out.includes('\n'); wait *= 2) {
    const child = spawn(process.execPath, [cli, 'bench', '--entries', '64Ki', '--rounds', '1000']);
    err = '';
    child.stdout?.on('data', data => {
      out += data;
    });
    child.stderr?.on('data', data => {
      err += data;
    });
    const done = ended(child);
    await setTimeout(wait);
    child.kill('SIGINT');
    expect(await done).toEqual({ status: null, signal: 'SIGINT' });
  }
  expect(out).toContain(`Node ${process.version}`);
  expect(out).toMatch(/^work/m);
  expect(err).toMatch(/memattr bench: ended early: \d+ of 14 rows\n$/);
});

test('closed streams and a full disk', () => {
  const closed = spawnSync('sh', ['-c', `"${process.execPath}" "${cli}" formats >&-`]);
  expect(closed.status).toBe(0);
  const noInput = spawnSync('sh', ['-c', `"${process.execPath}" "${cli}" decode --as s2 <&-`], {
    encoding: 'utf8',
  });
  expect(noInput).toMatchObject({
    status: 2,
    stderr: 'memattr decode: no words: give some, or pipe them in\n',
  });
  if (!existsSync('/dev/full')) return;
  const full = run(['formats'], { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] });
  expect(full.status).toBe(3);
  expect(full.stderr).toBe('memattr formats: no space left on device\n');
});

test('sixty thousand words stream through in bounded memory', () => {
  const words = Buffer.from('0x00400000090107c7 0x0040000009011747\n'.repeat(15_000));
  const { status, stdout } = run(['decode', '--as', 'stage2', '--brief', '--set', 'level=3'], {
    input: Buffer.concat([words, words]),
    maxBuffer: 2 ** 30,
    encoding: 'buffer',
    env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=64' },
  });
  expect(status).toBe(0);
  let lines = 0;
  for (const byte of stdout as unknown as Buffer) if (byte === 10) lines++;
  expect(lines).toBeGreaterThan(60_000);
});

test('workers: the same answer, also without their file; Ctrl-C ends all of them', async () => {
  const dump = join(folder, 'large.elf');
  const { root } = sparseDump(dump, 1500, ARM64, 183);
  const registers = ['--vttbr', `0x${root.toString(16)}`, '--vtcr', '0x80053590', '--hcr', '1'];
  const walk = (...more: string[]): string => {
    const { status, stdout, stderr } = run(['walk', dump, ...registers, '--json', ...more], {
      maxBuffer: 2 ** 28,
    });
    expect(stderr).not.toMatch(/mistake|stopped/);
    expect(status).toBe(0);
    return stdout as string;
  };
  const alone = walk('--workers', '1');
  expect(alone.split('\n').length).toBeGreaterThan(5000);
  for (const threads of ['2', '4']) expect(walk('--workers', threads)).toBe(alone);
  expect(walk('--workers', '3', '--summary')).toBe(walk('--workers', '1', '--summary'));

  const child = spawn(process.execPath, [cli, 'walk', dump, ...registers, '--json', '--workers', '3']);
  child.stdout?.once('data', () => child.kill('SIGINT'));
  expect(await ended(child)).toEqual({ status: null, signal: 'SIGINT' });

  const worker = join(folder, 'workers/worker.cjs');
  renameSync(worker, `${worker}.gone`);
  expect(walk('--workers', '2')).toBe(alone);
  renameSync(`${worker}.gone`, worker);
});
