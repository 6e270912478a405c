/** Readings in the output that was asked for. What lays out tables for people is loaded where they are wanted. */
import { describe } from '../../../bits/describe.ts';
import type { Reading } from '../../../bits/family.ts';
import { hexWord } from '../../../bits/word.ts';
import type { Output } from '../../../report/answer.ts';
import { json } from '../../../report/json.ts';
import { decodeRecord } from '../../../report/records.ts';
import { type Globals, outputOf } from '../../command.ts';
import type { Io } from '../../io.ts';
import { EXIT } from '../../trouble.ts';
import type { Given, Read } from './read.ts';

export interface DecodeArgs extends Globals {
  readonly words: readonly string[];
  readonly as?: string | undefined;
  readonly set: readonly string[];
  readonly all?: boolean | undefined;
  readonly brief?: boolean | undefined;
}

/** Is there something wrong in a reading? */
export const isSuspect = ({ findings }: Reading): boolean =>
  findings.some(({ severity }) => severity !== 'note');

/** Readings in the output that was asked for. */
export async function print(found: Iterable<Read>, args: DecodeArgs, io: Io, given: Given): Promise<number> {
  const output = outputOf(args);
  let status: number = EXIT.answer;
  const watched = (function* () {
    for (const read of found) {
      if (isSuspect(read.reading)) status = EXIT.findings;
      yield read;
    }
  })();
  if (output === 'table') (await import('./table.ts')).printTable(watched, args, io, given);
  else {
    const write = await writer(output, io, given);
    for (const read of watched) write(read);
  }
  return status;
}

const CSV = ['raw', 'format', 'layout', 'kind', 'field', 'bits', 'value', 'meaning'];

/** One reading after the other, as JSON lines, CSV or Markdown. */
export async function writer(
  output: Exclude<Output, 'table'>,
  io: Io,
  given: Given,
): Promise<(read: Read, extra?: object) => void> {
  switch (output) {
    case 'json':
      return ({ family, reading, settings }, extra = {}) =>
        io.out.write(
          `${json({
            ...decodeRecord(family, reading, settings),
            assumed: Object.keys(settings).filter(key => !(key in given)),
            ...extra,
          })}\n`,
        );
    case 'csv': {
      const { csvLine } = await import('../../../report/table.ts');
      io.out.write(`${csvLine(CSV)}\r\n`);
      return ({ family, reading: { format, raw, kind } }) => {
        for (const { name, bits, text, meaning = '' } of describe(format, raw))
          io.out.write(
            `${csvLine([hexWord(raw, format.width / 4), family.id, format.id, kind, name, bits, text, meaning])}\r\n`,
          );
      };
    }
    case 'markdown': {
      const { markdownReading } = await import('../../../report/reading.ts');
      return ({ reading }) => io.out.write(`${markdownReading(reading).join('\n')}\n\n`);
    }
  }
}
