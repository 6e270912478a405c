/** `translate`: one record for each address. */

import type { Ref } from '../../bits/spec.ts';
import { parseWord } from '../../bits/word.ts';
import { editionsAnswer } from '../../report/editions.ts';
import { translateAnswer } from '../../report/translate.ts';
import { sourceAnswer } from '../../report/walk.ts';
import { type AddressAnswer, answerFor } from '../../walk/translated.ts';
import type { Globals } from '../command.ts';
import type { Io } from '../io.ts';
import { sayHex } from '../numbers.ts';
import { printer, refuseRows } from '../print.ts';
import { EXIT } from '../trouble.ts';
import type { Dump, DumpArgs } from './dump.ts';
import { withDump } from './translations.ts';

type TranslateArgs = DumpArgs &
  Globals & { readonly addresses: readonly string[]; readonly explain?: boolean | undefined };

export const run = (args: TranslateArgs, io: Io): Promise<number> =>
  withDump('translate', args, io, dump => translate(dump, args, io));

function translate({ image, wanted, source }: Dump, args: TranslateArgs, io: Io): number {
  refuseRows(
    args,
    output => `translate answers as a table or as JSON, not as ${output}: a translation is a tree`,
  );
  const inputs = args.addresses.map(parseWord); // all, before the first is answered
  sayHex('translate', args.addresses, io);
  const print = printer(args, io);
  let status: number = EXIT.answer;
  let first = true;
  const refs: Ref[] = [];
  for (const input of inputs) {
    const answers = wanted.map(space => answerFor(space, image.space, input));
    const inside = answers.filter(({ first }) => first.translation.outcome !== 'outside');
    for (const answer of inside.length > 0 ? inside : answers) {
      if (answer.output === undefined)
        status = Math.max(status, missing(answer) ? EXIT.damaged : EXIT.findings);
      if (first) print(sourceAnswer(source));
      first = false;
      print(translateAnswer(answer, args.explain === true));
      if (args.explain) refs.push(...answer.why.map(({ ref }) => ref));
    }
  }
  if (refs.length > 0) print(editionsAnswer(refs));
  return status;
}

/** The image lacks a table: the answer is unknown, not "not mapped". */
const missing = ({ first, second }: AddressAnswer): boolean =>
  (second ?? first).translation.outcome === 'missing';
