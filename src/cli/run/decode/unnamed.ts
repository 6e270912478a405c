/** Words without a format: read under every one that fits, the likely one first. */

import { descriptors } from '../../../arch/descriptors.ts';
import type { Family } from '../../../bits/family.ts';
import { type Candidate, candidates, fitting } from '../../../bits/rank.ts';
import type { Word } from '../../../bits/word.ts';
import { gist } from '../../../report/facts.ts';
import { readingLines } from '../../../report/reading.ts';
import type { Style } from '../../../report/style.ts';
import { type Column, table } from '../../../report/table.ts';
import { outputOf } from '../../command.ts';
import { type Io, look } from '../../io.ts';
import { givenFor } from '../../names.ts';
import { EXIT, UsageError } from '../../trouble.ts';
import { type DecodeArgs, isSuspect, print, writer } from './print.ts';
import { type Given, readAll, take } from './read.ts';
import { aside, assumed, briefLines, FEW, settingText } from './table.ts';

/** Up to here each word is tried under every format; beyond, these choose one for all. */
const SAMPLE = 64;

/** A word, and its readings under each of the descriptors. */
interface Tried {
  readonly word: Word;
  readonly readings: readonly (readonly Candidate[])[];
}

/** Print words of which nobody said what they are. */
export async function readUnnamed(
  words: Generator<Word>,
  args: DecodeArgs,
  pairs: Record<string, string>,
  io: Io,
): Promise<number> {
  const sample = take(words, SAMPLE);
  if (sample.length === 0) throw new UsageError('no words: give some, or pipe them in');
  const given = givenFor(pairs, descriptors);
  const tried = sample.map(word => ({
    word,
    readings: descriptors.map(family => candidates(family, word, given(family))),
  }));
  const likely = likeliest(tried);
  if (sample.length < SAMPLE) return printRanked(tried, likely, given, args, io);
  io.err.write(
    `memattr decode: many words, read as ${likely.id}, which explains the first ${SAMPLE} best; --as chooses\n`,
  );
  const all = (function* () {
    yield* sample;
    yield* words;
  })();
  return print(readAll(all, likely, given(likely)), args, io, given(likely));
}

/** The family that explains the words best, together. Zero says nothing: it is an empty entry everywhere. */
function likeliest(words: readonly Tried[]): Family {
  const telling = words.filter(({ word }) => word !== 0n);
  const costs = descriptors.map((_, f) =>
    telling.reduce((sum, { readings }) => sum + (readings[f]?.[0]?.cost ?? 0), 0),
  );
  return descriptors[costs.indexOf(Math.min(...costs))] as Family;
}

/** A few words, each under every format that fits: the likely reading in full, the others in a line each. */
async function printRanked(
  words: readonly Tried[],
  likely: Family,
  given: (family: Family) => Given,
  args: DecodeArgs,
  io: Io,
): Promise<number> {
  const output = outputOf(args);
  const { style, width } = look(io, args);
  const ranked = words.map(({ readings }) => {
    const all = fitting(readings.flat());
    const own = all.filter(({ family }) => family === likely);
    return own.length > 0 ? [...own, ...all.filter(({ family }) => family !== likely)] : all;
  });
  const firsts = ranked.flatMap(([first]) => (first ? [first] : []));
  if (output !== 'table') {
    const write = await writer(output, io, given(likely));
    for (const readings of ranked)
      readings.forEach((candidate, n) => {
        write(candidate, { rank: n + 1, cost: candidate.cost });
      });
  } else if (args.brief || words.length > FEW) {
    io.out.write(`${briefLines(firsts, style, width, true).join('\n')}\n`);
    const line = `read as ${likely.id}, --as chooses; ${assumed(firsts, given(likely))}`;
    io.out.write(aside(line, style, width, 0));
  } else
    for (const [first, ...others] of ranked) {
      if (!first) continue;
      const { family } = first;
      io.out.write(`${readingLines(first.reading, { style, width, all: args.all === true }).join('\n')}\n\n`);
      const more =
        others.length === 0
          ? `no other format fits; --as ${family.id} says it is this one`
          : 'the likeliest of these readings, --as chooses another:';
      io.out.write(aside(assumed([first], given(family)), style, width, 2) + aside(more, style, width, 2));
      if (others.length > 0) io.out.write(`${otherLines(others, style, width).join('\n')}\n`);
      io.out.write('\n');
    }
  return firsts.some(({ reading }) => isSuspect(reading)) ? EXIT.findings : EXIT.answer;
}

function otherLines(others: readonly Candidate[], style: Style, width: number): string[] {
  const columns: Column<Candidate>[] = [
    {
      title: 'format',
      text: ({ family, reading }) => `${family.id}.${reading.kind}`,
      paint: () => style.cyan,
    },
    { title: 'with', text: ({ chosen }) => settingText(chosen, Object.keys(chosen)) },
    { title: 'says', text: ({ reading }) => gist(reading.facts), wrap: true },
    { title: 'findings', text: ({ reading }) => `${reading.findings.length || ''}`, align: 'right' },
  ];
  return table(columns, others, { width, indent: 4, head: style.dim });
}
