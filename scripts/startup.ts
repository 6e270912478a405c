/**
 * How long commands take to start, as ratios to `node -e 0` in the same run: `npx tsx scripts/startup.ts [rounds]` after
 * `npm run build`. Wall time, medians of interleaved rounds; what matters is the ratio.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const cli = fileURLToPath(new URL('../dist/memattr.cjs', import.meta.url));
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
  ['memattr decode --help', [cli, 'decode', '--help']],
];
const times = cases.map((): number[] => []);
for (let round = 0; round < rounds; round++)
  for (let i = 0; i < cases.length; i++) {
    const at = (i + round) % cases.length; // rotate the order: a busy machine hits every case alike
    const begin = performance.now();
    spawnSync(process.execPath, [...(cases[at]?.[1] ?? [])]);
    times[at]?.push(performance.now() - begin);
  }
const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? 0;
const base = median(times[0] ?? []);
for (const [i, [name]] of cases.entries()) {
  const time = median(times[i] ?? []);
  const least = Math.min(...(times[i] ?? []));
  console.log(
    `${name.padEnd(40)} ${time.toFixed(1).padStart(7)} ms  ${(time / base).toFixed(2)}x  (least ${least.toFixed(1)} ms)`,
  );
}
