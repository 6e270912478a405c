/**
 * What it costs to start: `npx tsx scripts/startup.ts [rounds]` after `npm run build`.
 *
 * CPU time of the process (all its threads), as ratios to `node -e 0` in the same run; medians of interleaved rounds. On a
 * busy machine wall time says more about the neighbours.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const cli = at('dist/memattr.cjs');
const dump = at('fixtures/real/arm64-linux-6.18/nofwb-nvhe');
const rounds = Number(process.argv[2] ?? 21);
const cases: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['node -e 0', ['-e', '0']],
  ['memattr --version', [cli, '--version']],
  [
    'memattr decode 0x… --as stage2 --json',
    [cli, 'decode', '0x00400000090107c7', '--as', 'stage2', '--json'],
  ],
  ['memattr decode 0x… --as stage2', [cli, 'decode', '0x00400000090107c7', '--as', 'stage2']],
  ['memattr decode 0x…', [cli, 'decode', '0x00400000090107c7']],
  ['memattr reg MAIR_EL1 0xff', [cli, 'reg', 'MAIR_EL1', '0xff']],
  ['memattr effective arm64', [cli, 'effective', 'arm64', '--mair', '0xff', '--s2', '0xf']],
  ['memattr decode --help (yargs)', [cli, 'decode', '--help']],
  ['memattr walk, 24 leaves', [cli, 'walk', `${dump}.elf.gz`, '-r', `${dump}.registers.json`]],
];

const folder = mkdtempSync(join(tmpdir(), 'startup-'));
const hook = join(folder, 'hook.cjs');
const report = join(folder, 'cpu');
writeFileSync(
  hook,
  `process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    require('node:fs').writeFileSync(${JSON.stringify(report)}, String((user + system) / 1000));
  });`,
);
const times = cases.map((): number[] => []);
for (let round = 0; round < rounds; round++)
  for (let i = 0; i < cases.length; i++) {
    const which = (i + round) % cases.length; // rotate the order: a busy machine hits every case alike
    spawnSync(process.execPath, ['--require', hook, ...(cases[which]?.[1] ?? [])]);
    times[which]?.push(Number(readFileSync(report, 'utf8')));
  }
rmSync(folder, { recursive: true });

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? 0;
const base = median(times[0] ?? []);
for (const [i, [name]] of cases.entries()) {
  const time = median(times[i] ?? []);
  console.log(`${name.padEnd(40)} ${time.toFixed(0).padStart(5)} ms  ${(time / base).toFixed(2)}x`);
}
