/**
 * The kernels against native code and against this machine's read limit.
 *
 *   npm run bench                    everything, with the table of targets
 *   npm run bench -- --quick         small data, few rounds: does it run, are the results equal (under 20 s)
 *   npm run bench -- --only walk     one group, several with commas; also file, workers, cold
 *   npm run bench -- --json          one JSON object per line
 *   npm run bench -- --gate          exit 1 where a ratio is 20 % below its floor
 *
 * Outputs are compared byte for byte before anything is timed. Times are processor time; runs of the sides alternate, in
 * another order each round; medians are shown. Where the median lies far above the minimum the machine was busy.
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Cold } from '../src/bench/cold.ts';
import { isBusy, measure, ours, type Rounds, type Timing } from '../src/bench/measure.ts';
import { type Item, suite } from '../src/bench/suite.ts';
import { Workbench } from '../src/bench/workloads.ts';
import type { Kernels } from '../src/kernels/api.ts';
import { wasmKernels } from '../src/kernels/kernels.ts';
import { fileRows } from './files.ts';
import { type Native, nativeYardsticks } from './native.ts';
import { type Row, ratioOf } from './row.ts';
import { READ_SHARE, targetOf } from './targets.ts';
import { workerRows } from './workers.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    gate: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});

const MI = 2 ** 20;
const entries = options.quick ? MI / 8 : 4 * MI;
const rounds = options.quick ? { rounds: 3, warmups: 1 } : { rounds: 9, warmups: 2 };
/**
 * Short work goes on for so long, in nanoseconds, with each side, because what else the machine does comes and goes in
 * tenths of a second; and a quarter of that before anything counts, because V8 compiles kernels for good in a thread beside us,
 * whose time is ours, too.
 */
const LONG_ENOUGH = 15e7;
const MOST_ROUNDS = 61;
/** How far below a floor a ratio may be on a busy machine. */
const SLACK = 0.8;
/** Processes that are started to see what first calls cost. */
const COLD_STARTS = options.quick ? 1 : 7;

const wasm = (): Kernels => {
  const kernels = wasmKernels();
  if (!kernels) throw new Error('this Node has no WebAssembly with SIMD');
  return kernels;
};

/** One kernel against the yardsticks; the faster of them counts. */
async function kernelRow({ make }: Item, natives: readonly Native[]): Promise<Row> {
  const work = make(new Workbench(wasm()), entries);
  work.run();
  const produced = Buffer.concat(work.output());
  const { native } = work;
  for (const peer of native ? natives : []) {
    if (!native) continue;
    await peer.load(native.files);
    await peer.side(native.command).run();
    const wanted = await peer.output();
    if (Buffer.compare(produced, wanted) !== 0)
      throw new Error(`${work.group}, ${work.title}: ${peer.name} gives ${wanted.length} other bytes`);
  }
  const own = ours('WebAssembly', () => work.run());
  const [mine, ...others] = await measure(
    [own, ...(native ? natives.map(peer => peer.side(native.command)) : [])],
    options.quick ? rounds : manyRounds(own.run() as number),
  );
  const best = others.sort((a, b) => a.median - b.median)[0];
  const { group, title, bytes } = work;
  return {
    group,
    title,
    entries: work.entries,
    bytes,
    ours: mine as Timing,
    ...(best ? { against: best } : {}),
  };
}

/** Rounds for work that takes so many nanoseconds. */
function manyRounds(once: number): Rounds {
  const more = Math.min(MOST_ROUNDS, Math.max(rounds.rounds, Math.ceil(LONG_ENOUGH / once)));
  return { rounds: more, warmups: Math.ceil(more / 4) };
}

const wanted = (group: string): boolean =>
  options.only === undefined || options.only.split(',').includes(group);

