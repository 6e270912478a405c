/** The built command line as a process: pipes, signals, closed streams. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCommandLine } from '../../scripts/build.ts';

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
  expect(statSync(cli).size).toBeLessThan(64 * 1024); // what every start has to read
});

test('runs from another folder, and by its own name', () => {
  expect(spawnSync(cli, ['--version'], { encoding: 'utf8', cwd: '/' }).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
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
  const begin = performance.now();
  expect(await ended(child)).toEqual({ status: null, signal: 'SIGINT' });
  expect(performance.now() - begin).toBeLessThan(5000);
});

test('Ctrl-C ends a bench with what was measured until then; the shell sees 130', async () => {
  const child = spawn(process.execPath, [cli, 'bench', '--entries', '64Ki', '--rounds', '1000']);
  let [out, err] = ['', ''];
  child.stdout?.on('data', data => {
    out += data;
  });
  child.stderr?.on('data', data => {
    err += data;
  });
  const done = ended(child);
  // not before it listens: Linux tells, elsewhere we wait
  const status = `/proc/${child.pid}/status`;
  const listens = (): boolean =>
    (Number.parseInt(/SigCgt:\s*[0-9a-f]*([0-9a-f])$/m.exec(readFileSync(status, 'utf8'))?.[1] ?? '', 16) &
      2) >
    0;
  if (existsSync(status)) while (!listens()) await setTimeout(20);
  await setTimeout(2000);
  child.kill('SIGINT');
  expect(await done).toEqual({ status: null, signal: 'SIGINT' });
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
