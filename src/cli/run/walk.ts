/** `walk`: the ranges that a dump's tables map, or their totals. */
import { parseWord } from '../../bits/word.ts';
import type { Output } from '../../report/answer.ts';
import { json } from '../../report/json.ts';
import { MAP_TITLES, mapCells, mapLines, mapRecordJson } from '../../report/map.ts';
import { csvLine, markdownLine } from '../../report/table.ts';
import { candidateLines, summaryLines, summaryRecord } from '../../report/walk.ts';
import { type Filter, isTrouble, matches, sorted } from '../../walk/filter.ts';
import { type AddressMap, type MapRecord, mapRecords } from '../../walk/map.ts';
import type { Space } from '../../walk/space.ts';
import { type Globals, type OptionValues, outputOf } from '../command.ts';
import { type Io, look } from '../io.ts';
import type { walkOptions } from '../options.ts';
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

/** Ranges are laid out in batches: columns line up within one, and the first lines come at once. */
const BATCH = 1000;

const say = (io: Io, text: string): void => io.err.write(`memattr walk: ${text}\n`);

// ------------------------------------------------------------------------------------------------------ ranges

/** A memory size or a page size: `2M`, `0x200000`. */
const given = <T>(text: string | undefined, read: (text: string) => T): T | undefined =>
  text === undefined ? undefined : read(text);

/** Page sizes are powers of two from 4 KiB on. */
function pageSizeOf(text: string): bigint {
  const size = parseWord(text);
  if (size < 4096n || (size & (size - 1n)) !== 0n)
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
  const output = outputOf(args);
  const limit = given(args.limit, text => Number(parseWord(text))) ?? Number.POSITIVE_INFINITY;
  const bounds = {
    ...(args.from === undefined ? {} : { from: Number(parseWord(args.from) >> 12n) }),
    ...(args.to === undefined ? {} : { to: Number((parseWord(args.to) + 0xfffn) >> 12n) }),
  };
  const filter = filterOf(args);
  let status: number = EXIT.answer;
  const print = printer(output, args, io);
  for (const space of wanted) {
    const map = await walks.map(space, { ...bounds, payload: args.payload === true });
    const all = mapRecords(map, space.candidate.rules);
    const kept = Object.keys(filter).length === 0 ? all : filtered(all, filter);
    const records = args.sort === undefined || args.sort === 'input' ? kept : sorted(kept, args.sort);
    status = Math.max(status, print(space, map, records, source, limit), complete('walk', map, io));
  }
  return status;
}

function* filtered(records: Iterable<MapRecord>, filter: Filter): Generator<MapRecord> {
  for (const record of records) if (matches(record, filter)) yield record;
}

type Printer = (
  space: Space,
  map: AddressMap,
  records: Iterable<MapRecord>,
  source: string,
  limit: number,
) => number;

function printer(output: Output, args: WalkArgs, io: Io): Printer {
  const each =
    (write: (root: string, record: MapRecord) => void): Printer =>
    ({ candidate: { name } }, _map, records, _source, limit) => {
      let status: number = EXIT.answer;
      let count = 0;
      for (const record of records) {
        if (count++ >= limit) break;
        if (isTrouble(record)) status = EXIT.findings;
        write(name, record);
      }
      return status;
    };
  switch (output) {
    case 'json':
      return each((root, record) => io.out.write(`${json(mapRecordJson(root, record))}\n`));
    case 'csv':
      io.out.write(`${csvLine(MAP_TITLES)}\r\n`);
      return each((root, record) => io.out.write(`${csvLine(mapCells(root, record))}\r\n`));
    case 'markdown':
      io.out.write(`${markdownLine(MAP_TITLES)}\n|${MAP_TITLES.map(() => ' --- ').join('|')}|\n`);
      return each((root, record) => io.out.write(`${markdownLine(mapCells(root, record))}\n`));
    case 'table':
      return tables(args, io);
  }
}

function tables(args: WalkArgs, io: Io): Printer {
  const seen = look(io, args);
  let first = true;
  return ({ candidate }, map, records, source, limit) => {
    const lines = candidateLines(candidate, seen);
    io.out.write(
      `${first ? '' : '\n'}${lines.join('\n')}\n${seen.style.dim(`  registers from ${source}`)}\n\n`,
    );
    first = false;
    let status: number = EXIT.answer;
    let shown = 0;
    let cut = false;
    let batch: MapRecord[] = [];
    const flush = (): void => {
      if (batch.length === 0) return;
      if (batch.some(isTrouble)) status = EXIT.findings;
      io.out.write(`${mapLines(batch, seen, shown === batch.length).join('\n')}\n`);
      batch = [];
    };
    for (const record of records) {
      if (shown >= limit) {
        cut = true;
        break;
      }
      shown++;
      if (batch.push(record) === BATCH) flush();
    }
    flush();
    const { leaves, counts } = map.first;
    const facts = [
      `${leaves.length} ${leaves.length === 1 ? 'range' : 'ranges'}, ${counts.leaves} leaf ${counts.leaves === 1 ? 'entry' : 'entries'} in ${counts.tables} ${counts.tables === 1 ? 'table' : 'tables'}`,
      ...(cut ? [`the first ${shown} are shown`] : shown < leaves.length ? [`${shown} are shown`] : []),
      ...(counts.payload > 0 && !args.payload
        ? [`${counts.payload} entries map nothing but hold something (--payload lists them)`]
        : []),
      ...(counts.faults > 0 ? [`${counts.faults} entries fault on use`] : []),
    ];
    io.out.write(`${leaves.length > 0 ? '\n' : ''}  ${seen.style.dim(facts.join('; '))}\n`);
    return status;
  };
}

// ------------------------------------------------------------------------------------------------------ totals

async function printSummaries(
  { wanted, source }: Dump,
  walks: Walks,
  args: WalkArgs,
  io: Io,
): Promise<number> {
  const output = outputOf(args);
  const seen = look(io, args);
  let status: number = EXIT.answer;
  if (args.from !== undefined || args.to !== undefined)
    throw new UsageError('--summary counts whole tables: --from and --to do not go with it');
  const titles = ['root', 'regime', 'type', 'perm', 'level', 'pageSize', 'entries', 'bytes'] as const;
  if (output === 'csv') io.out.write(`${csvLine(titles)}\r\n`);
  if (output === 'markdown')
    io.out.write(`${markdownLine(titles)}\n|${titles.map(() => ' --- ').join('|')}|\n`);
  let first = true;
  for (const space of wanted) {
    const { candidate } = space;
    const summary = await walks.summarise(space);
    if (output === 'json') io.out.write(`${json(summaryRecord(candidate, summary))}\n`);
    else if (output === 'table') {
      const lines = [...candidateLines(candidate, seen), seen.style.dim(`  registers from ${source}`), ''];
      io.out.write(`${first ? '' : '\n'}${[...lines, ...summaryLines(summary, seen)].join('\n')}\n`);
    } else
      for (const row of summaryRecord(candidate, summary).rows) {
        const line = [
          candidate.name,
          summary.regime.id,
          ...titles.slice(2).map(key => `${row[key as keyof typeof row]}`),
        ];
        io.out.write(output === 'csv' ? `${csvLine(line)}\r\n` : `${markdownLine(line)}\n`);
      }
    first = false;
    if (summary.missing > 0 || summary.stopped !== undefined) {
      say(io, `${candidate.name}: ${summary.stopped ?? missingText(summary.missing)}`);
      status = EXIT.damaged;
    }
  }
  return status;
}
