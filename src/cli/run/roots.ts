/** `roots`: where translations begin in a dump, with the evidence. */
import { parseWord } from '../../bits/word.ts';
import { json } from '../../report/json.ts';
import { ROOT_TITLES, rootCells, rootLines, rootRecord } from '../../report/roots.ts';
import { exactSizeText } from '../../report/size.ts';
import { csvLine, markdownLine } from '../../report/table.ts';
import { findRoots } from '../../roots/find.ts';
import type { FoundRoot, Roots } from '../../walk/found-root.ts';
import { type Globals, outputOf } from '../command.ts';
import { type Io, look } from '../io.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { candidatesOf, type DumpArgs, machineOf, notesOf, type OpenDump, withImage } from './dump.ts';

export const SCANS = ['auto', 'off', 'arm64', 'x86', 'all'] as const;

type RootsArgs = DumpArgs &
  Globals & {
    readonly scan?: (typeof SCANS)[number] | undefined;
    readonly pages?: string | undefined;
    readonly above?: string | undefined;
    readonly limit?: string | undefined;
  };

export const run = (args: RootsArgs, io: Io): Promise<number> =>
  withImage('roots', args, io, opened => print(opened, args, io));

const KINDS = { auto: undefined, off: [], arm64: ['arm64'], x86: ['x86'], all: ['x86', 'arm64'] } as const;

/** Below it a finding is noise more often than not; `--above 0` shows all. */
const ABOVE = 20;

function print({ image, source, candidates }: OpenDump, args: RootsArgs, io: Io): number {
  const above = args.above === undefined ? ABOVE : Number(args.above);
  if (!(above >= 0 && above <= 100))
    throw new UsageError(`--above takes a percentage from 0 to 100, not '${args.above}'`);
  const limit = args.limit === undefined ? Number.POSITIVE_INFINITY : Number(parseWord(args.limit));
  const kinds = KINDS[args.scan ?? 'auto'];
  const notes = args.registers === undefined ? [] : candidatesOf(args, notesOf(image), image).found;
  const roots = findRoots(image, candidates.found, {
    machine: machineOf(args),
    notes,
    ...(kinds ? { kinds } : {}),
    ...(args.pages === undefined ? {} : { maxPages: Number(parseWord(args.pages)) }),
  });
  for (const { name, reason } of candidates.refused) io.err.write(`memattr roots: ${name}: ${reason}\n`);
  for (const text of roots.stopped) io.err.write(`memattr roots: ${text}\n`);
  const shown = roots.found.filter(({ confidence }) => confidence * 100 >= above).slice(0, limit);
  write(shown, roots, source, args, io);
  if (roots.stopped.length > 0) return EXIT.damaged;
  return roots.found.length === 0 ? EXIT.findings : EXIT.answer;
}

function write(
  shown: readonly FoundRoot[],
  { found, pages }: Roots,
  source: string,
  args: RootsArgs,
  io: Io,
): void {
  const output = outputOf(args);
  if (output === 'csv') io.out.write(`${csvLine(ROOT_TITLES)}\r\n`);
  if (output === 'markdown')
    io.out.write(`${markdownLine(ROOT_TITLES)}\n|${ROOT_TITLES.map(() => ' --- ').join('|')}|\n`);
  if (output === 'table') {
    const seen = look(io, args);
    for (const [i, root] of shown.entries())
      io.out.write(`${i > 0 ? '\n' : ''}${rootLines(root, i + 1, seen).join('\n')}\n`);
    const facts = [
      `${found.length} ${found.length === 1 ? 'root' : 'roots'}`,
      ...(source === '' ? [] : [`registers from ${source}`]),
      pages === 0 ? 'memory was not searched' : `${exactSizeText(BigInt(pages) * 4096n)} searched`,
      ...(shown.length < found.length ? [`the ${shown.length} surest are shown (--above 0 shows all)`] : []),
    ];
    io.out.write(`${shown.length > 0 ? '\n' : ''}  ${seen.style.dim(facts.join('; '))}\n`);
    return;
  }
  shown.forEach((root, i) => {
    if (output === 'json') io.out.write(`${json(rootRecord(root, i + 1))}\n`);
    else {
      const cells = rootCells(root, i + 1);
      io.out.write(output === 'csv' ? `${csvLine(cells)}\r\n` : `${markdownLine(cells)}\n`);
    }
  });
}
