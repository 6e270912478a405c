/** `walk`: the ranges that a dump's tables map, or their totals. */

import { parseCount, parseWord } from '../../bits/word.ts';
import { frameAt, frameUp, PAGE_BYTES } from '../../image/frames.ts';
import { Passing } from '../../report/answer.ts';
import { rangesAnswer } from '../../report/map.ts';
import { summaryAnswer } from '../../report/walk.ts';
import { type Filter, isTrouble, matches, sorted } from '../../walk/filter.ts';
import { type MapRecord, mapRecords } from '../../walk/map.ts';
import type { Globals, OptionValues } from '../command.ts';
import type { Io } from '../io.ts';
import { sayHex } from '../numbers.ts';
import type { walkOptions } from '../options.ts';
import { printer } from '../print.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { complete, missingText } from './complete.ts';
import { type Dump, type DumpArgs, withDump } from './dump.ts';
import { type Walks, type WorkerArgs, walksOf } from './walks.ts';

type WalkArgs = DumpArgs & WorkerArgs & Globals & OptionValues<typeof walkOptions>;

export const run = (args: WalkArgs, io: Io): Promise<number> =>
  withDump('walk', args, io, async dump => {
    const walks = await walksOf(dump, args);
    try {
      const print = args.summary ? printSummaries : printRanges;
      return await print(dump, walks, args, io);
    } finally {
      walks.close();
    }
  });

const say = (io: Io, text: string): void => io.err.write(`memattr walk: ${text}\n`);

// ------------------------------------------------------------------------------------------------------ ranges

/** A memory size or a page size: `2M`, `0x200000`. */
const given = <T>(text: string | undefined, read: (text: string) => T): T | undefined =>
  text === undefined ? undefined : read(text);

/** Page sizes are powers of two from 4 KiB on. */
function pageSizeOf(text: string): bigint {
  const size = parseCount(text);
  if (size < BigInt(PAGE_BYTES) || (size & (size - 1n)) !== 0n)
    throw new UsageError(`--page takes the size of a page, such as 4K, 64K, 2M or 1G, not '${text}'`);
  return size;
}

function filterOf(args: WalkArgs): Filter {
  const { type, perm, half, findings } = args;
  if (perm !== undefined && !/^[rwx]+$/.test(perm))
    throw new UsageError(`--perm takes letters of rwx, not '${perm}'`);
  const entries = {
    type,
    perm,
    half,
    pageSize: given(args.page, pageSizeOf),
    level: given(args.level, Number),
    paFrom: given(args['pa-from'], parseWord),
    paTo: given(args['pa-to'], parseWord),
    findings: findings || undefined,
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

async function printRanges({ wanted, source }: Dump, walks: Walks, args: WalkArgs, io: Io): Promise<number> {
  const limit = given(args.limit, text => Number(parseCount(text))) ?? Number.POSITIVE_INFINITY;
  sayHex('walk', [args.from, args.to, args['pa-from'], args['pa-to']], io);
  const bounds = {
    ...(args.from === undefined ? {} : { from: frameAt(parseWord(args.from)) }),
    ...(args.to === undefined ? {} : { to: frameUp(parseWord(args.to)) }),
  };
  const filter = filterOf(args);
  const print = printer(args, io);
  let status: number = EXIT.answer;
  for (const space of wanted) {
    const map = await walks.map(space, { ...bounds, payload: args.payload === true });
    const all = mapRecords(map, space.candidate.rules);
    const kept = Object.keys(filter).length === 0 ? all : filtered(all, filter);
    const records = args.sort === undefined || args.sort === 'input' ? kept : sorted(kept, args.sort);
    const rows = new Passing(records, { limit, wrong: isTrouble });
    print(rangesAnswer({ map, rows, all: wanted, source, payload: args.payload === true }));
    status = Math.max(status, rows.wrong ? EXIT.findings : EXIT.answer, complete('walk', map, io));
  }
  print.end();
  return status;
}

function* filtered(records: Iterable<MapRecord>, filter: Filter): Generator<MapRecord> {
  for (const record of records) if (matches(record, filter)) yield record;
}

// ------------------------------------------------------------------------------------------------------ totals

async function printSummaries(
  { wanted, source }: Dump,
  walks: Walks,
  args: WalkArgs,
  io: Io,
): Promise<number> {
  if (args.from !== undefined || args.to !== undefined)
    throw new UsageError('--summary counts whole tables: --from and --to do not go with it');
  const print = printer(args, io);
  let status: number = EXIT.answer;
  for (const space of wanted) {
    const { candidate } = space;
    const summary = await walks.summarise(space);
    print(summaryAnswer(candidate, summary, source));
    if (summary.missing > 0 || summary.stopped !== undefined) {
      say(io, `${candidate.name}: ${summary.stopped ?? missingText(summary.missing)}`);
      status = EXIT.damaged;
    }
  }
  return status;
}
