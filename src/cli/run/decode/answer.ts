/** Readings as an answer. What lays out text for people is loaded where it is wanted. */
import type { Read } from '../../../bits/rank.ts';
import { type Decided, decidedRecord, decidedTexts } from '../../../machine/decided.ts';
import { Passing, take } from '../../../report/answer.ts';
import { decodedAnswer, type Given, isSuspect } from '../../../report/decoded.ts';
import { outputOf } from '../../command.ts';
import type { Io } from '../../io.ts';
import { print } from '../../print.ts';
import { EXIT, UsageError } from '../../trouble.ts';
import type { DecodeArgs } from './args.ts';
import type { ReadTogether } from './read.ts';

/** Readings as they come, in the output that was asked for. */
export async function answer(
  { reads: found, level }: ReadTogether,
  args: DecodeArgs,
  io: Io,
  given: Given,
  by: readonly Decided[] = [],
): Promise<number> {
  const output = outputOf(args);
  const forPeople =
    output === 'table' || output === 'markdown' ? await import('../../../report/readings.ts') : undefined;
  const rows = new Passing(output === 'table' ? notNone(found) : found, {
    wrong: ({ reading }) => isSuspect(reading),
  });
  const from = (_: unknown, telling: ReadonlySet<string>) => decidedTexts(by, given, telling);
  const options = { brief: args.brief === true, all: args.all === true, from, level };
  print(
    {
      ...decodedAnswer(rows, given, () => decidedRecord(by)),
      ...(forPeople && {
        lines: look => forPeople.readingsLines(rows, given, options, look),
        markdown: () => forPeople.readingsMarkdown(rows),
      }),
    },
    args,
    io,
  );
  return rows.wrong ? EXIT.findings : EXIT.answer;
}

/** @throws UsageError where there are none: people forgot them, scripts may have none */
function notNone(found: Generator<Read>): Iterable<Read> {
  const first = take(found, 1);
  if (first.length === 0) throw new UsageError('no words: give some, or pipe them in');
  return (function* () {
    yield* first;
    yield* found;
  })();
}
