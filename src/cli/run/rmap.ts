/** `rmap`: every input address of physical pages, in every translation. */
import { hex, parseWord } from '../../bits/word.ts';
import { json } from '../../report/json.ts';
import { RMAP_TITLES, rmapCells, rmapLines, rmapRecord, unmappedRecord } from '../../report/rmap.ts';
import { csvLine, markdownLine } from '../../report/table.ts';
import { AliasIndex, type PageAlias } from '../../walk/aliases.ts';
import { type Globals, outputOf } from '../command.ts';
import { type Io, look } from '../io.ts';
import { EXIT } from '../trouble.ts';
import { complete } from './complete.ts';
import { type Dump, type DumpArgs, withDump } from './dump.ts';
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
      return print(dump, indices, args, io);
    } finally {
      walks.close();
    }
  });

function print({ wanted, source }: Dump, indices: readonly AliasIndex[], args: RmapArgs, io: Io): number {
  const addresses = args.addresses.map(parseWord);
  const limit = args.limit === undefined ? Number.POSITIVE_INFINITY : Number(parseWord(args.limit));
  const output = outputOf(args);
  const seen = look(io, args);
  let status: number = EXIT.answer;
  for (const { map } of indices) status = Math.max(status, complete('rmap', map, io));
  const searched = wanted.map(({ candidate }) => candidate.name);
  if (output === 'csv') io.out.write(`${csvLine(RMAP_TITLES)}\r\n`);
  if (output === 'markdown')
    io.out.write(`${markdownLine(RMAP_TITLES)}\n|${RMAP_TITLES.map(() => ' --- ').join('|')}|\n`);
  if (output === 'table') io.out.write(`${seen.style.dim(`registers from ${source}`)}\n`);
  for (const address of addresses) {
    const found = indices.flatMap(index => index.find(address, args.all === true));
    const aliases = found.slice(0, limit);
    if (found.length === 0) status = Math.max(status, EXIT.findings);
    if (output === 'json') {
      if (found.length === 0) io.out.write(`${json(unmappedRecord(address, 'pa', searched))}\n`);
      for (const alias of aliases) io.out.write(`${json(rmapRecord(alias, address))}\n`);
    } else if (output === 'table') {
      io.out.write(`\n${seen.style.bold(`PA ${hex(address)}`)}  ${said(found, searched)}\n`);
      if (found.length > 0) io.out.write(`${rmapLines(aliases, seen).join('\n')}\n`);
      if (aliases.length < found.length)
        io.out.write(`  ${seen.style.dim(`the first ${aliases.length} lines are shown`)}\n`);
    } else
      for (const alias of aliases) {
        const cells = rmapCells(alias, address);
        io.out.write(output === 'csv' ? `${csvLine(cells)}\r\n` : `${markdownLine(cells)}\n`);
      }
  }
  return status;
}

function said(found: readonly PageAlias[], searched: readonly string[]): string {
  if (found.length === 0) return `no address of ${searched.join(', ')} leads here`;
  const count = found.reduce((sum, alias) => sum + alias.count, 0);
  const roots = new Set(found.map(({ space }) => space.candidate.name)).size;
  return `${count} ${count === 1 ? 'address' : 'addresses'}${roots > 1 ? ` in ${roots} translations` : ''}`;
}
