/** `bench`: the kernels on synthetic data, or the walkers on a dump, beside what this machine can read. */
import { coldTimes } from '../../bench/cold.ts';
import { Comparison } from '../../bench/compare.ts';
import { type Order, SHAPES } from '../../bench/shapes.ts';
import { BRIEF, GROUPS, type Item, suite } from '../../bench/suite.ts';
import type { Globals, OptionValues } from '../command.ts';
import type { Io } from '../io.ts';
import { dumpOptions } from '../options.ts';
import { progress } from '../progress.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { entriesOf, namesOf, refuseTooMuch, roundsOf } from './bench-args.ts';
import { benchDump } from './bench-dump.ts';
import { Session } from './bench-session.ts';

export type BenchArgs = OptionValues<typeof dumpOptions> &
  Globals & {
    readonly dump?: string | undefined;
    readonly only?: string | undefined;
    readonly shape?: string | undefined;
    readonly order?: 'in-order' | 'shuffled' | undefined;
    readonly entries?: string | undefined;
    readonly rounds?: string | undefined;
  };

const DEFAULT_ENTRIES = '4Mi';
const DEFAULT_ROUNDS = '5';
const SYNTHETIC = ['shape', 'order', 'entries'] as const;

export async function run(args: BenchArgs, io: Io): Promise<number> {
  const rounds = roundsOf(args.rounds ?? DEFAULT_ROUNDS);
  const { dump } = args;
  if (dump !== undefined) {
    const given = SYNTHETIC.find(option => args[option] !== undefined);
    if (given) throw new UsageError(`--${given} is for synthetic data, not for a dump`);
    return benchDump({ ...args, dump }, rounds, io);
  }
  const stray = (Object.keys(dumpOptions) as (keyof typeof dumpOptions)[]).find(
    option => args[option] !== undefined && args[option].length > 0,
  );
  if (stray) throw new UsageError(`--${stray} is for a dump: memattr bench DUMP --${stray} …`);
  return benchKernels(args, rounds, io);
}

/** The rows asked for; where nothing was, a selection of them. */
function itemsOf({ only, shape, order }: BenchArgs): readonly Item[] {
  if (only === undefined && shape === undefined && order === undefined) return BRIEF;
  const groups = namesOf('only', only, GROUPS);
  const shapes = namesOf('shape', shape, SHAPES);
  const orders: readonly Order[] | undefined = order && [order === 'in-order' ? 'in order' : 'shuffled'];
  return suite({
    ...(groups ? { groups } : {}),
    ...(shapes ? { shapes } : {}),
    ...(orders ? { orders } : {}),
  });
}

async function benchKernels(args: BenchArgs, rounds: number, io: Io): Promise<number> {
  const items = itemsOf(args);
  const typed = args.entries ?? DEFAULT_ENTRIES;
  const entries = entriesOf(typed);
  refuseTooMuch(typed, entries, items);
  const session = new Session(args, io, {
    rounds,
    expected: items.length,
    bar: progress(io, 'memattr bench'),
  });
  try {
    const cold = coldTimes();
    const comparison = new Comparison(entries);
    session.begin({ entries, kernels: comparison.implementation });
    session.cold(cold);
    for (const item of items) {
      if (session.ended) break;
      session.row(await comparison.run(item, entries, session.rounds));
    }
  } finally {
    session.end();
  }
  return EXIT.answer;
}
