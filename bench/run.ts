/**
 * The kernels against native code and against this machine's read limit.
 *
 *   npm run bench                    everything, with the table of targets
 *   npm run bench -- --quick         small data, few rounds: does it run, are the results equal (under 20 s)
 *   npm run bench -- --only walk     one group
 *   npm run bench -- --json          one JSON object per line
 *   npm run bench -- --gate          exit 1 where a ratio is 20 % below its floor
 *
 * Outputs are compared byte for byte before anything is timed. Times are processor time; runs of the sides alternate, in
 * another order each round; medians are shown. Where the median lies far above the minimum the machine was busy.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measure, ours, type Timing } from '../src/bench/measure.ts';
import { ORDERS, SHAPES } from '../src/bench/shapes.ts';
import { FLAT, Workbench, type Workload } from '../src/bench/workloads.ts';
import { type Kernels, wasmKernels } from '../src/memtype/kernels/kernels.ts';
import { type Native, nativeYardsticks } from './native.ts';
import { READ_SHARE, targetOf } from './targets.ts';

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
/** How far below a floor a ratio may be on a busy machine. */
const SLACK = 0.8;

type Make = (bench: Workbench) => Workload;
const workloads: readonly (readonly [group: string, make: Make])[] = [
  ['read', bench => bench.read(entries)],
  ...FLAT.map((flat): [string, Make] => ['flat', bench => bench.flat('flat', flat, 'mixed', entries)]),
  ...SHAPES.map((shape): [string, Make] => [
    'histogram',
    bench => bench.flat('histogram', FLAT[0], shape, entries),
  ]),
  ...SHAPES.flatMap(shape =>
    ORDERS.map((order): [string, Make] => ['walk', bench => bench.walk(shape, order, entries)]),
  ),
  ...SHAPES.map((shape): [string, Make] => ['nested', bench => bench.nested(shape, entries)]),
  ['lookups', bench => bench.lookups('runs', entries, entries / 4)],
  ['lookups', bench => bench.lookups('worst', entries, entries / 4)],
  ['text', bench => bench.text(entries / 4)],
];

interface Line {
  readonly group: string;
  readonly title: string;
  readonly entries: number;
  readonly bytes: number;
  readonly ours: Timing;
  /** The faster one of the native versions. */
  readonly native?: Timing;
}

const wasm = (): Kernels => {
  const kernels = wasmKernels();
  if (!kernels) throw new Error('this Node has no WebAssembly with SIMD');
  return kernels;
};

async function run(make: Make, natives: readonly Native[]): Promise<Line> {
  const work = make(new Workbench(wasm()));
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
  const [mine, ...others] = await measure(
    [
      ours('WebAssembly', () => work.run()),
      ...(native ? natives.map(peer => peer.side(native.command)) : []),
    ],
    rounds,
  );
  const best = others.sort((a, b) => a.median - b.median)[0];
  const { group, title, entries, bytes } = work;
  return { group, title, entries, bytes, ours: mine as Timing, ...(best ? { native: best } : {}) };
}

const print = (...columns: readonly string[]): void => {
  const widths = [10, 44, 10, 8, 9, 6, 7, 22];
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
    console.log(`${entries} entries, ${rounds.rounds} rounds, medians of thread time\n`);
    print('work', 'on', 'G/s', 'GB/s', 'x C', 'must', 'target', '');
  }
  let limit = 0; // bytes per nanosecond
  for (const [group, make] of workloads) {
    if (options.only !== undefined && group !== options.only && group !== 'read') continue;
    const line = await run(make, natives.all);
    const speed = line.bytes / line.ours.median;
    if (group === 'read') limit = speed;
    const ratio = line.native && line.native.median / line.ours.median;
    const target = targetOf(group, line.title);
    const share = speed / limit;
    const noisy = line.ours.median > 1.1 * line.ours.least ? 'busy machine' : '';
    if (target && ratio !== undefined && ratio < SLACK * target.must)
      missed.push(`${group}, ${line.title}: ${ratio.toFixed(2)}, must be ${target.must}`);
    if (group === 'flat' && share < SLACK * READ_SHARE.must)
      missed.push(
        `${group}, ${line.title}: ${share.toFixed(2)} of the read limit, must be ${READ_SHARE.must}`,
      );
    if (options.json)
      console.log(JSON.stringify({ kind: 'result', ...line, ratio, readLimitShare: share, ...target }));
    else
      print(
        group,
        line.title,
        (line.entries / line.ours.median).toFixed(2),
        speed.toFixed(1),
        ratio?.toFixed(2) ?? '',
        target?.must.toString() ?? '',
        target?.target.toString() ?? '',
        [group === 'flat' ? `${(100 * share).toFixed(0)} % of read` : '', noisy].filter(Boolean).join(', '),
      );
  }
} finally {
  natives.close();
}
if (!options.quick) for (const sentence of missed) console.error(sentence);
if (options.gate && !options.quick && missed.length > 0) process.exitCode = 1;
