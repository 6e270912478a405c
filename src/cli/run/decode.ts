/** `decode`: words to readings, under a format that was named or under every one that fits. */

import type { Family } from '../../bits/family.ts';
import { didYouMean } from '../../bits/suggest.ts';
import { originText } from '../../machine/machine.ts';
import type { Io } from '../io.ts';
import { anyFamily, descriptorsCalled, givenFor, type Named, pairsOf } from '../names.ts';
import { UsageError } from '../trouble.ts';
import { wordsOf } from '../words.ts';
import { answer } from './decode/answer.ts';
import type { DecodeArgs } from './decode/args.ts';
import { readAll } from './decode/read.ts';
import { knownFor } from './settings.ts';

export async function run(args: DecodeArgs, io: Io): Promise<number> {
  if (args.words.length === 0) {
    if (io.stdin.terminal)
      io.err.write('memattr: reading words or text from the terminal; Ctrl-D ends them\n');
    const { answer: answerText, isTextFormat, peek } = await import('./decode/text.ts');
    const format = args.as !== undefined && isTextFormat(args.as) ? args.as : undefined;
    const family =
      format === undefined && args.as !== undefined ? (await familyOrText(args.as)).family : undefined;
    const pasted = peek(io);
    if (format !== undefined || (pasted.text && family?.role !== 'register')) {
      const among = family ? [family] : (await import('../../arch/descriptors.ts')).descriptors;
      const { set, beside } = await besideText(args, among, io);
      const asked = {
        ...{ given: set, beside },
        ...(format ? { as: format } : {}),
        ...(family ? { family } : {}),
      };
      return answerText(pasted, asked, args, io);
    }
    return readWords(args, { ...io, stdin: { terminal: false, chunks: pasted.chunks } });
  }
  return readWords(args, io);
}

/** A family by name. Of the descriptors only those are loaded that are called so. */
const familyCalled = async (typed: string): Promise<Named> =>
  anyFamily(typed, await descriptorsCalled(typed));

/** A family by name; for a name that is none, the text formats that it may have meant too. */
async function familyOrText(typed: string): Promise<Named> {
  try {
    return await familyCalled(typed);
  } catch (error) {
    const { recognisers } = await import('../../text/formats/index.ts');
    const near = didYouMean(
      typed,
      recognisers.map(({ id }) => id),
    );
    throw near === '' ? error : new UsageError(`no format '${typed}'; as text, ${near}`);
  }
}

/** What options say beside a text: `--set` of families, registers for every entry. */
async function besideText(args: DecodeArgs, among: readonly Family[], io: Io) {
  const { machine } = await knownFor('decode', args, among, io);
  const set = givenFor(pairsOf(args.set), among);
  const registers = new Map<string, Map<string, bigint>>();
  for (const [name, { value, origin }] of machine?.cpus[0] ?? []) {
    const from = registers.get(originText(origin)) ?? new Map<string, bigint>();
    registers.set(originText(origin), from.set(name, value));
  }
  return { set, beside: [...registers].map(([from, values]) => ({ from, registers: values })) };
}

async function readWords(args: DecodeArgs, io: Io): Promise<number> {
  const words = wordsOf(args.words, io);
  if (args.as === undefined) return (await import('./decode/unnamed.ts')).readUnnamed(words, args, io);
  const { family, kind } = await familyCalled(args.as);
  const { given, by } = await knownFor('decode', args, [family], io);
  return answer(readAll(words, family, given(family), kind), args, io, given(family), by(family));
}
