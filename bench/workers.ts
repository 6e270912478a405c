/** Two threads against one on large trees in a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWorker } from '../scripts/build.ts';
import type { Rounds } from '../src/bench/measure.ts';
import { leafTree } from '../src/bench/shapes.ts';
import { rawTree, timeThreads } from '../src/bench/workers.ts';
import { startWorker } from '../src/workers/thread.ts';
import type { Row } from './row.ts';

/** Above this somebody else has one of the two processors. */
const MOST_LOAD = 2;

/** Every row in turn; none on a machine with one processor. */
export async function* workerRows(entries: number, rounds: Rounds): AsyncGenerator<Row> {
  if (availableParallelism() < 2) return;
  const folder = mkdtempSync(join(tmpdir(), 'memattr-bench-'));
  const path = join(folder, 'tree');
  try {
    const start = startWorker(await buildWorker(folder));
    for (const shape of ['runs', 'mixed'] as const) {
      const tree = leafTree(shape, 'shuffled', entries / 512);
      writeFileSync(path, tree.words);
      const { one, several } = await timeThreads(rawTree(path, tree.root), rounds, { threads: 2, start });
      const [load = 0] = loadavg();
      yield {
        group: 'workers',
        title: `walk of a file, ${shape}`,
        entries: tree.entries,
        bytes: tree.words.byteLength,
        ours: several,
        against: one,
        note: 'by the wall',
        ...(load > MOST_LOAD ? { excuse: `load ${load.toFixed(1)}: shows nothing` } : {}),
      };
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
