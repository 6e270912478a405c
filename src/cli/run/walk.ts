/** `walk`: the ranges that a dump's tables map, or their totals. */
import { hex, parseWord } from '../../bits/word.ts';
import { json } from '../../report/json.ts';
import { csvLine, markdownLine } from '../../report/table.ts';
import { candidateLines, rangeLines, summaryLines, summaryRecord, walkRecord } from '../../report/walk.ts';
import { Recorder, type WalkRecord } from '../../walk/record.ts';
import type { Space } from '../../walk/space.ts';
import { summarise } from '../../walk/summary.ts';
import { type WalkResult, walk } from '../../walk/walker.ts';
import { type Globals, type Output, outputOf } from '../command.ts';
import { type Io, look } from '../io.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { type Dump, type DumpArgs, withDump } from './dump.ts';

type WalkArgs = DumpArgs &
  Globals & {
    readonly summary?: boolean | undefined;
    readonly payload?: boolean | undefined;
    readonly from?: string | undefined;
    readonly to?: string | undefined;
    readonly limit?: string | undefined;
  };

export const run = (args: WalkArgs, io: Io): Promise<number> =>
  withDump('walk', args, io, dump =>
    args.summary ? printSummaries(dump, args, io) : printRanges(dump, args, io),
  );

/** Ranges are laid out in batches: columns line up within one, and the first lines come at once. */
const BATCH = 1000;

const say = (io: Io, text: string): void => io.err.write(`memattr walk: ${text}\n`);

// ------------------------------------------------------------------------------------------------------ ranges

function printRanges({ wanted, source }: Dump, args: WalkArgs, io: Io): number {
  const output = outputOf(args);
  const limit = args.limit === undefined ? Number.POSITIVE_INFINITY : Number(parseWord(args.limit));
  const bounds = {
    ...(args.from === undefined ? {} : { from: Number(parseWord(args.from) >> 12n) }),
    ...(args.to === undefined ? {} : { to: Number((parseWord(args.to) + 0xfffn) >> 12n) }),
  };
  let status: number = EXIT.answer;
  const print = printer(output, args, io);
  for (const space of wanted) {
    const { candidate, memory } = space;
    const result = walk(candidate.regime, memory, { ...bounds, payload: args.payload === true });
    status = Math.max(status, print(space, result, source, limit), complete(space, result, io));
  }
  return status;
}

/** Says what the walk could not reach. */
function complete({ candidate }: Space, { missingTotal, missing, stopped }: WalkResult, io: Io): number {
  const [first] = missing;
  if (first)
    say(io, `${candidate.name}: ${missingText(missingTotal, `, the first at ${hex(first.address)}`)}`);
  if (stopped !== undefined) say(io, `${candidate.name}: ${stopped}`);
  return first || stopped !== undefined ? EXIT.damaged : EXIT.answer;
}

const missingText = (count: number, where = ''): string =>
  count === 1
    ? `a table is not in the image${where}: what it maps is unknown`
    : `${count} tables are not in the image${where}: what they map is unknown`;

/** Worth a status of 1: a mapping with something wrong in it, or an entry that faults and is nobody's convention. */
const isTrouble = ({ findings, note }: WalkRecord): boolean =>
  note === undefined && findings.some(({ severity }) => severity !== 'note');

type Printer = (space: Space, result: WalkResult, source: string, limit: number) => number;

const COLUMNS = [
  'input',
  'output',
  'size',
  'pageSize',
  'level',
  'perm',
  'type',
  'kind',
  'note',
  'raw',
  'at',
] as const;

/** The cells of a range in CSV and Markdown: input and output by role, not by the regime's name for them. */
function cells(root: string, record: WalkRecord): string[] {
  const { va, ipa, gpa, pa, findings } = record;
  const input = va ?? ipa ?? gpa;
  const to = pa ?? (va === undefined ? undefined : (ipa ?? gpa));
  const values = { ...record, input, output: record.kind === undefined ? to : undefined } as Record<
    string,
    unknown
  >;
  return [
    root,
    record.regime,
    ...COLUMNS.map(key => `${values[key] ?? ''}`),
    findings.map(({ id, bits }) => (bits ? `${id} ${bits}` : id)).join('; '),
  ];
}

function printer(output: Output, args: WalkArgs, io: Io): Printer {
  const titles = ['root', 'regime', ...COLUMNS, 'findings'];
  const each =
    (write: (root: string, record: WalkRecord) => void): Printer =>
    ({ candidate: { name, regime } }, { leaves }, _source, limit) => {
      const recorder = new Recorder(regime);
      let status: number = EXIT.answer;
      const end = Math.min(leaves.length, limit);
      for (let i = 0; i < end; i++) {
        const record = recorder.record(leaves, i);
        if (isTrouble(record)) status = EXIT.findings;
        write(name, record);
      }
      return status;
    };
  switch (output) {
    case 'json':
      return each((root, record) => io.out.write(`${json(walkRecord(root, record))}\n`));
    case 'csv':
      io.out.write(`${csvLine(titles)}\r\n`);
      return each((root, record) => io.out.write(`${csvLine(cells(root, record))}\r\n`));
    case 'markdown':
      io.out.write(`${markdownLine(titles)}\n|${titles.map(() => ' --- ').join('|')}|\n`);
      return each((root, record) => io.out.write(`${markdownLine(cells(root, record))}\n`));
    case 'table':
      return tables(args, io);
  }
}

function tables(args: WalkArgs, io: Io): Printer {
  const seen = look(io, args);
  let first = true;
  return ({ candidate }, { leaves, counts }, source, limit) => {
    const lines = candidateLines(candidate, seen);
    io.out.write(
      `${first ? '' : '\n'}${lines.join('\n')}\n${seen.style.dim(`  registers from ${source}`)}\n\n`,
    );
    first = false;
    const recorder = new Recorder(candidate.regime);
    let status: number = EXIT.answer;
    const end = Math.min(leaves.length, limit);
    for (let at = 0; at < end; at += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, end - at) }, (_, i) =>
        recorder.record(leaves, at + i),
      );
      if (batch.some(isTrouble)) status = EXIT.findings;
      io.out.write(`${rangeLines(batch, seen, at === 0).join('\n')}\n`);
    }
    const facts = [
      `${leaves.length} ${leaves.length === 1 ? 'range' : 'ranges'}, ${counts.leaves} leaf entries in ${counts.tables} tables`,
      ...(end < leaves.length ? [`the first ${end} are shown`] : []),
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

function printSummaries({ wanted, source }: Dump, args: WalkArgs, io: Io): number {
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
  for (const { candidate, memory } of wanted) {
    const summary = summarise(candidate.regime, memory);
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
