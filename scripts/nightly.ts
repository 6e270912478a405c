/**
 * Run every test that draws cases, again and again, each round from a fresh seed: npm run test:nightly -- [--rounds N] [FILES…].
 * A round that fails ends it, and the last line says how to run that round again.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const top = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '20' } },
  allowPositionals: true,
});

/** Test files that know a generator: fast-check, or the seed of our own. */
function files(): string[] {
  return readdirSync(join(top, 'test'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.test.ts'))
    .map(file => join('test', file))
    .filter(file => /from 'fast-check'|support\/seed\.ts'/.test(readFileSync(join(top, file), 'utf8')));
}

const chosen = positionals.length > 0 ? positionals : files();
for (let round = 1; round <= Number(values.rounds); round++) {
  const seed = randomInt(1, 2 ** 31);
  console.log(`round ${round} of ${values.rounds}: TEST_SEED=${seed}`);
  const { status } = spawnSync('npx', ['vitest', 'run', ...chosen], {
    cwd: top,
    stdio: 'inherit',
    env: { ...process.env, TEST_SEED: `${seed}` },
  });
  if (status !== 0) {
    console.log(`this round again: TEST_SEED=${seed} npx vitest run ${chosen.join(' ')}`);
    process.exit(1);
  }
}
