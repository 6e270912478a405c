/** `roots`: where translations begin in a dump, with the evidence. */
import { parseCount } from '../../bits/word.ts';
import { rootsAnswer } from '../../report/roots.ts';
import type { Globals } from '../command.ts';
import type { Io } from '../io.ts';
import { print } from '../print.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { type DumpArgs, type OpenDump, withImage } from './dump.ts';
import { ABOVE, rootsIn, surest } from './found.ts';

export const SCANS = ['auto', 'off', 'arm64', 'x86', 'all'] as const;

type RootsArgs = DumpArgs &
  Globals & {
    readonly scan?: (typeof SCANS)[number] | undefined;
    readonly pages?: string | undefined;
    readonly above?: string | undefined;
    readonly limit?: string | undefined;
    readonly explain?: boolean | undefined;
  };

export const run = (args: RootsArgs, io: Io): Promise<number> =>
  withImage('roots', args, io, opened => answer(opened, args, io));

const KINDS = { auto: undefined, off: [], arm64: ['arm64'], x86: ['x86'], all: ['x86', 'arm64'] } as const;

function answer(opened: OpenDump, args: RootsArgs, io: Io): number {
  const { source, candidates } = opened;
  const above = args.above === undefined ? ABOVE : Number(args.above);
  if (!(above >= 0 && above <= 100))
    throw new UsageError(`--above takes a percentage from 0 to 100, not '${args.above}'`);
  const limit = args.limit === undefined ? Number.POSITIVE_INFINITY : Number(parseCount(args.limit));
  const kinds = KINDS[args.scan ?? 'auto'];
  const roots = rootsIn(opened, args, {
    ...(kinds ? { kinds } : {}),
    ...(args.pages === undefined ? {} : { maxPages: Number(parseCount(args.pages)) }),
  });
  for (const { name, reason } of candidates.refused) io.err.write(`memattr roots: ${name}: ${reason}\n`);
  for (const text of roots.stopped) io.err.write(`memattr roots: ${text}\n`);
  const shown = surest(roots, above).slice(0, limit);
  print(
    rootsAnswer({ shown, found: roots.found.length, pages: roots.pages, source }, args.explain === true),
    args,
    io,
  );
  if (roots.stopped.length > 0) return EXIT.damaged;
  return roots.found.length === 0 ? EXIT.findings : EXIT.answer;
}
