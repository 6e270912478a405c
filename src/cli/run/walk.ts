/** `walk`: the ranges that a dump's tables map, or their totals. */

import { parseCount, parseWord } from '../../bits/word.ts';
import { frameAt, frameUp, PAGE_BYTES } from '../../image/frames.ts';
import { Passing } from '../../report/answer.ts';
import { rangesAnswer } from '../../report/map.ts';
import { summaryAnswer } from '../../report/walk.ts';
import type { Candidate } from '../../walk/candidate.ts';
import { type Filter, isTrouble, matches, sorted } from '../../walk/filter.ts';
import { type MapRecord, mapRecords } from '../../walk/map.ts';
import { limitsOf, type WalkOptions } from '../../walk/result.ts';
import type { Space } from '../../walk/space.ts';
import type { Globals, OptionValues } from '../command.ts';
import type { Io } from '../io.ts';
import { sayHex } from '../numbers.ts';
import type { walkOptions } from '../options.ts';
import { printer } from '../print.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { complete, EMPTY, missingText } from './complete.ts';
import type { Dump, DumpArgs } from './dump.ts';
import { withDump } from './translations.ts';
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

/** The manuals number levels from -1 (arm64 with 52 bits) to 5 (x86's PML5); stage and regime say which of them there are. */
function levelOf(text: string): number {
  if (!/^(?:-1|[0-5])$/.test(text))
    throw new UsageError(`--level takes the manual’s number of a level, from -1 to 5, not '${text}'`);
  return Number(text);
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
    level: given(args.level, levelOf),
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
  if (args.from !== undefined && args.to !== undefined && parseWord(args.to) <= parseWord(args.from))
    throw new UsageError(`--to ${args.to} is not above --from ${args.from}: nothing lies between`);
  const filter = filterOf(args);
  const print = printer(args, io);
  let status: number = EXIT.answer;
  let without = 0; // translations that have no such type
  for (const space of wanted) {
    const map = await walks.map(space, { ...bounds, ...reach(limit, space), payload: args.payload === true });
    const all = mapRecords(map, space.candidate.rules);
    const types = new Types(filter.type);
    const kept = Object.keys(filter).length === 0 ? all : filtered(types.of(all), filter);
    const records = args.sort === undefined || args.sort === 'input' ? kept : sorted(kept, args.sort);
    const rows = new Passing(records, { limit, wrong: isTrouble });
    print(rangesAnswer({ map, rows, all: wanted, source, payload: args.payload === true }));
    const none = types.missing(space.candidate);
    if (none !== undefined) {
      say(io, `${space.candidate.name}: ${none}`);
      without++;
    }
    status = Math.max(
      status,
      rows.wrong ? EXIT.findings : EXIT.answer,
      complete('walk', map, io, args.from === undefined && args.to === undefined),
    );
  }
  print.end();
  return without === wanted.length ? Math.max(status, EXIT.findings) : status;
}

/** Whoever asks for more ranges than a walk keeps by itself gets as many. */
function reach(limit: number, { memory }: Space): Pick<WalkOptions, 'maxRanges' | 'maxTables'> {
  const usual = limitsOf(memory);
  if (limit === Number.POSITIVE_INFINITY || limit <= usual.maxRanges) return {};
  return { maxRanges: limit, maxTables: Math.max(usual.maxTables, limit) };
}

/** Which memory types went by, for whoever asked for one that there is not. */
class Types {
  readonly #wanted: string | undefined;
  readonly #seen = new Set<string>();
  #found = false;

  constructor(wanted: string | undefined) {
    this.#wanted = wanted;
  }

  *of(records: Iterable<MapRecord>): Generator<MapRecord> {
    for (const record of records) {
      if (this.#wanted !== undefined && !this.#found) {
        this.#found = matches(record, { type: this.#wanted });
        const { effective, type, s1, s2 } = record;
        for (const name of [effective ?? type, s1?.type, s2?.type]) if (name) this.#seen.add(name);
      }
      yield record;
    }
  }

  /** The types there are, where none has the name. */
  missing({ unnamed }: Candidate): string | undefined {
    if (this.#wanted === undefined || this.#found || this.#seen.size === 0) return undefined;
    const names = [...this.#seen];
    const shown = names.slice(0, 12).join(', ');
    return [
      `no type here has '${this.#wanted}' in its name; there are ${shown}${names.length > 12 ? '…' : ''}`,
      ...(unnamed === undefined ? [] : [`${unnamed} (--pat linux, --pat VALUE, --mair VALUE name them)`]),
    ].join('; ');
  }
}

function* filtered(records: Iterable<MapRecord>, filter: Filter): Generator<MapRecord> {
  for (const record of records) if (matches(record, filter)) yield record;
}

// ------------------------------------------------------------------------------------------------------ totals

/** Options that choose among ranges. */
const OF_RANGES = [
  'from',
  'to',
  'pa-from',
  'pa-to',
  'type',
  'perm',
  'page',
  'level',
  'half',
  'findings',
  'payload',
  'sort',
  'limit',
] as const;

async function printSummaries(
  { wanted, source }: Dump,
  walks: Walks,
  args: WalkArgs,
  io: Io,
): Promise<number> {
  const other = OF_RANGES.find(key => args[key] !== undefined && args[key] !== false);
  if (other !== undefined)
    throw new UsageError(`--summary counts whole tables: --${other} does not go with it`);
  const print = printer(args, io);
  let status: number = EXIT.answer;
  for (const space of wanted) {
    const { candidate } = space;
    const summary = await walks.summarise(space);
    print(summaryAnswer(candidate, summary, source));
    if (summary.hidden > 0) status = Math.max(status, EXIT.findings);
    if (summary.missing > 0 || summary.stopped !== undefined) {
      say(io, `${candidate.name}: ${summary.stopped ?? missingText(summary.missing)}`);
      status = EXIT.damaged;
    } else if (candidate.active && summary.bytes === 0) {
      say(io, `${candidate.name}: ${EMPTY}`);
      status = Math.max(status, EXIT.findings);
    }
  }
  return status;
}