/** Every row of the table. Rows of other kinds of work belong here. */
async function* rows(natives: readonly Native[]): AsyncGenerator<Row> {
  for (const item of suite())
    if (item.group === 'read' || wanted(item.group)) yield await kernelRow(item, natives);
  if (wanted('file')) yield* fileRows(entries, rounds);
  if (wanted('workers')) yield* workerRows(8 * entries, rounds);
}

/** First calls, in processes of their own: medians. */
function coldStarts(): readonly Cold[] {
  const program = fileURLToPath(new URL('cold.ts', import.meta.url));
  const runs = Array.from({ length: COLD_STARTS }, () => {
    const { stdout } = spawnSync(process.execPath, [...process.execArgv, program], { encoding: 'utf8' });
    return JSON.parse(stdout) as Cold[];
  });
  const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1] ?? 0;
  return (runs[0] ?? []).map(({ what }, i) => ({
    what,
    first: median(runs.map(run => run[i]?.first ?? 0)),
    again: median(runs.map(run => run[i]?.again ?? 0)),
  }));
}

const print = (...columns: readonly string[]): void => {
  const widths = [10, 34, 8, 8, 6, 17, 6, 7, 22];
  console.log(
    columns
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join(' ')
      .trimEnd(),
  );
};

const natives = nativeYardsticks();
const missed: string[] = [];
try {
  const about = {
    machine: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    node: process.version,
    native: natives.all.map(({ version }) => version),
    entries,
    ...rounds,
  };
  if (options.json) console.log(JSON.stringify({ kind: 'machine', ...about }));
  else {
    console.log(`${about.machine}, ${about.cores} cores, Node ${about.node}`);
    console.log(`C: ${about.native.join('; ') || 'no compiler found, ratios are missing'}`);
    console.log(`${entries} entries, ${rounds.rounds} rounds or more, medians of processor time\n`);
    print('work', 'on', 'G/s', 'GB/s', 'x', 'of', 'must', 'target', '');
  }
  let limit = 0; // bytes per nanosecond
  for await (const row of rows(natives.all)) {
    const { group, title, against, note, excuse } = row;
    const speed = row.bytes / row.ours.median;
    if (group === 'read') limit = speed;
    const ratio = ratioOf(row);
    const target = targetOf(group, title);
    const share = speed / limit;
    if (target && !excuse && ratio !== undefined && ratio < SLACK * target.must)
      missed.push(`${group}, ${title}: ${ratio.toFixed(2)}, must be ${target.must}`);
    if (group === 'flat' && share < SLACK * READ_SHARE.must)
      missed.push(`${group}, ${title}: ${share.toFixed(2)} of the read limit, must be ${READ_SHARE.must}`);
    if (options.json)
      console.log(JSON.stringify({ kind: 'result', ...row, ratio, readLimitShare: share, ...target }));
    else
      print(
        group,
        title,
        (row.entries / row.ours.median).toFixed(2),
        speed.toFixed(1),
        ratio?.toFixed(2) ?? '',
        against?.name ?? '',
        target?.must.toString() ?? '',
        target?.target.toString() ?? '',
        [
          group === 'flat' ? `${(100 * share).toFixed(0)} % of read` : '',
          note ?? '',
          excuse ?? '',
          isBusy(row.ours) ? 'busy machine' : '',
        ]
          .filter(Boolean)
          .join(', '),
      );
  }
  if (wanted('cold')) {
    if (!options.json)
      console.log('\ncold: processor time of first calls in a fresh process, and of the same again');
    for (const { what, first, again } of coldStarts())
      if (options.json) console.log(JSON.stringify({ kind: 'cold', what, first, again }));
      else
        print(
          'cold',
          what,
          '',
          '',
          '',
          `${(first / 1e6).toFixed(2)} ms`,
          '',
          '',
          `then ${(again / 1e6).toFixed(2)} ms`,
        );
  }
} finally {
  natives.close();
}
if (!options.quick) for (const sentence of missed) console.error(sentence);
if (options.gate && !options.quick && missed.length > 0) process.exitCode = 1;
