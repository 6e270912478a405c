/** `rmap`: every input address of physical pages, in every translation. */

import { parseCount, parseWord } from '../../bits/word.ts';
import { waysAnswer } from '../../report/rmap.ts';
import { sourceAnswer } from '../../report/walk.ts';
import { AliasIndex } from '../../walk/aliases.ts';
import type { Globals } from '../command.ts';
import type { Io } from '../io.ts';
import { sayHex } from '../numbers.ts';
import { printer } from '../print.ts';
import { EXIT } from '../trouble.ts';
import { complete } from './complete.ts';
import type { Dump, DumpArgs } from './dump.ts';
import { withDump } from './translations.ts';
import { type WorkerArgs, walksOf } from './walks.ts';

type RmapArgs = DumpArgs &
  WorkerArgs &
  Globals & {
    readonly addresses: readonly string[];
    readonly all?: boolean | undefined;
    readonly limit?: string | undefined;
  };

export const run = (args: RmapArgs, io: Io): Promise<number> =>
  withDump('rmap', args, io, async dump => {
    const walks = await walksOf(dump, args);
    try {
      const indices: AliasIndex[] = [];
      for (const space of dump.wanted) indices.push(new AliasIndex(await walks.map(space), dump.image.space));
      return printWays(dump, indices, args, io);
    } finally {
      walks.close();
    }
  });

function printWays({ wanted, source }: Dump, indices: readonly AliasIndex[], args: RmapArgs, io: Io): number {
  const addresses = args.addresses.map(parseWord);
  sayHex('rmap', args.addresses, io);
  const limit = args.limit === undefined ? Number.POSITIVE_INFINITY : Number(parseCount(args.limit));
  let status: number = EXIT.answer;
  for (const { map } of indices) status = Math.max(status, complete('rmap', map, io));
  const searched = wanted.map(({ candidate }) => candidate.name);
  const print = printer(args, io);
  print(sourceAnswer(source));
  for (const address of addresses) {
    const found = indices.flatMap(index => index.find(address, args.all === true));
    if (found.length === 0) status = Math.max(status, EXIT.findings);
    print(waysAnswer({ address, found, limit, searched }));
  }
  print.end();
  return status;
}
