/** Words without a format: read under every one that fits, the likely one first. */

import { descriptors } from '../../../arch/descriptors.ts';
import type { Family } from '../../../bits/family.ts';
import { type Candidate, candidates, fitting } from '../../../bits/rank.ts';
import { sampleOf } from '../../../bits/together.ts';
import type { Word } from '../../../bits/word.ts';
import { decidedRecord, decidedTexts } from '../../../machine/decided.ts';
import { likeliest } from '../../../pasted/doubt.ts';
import { take } from '../../../report/answer.ts';
import { decodedAnswer, isSuspect } from '../../../report/decoded.ts';
import { rankedLines, readingsMarkdown } from '../../../report/readings.ts';
import type { Io } from '../../io.ts';
import { print } from '../../print.ts';
import { EXIT, UsageError } from '../../trouble.ts';
import { type Known, knownFor } from '../settings.ts';
import { answer } from './answer.ts';
import type { DecodeArgs } from './args.ts';
import { HELD, lookAhead, readAll } from './read.ts';

/** Fewer than these are tried under every format; of more, one is chosen for all. */
const MANY = 64;
/** Different words that one format for all is chosen by. */
const TELLING = 256;

/** A word, and its readings under each of the descriptors. */
interface Tried {
  readonly word: Word;
  readonly readings: readonly (readonly Candidate[])[];
}

/** Print words of which nobody said what they are. */
export async function readUnnamed(words: Generator<Word>, args: DecodeArgs, io: Io): Promise<number> {
  const sample = take(words, MANY);
  if (sample.length === 0) throw new UsageError('no words: give some, or pipe them in');
  const { given, by } = await knownFor('decode', args, descriptors, io);
  if (sample.length < MANY) {
    const tried = sample.map(word => ({
      word,
      readings: descriptors.map(family => candidates(family, word, given(family))),
    }));
    return printRanked(tried, likeliestOf(tried), { given, by }, args, io);
  }
  const ahead = lookAhead(words, HELD - MANY);
  const held = [...sample, ...ahead.held];
  const likely = likeliest([...sampleOf(held, TELLING).keys()], given);
  io.err.write(`memattr decode: many words, read as ${likely.id}, which explains them best; --as chooses\n`);
  const all = (function* () {
    yield* held;
    for (let next = ahead.rest.next(); !next.done; next = ahead.rest.next()) yield next.value;
  })();
  return answer(readAll(all, likely, given(likely)), args, io, given(likely), by(likely));
}

/** The family that explains the words best, together. Zero says nothing: it is an empty entry everywhere. */
function likeliestOf(words: readonly Tried[]): Family {
  const telling = words.filter(({ word }) => word !== 0n);
  const costs = descriptors.map((_, f) =>
    telling.reduce((sum, { readings }) => sum + (readings[f]?.[0]?.cost ?? 0), 0),
  );
  return descriptors[costs.indexOf(Math.min(...costs))] as Family;
}

/** A few words, each under every format that fits. */
function printRanked(
  words: readonly Tried[],
  likely: Family,
  { given, by }: Known,
  args: DecodeArgs,
  io: Io,
): number {
  const ranked = words.map(({ readings }) => {
    const all = fitting(readings.flat());
    const own = all.filter(({ family }) => family === likely);
    return own.length > 0 ? [...own, ...all.filter(({ family }) => family !== likely)] : all;
  });
  const rows = ranked.flatMap(readings => readings.map((candidate, i) => ({ ...candidate, rank: i + 1 })));
  const from = (family: Family, telling: ReadonlySet<string>) =>
    decidedTexts(by(family), given(family), telling);
  const options = { brief: args.brief === true, all: args.all === true, from };
  print(
    {
      ...decodedAnswer(rows, given(likely), ({ rank, cost, family }) => ({
        rank,
        cost,
        ...decidedRecord(by(family)),
      })),
      lines: look => rankedLines(ranked, likely, given, options, look),
      markdown: () => readingsMarkdown(rows),
    },
    args,
    io,
  );
  return rows.some(({ rank, reading }) => rank === 1 && isSuspect(reading)) ? EXIT.findings : EXIT.answer;
}
