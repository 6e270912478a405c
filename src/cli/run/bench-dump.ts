/** `bench` of a dump: reading its file, walking every translation, totals. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { Comparison, type Work } from '../../bench/compare.ts';
import { dumpWork } from '../../bench/dump.ts';
import { sizeText } from '../../report/size.ts';
import type { Globals } from '../command.ts';
import type { Io } from '../io.ts';
import { EXIT } from '../trouble.ts';
import { namesOf } from './bench-args.ts';
import { Session } from './bench-session.ts';
import { missingText } from './complete.ts';
import type { DumpArgs } from './dump.ts';
import { withDump } from './translations.ts';

const WORKS = ['read', 'walk', 'summary'] as const;
type DumpBenchArgs = DumpArgs & Globals & { readonly only?: string | undefined };

/** Entries on which the read limit is taken: 32 MiB. */
const LIMIT_ENTRIES = 4 * 2 ** 20;

export function benchDump(args: DumpBenchArgs, rounds: number, io: Io): Promise<number> {
  const wanted = new Set(namesOf('only', args.only, WORKS) ?? WORKS);
  return withDump('bench', args, io, async ({ wanted: spaces, image: { format } }) => {
    const file = wanted.has('read') ? fileRead(args.dump) : undefined;
    const perSpace = Number(wanted.has('walk')) + Number(wanted.has('summary'));
    const session = new Session(args, io, { rounds, expected: (file ? 1 : 0) + spaces.length * perSpace });
    let status: number = EXIT.answer;
    try {
      const comparison = new Comparison(LIMIT_ENTRIES);
      session.begin({ dump: args.dump, format, kernels: comparison.implementation });
      if (file) session.row(await comparison.time(file.work, session.rounds));
      for (const space of perSpace > 0 ? spaces : []) {
        if (session.ended) break;
        const { cold, walk, exact, summary, missing } = dumpWork(space);
        if (space === spaces[0]) session.cold([cold]);
        const any = walk.entries > 0; // else the root itself is missing
        if (any && wanted.has('walk')) session.row(await comparison.time(walk, session.rounds, exact));
        if (any && wanted.has('summary')) session.row(await comparison.time(summary, session.rounds));
        if (missing > 0) {
          io.err.write(`memattr bench: ${space.candidate.name}: ${missingText(missing)}\n`);
          status = EXIT.damaged;
        }
      }
    } finally {
      file?.close();
      session.end();
    }
    return status;
  });
}

const CHUNK = 2 ** 18;
/** Of a larger file the beginning is read. */
const MOST = 2 ** 30;

/** The file from one end to the other, a piece at a time; undefined for a folder. */
function fileRead(path: string): { readonly work: Work; close(): void } | undefined {
  const stat = statSync(path);
  const bytes = stat.isFile() ? Math.min(stat.size, MOST) : 0;
  if (bytes === 0) return undefined;
  const fd = openSync(path, 'r');
  const piece = new Uint8Array(CHUNK);
  const work: Work = {
    group: 'read',
    title: `${bytes < stat.size ? 'the beginning of the file' : 'the file'}, ${sizeText(bytes)}`,
    entries: Math.floor(bytes / 8),
    bytes,
    run: () => {
      for (let at = 0; at < bytes; ) {
        const got = readSync(fd, piece, 0, Math.min(CHUNK, bytes - at), at);
        if (got === 0) return; // it became shorter meanwhile
        at += got;
      }
    },
  };
  return { work, close: () => closeSync(fd) };
}
