/** `translate`: one record for each address. */
import { parseWord } from '../../bits/word.ts';
import { json } from '../../report/json.ts';
import { translateLines, translateRecord } from '../../report/translate.ts';
import { type AddressAnswer, answerFor } from '../../walk/translated.ts';
import { type Globals, outputOf } from '../command.ts';
import { type Io, look } from '../io.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { type Dump, type DumpArgs, withDump } from './dump.ts';

type TranslateArgs = DumpArgs &
  Globals & { readonly addresses: readonly string[]; readonly explain?: boolean | undefined };

export const run = (args: TranslateArgs, io: Io): Promise<number> =>
  withDump('translate', args, io, dump => print(dump, args, io));

function print({ image, wanted, source }: Dump, args: TranslateArgs, io: Io): number {
  const output = outputOf(args);
  if (output === 'csv' || output === 'markdown')
    throw new UsageError(
      `translate answers as a table or as JSON, not as ${output}: a translation is a tree`,
    );
  let status: number = EXIT.answer;
  let first = true;
  for (const text of args.addresses) {
    const input = parseWord(text);
    const answers = wanted.map(space => answerFor(space, image.space, input));
    const inside = answers.filter(({ first }) => first.translation.outcome !== 'outside');
    for (const answer of inside.length > 0 ? inside : answers) {
      if (answer.output === undefined)
        status = Math.max(status, missing(answer) ? EXIT.damaged : EXIT.findings);
      if (output === 'json') io.out.write(`${json(translateRecord(answer))}\n`);
      else {
        const seen = look(io, args);
        if (first) io.out.write(`${seen.style.dim(`registers from ${source}`)}\n`);
        io.out.write(`\n${translateLines(answer, seen, args.explain === true).join('\n')}\n`);
        first = false;
      }
    }
  }
  return status;
}

/** The image lacks a table: the answer is unknown, not "not mapped". */
const missing = ({ first, second }: AddressAnswer): boolean =>
  (second ?? first).translation.outcome === 'missing';
