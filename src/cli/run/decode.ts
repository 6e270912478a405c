/** `decode`: words to readings, under a format that was named or under every one that fits. */

import { didYouMean } from '../../bits/suggest.ts';
import { parseWord } from '../../bits/word.ts';
import type { Asked } from '../../pasted/read.ts';
import { isInput, isStdin } from '../files.ts';
import { type Io, takeStdin } from '../io.ts';
import { anyFamily, descriptorsCalled, givenFor, type Named, pairsOf } from '../names.ts';
import { sayHex } from '../numbers.ts';
import { UsageError } from '../trouble.ts';
import { wordsOf } from '../words.ts';
import { answer } from './decode/answer.ts';
import type { DecodeArgs } from './decode/args.ts';
import { readAll } from './decode/read.ts';
import { knownFor } from './settings.ts';

/** @param verb the one that people typed: `reg` decodes, too */
export async function run(args: DecodeArgs, io: Io, verb = 'decode'): Promise<number> {
  const files = args.words.filter(namesFile);
  if (files.length === 0) return read(args, io, verb);
  const odd = args.words.find(word => !files.includes(word));
  if (odd !== undefined)
    throw new UsageError(`'${files[0]}' is a file and '${odd}' is none: give files or words, not both`);
  let status = 0;
  for (const file of files) status = Math.max(status, await readFile(file, args, io, verb));
  return status;
}

function isNumber(text: string): boolean {
  try {
    parseWord(text);
    return true;
  } catch {
    return false;
  }
}

/** No number, and there is a file or a pipe of that name. */
const namesFile = (word: string): boolean =>
  word !== '-' &&
  !isNumber(word) &&
  !word.split(/[\s,;]+/).every(part => part === '' || isNumber(part)) &&
  isInput(word);

/** A file is read as standard input is. */
async function readFile(path: string, args: DecodeArgs, io: Io, verb: string): Promise<number> {
  const [{ inputOf }, { byteChunks }] = await Promise.all([import('../files.ts'), import('../text-file.ts')]);
  const input = await inputOf(path, io, 'the words');
  try {
    const chunks = await byteChunks(input);
    io.err.write(`memattr ${verb}: note: '${path}' is a file: what stands in it is read\n`);
    const stdin = { terminal: false, name: path, chunks: () => chunks };
    return await read({ ...args, words: [] }, { ...io, stdin }, verb);
  } finally {
    input.close();
  }
}

async function read(args: DecodeArgs, io: Io, verb: string): Promise<number> {
  if (args.words.length === 0 || args.words.includes('-')) {
    takeStdin(io, 'the words');
    // asked before the words are read: they would be mistaken for what they are not
    if (args.registers !== undefined && isStdin(args.registers)) takeStdin(io, '--registers');
  }
  if (args.words.length === 0) {
    if (io.stdin.terminal)
      io.err.write('memattr: reading words or text from the terminal; Ctrl-D ends them\n');
    const { answer: answerText, isTextFormat, peek } = await import('./decode/text.ts');
    const format = args.as !== undefined && isTextFormat(args.as) ? args.as : undefined;
    const family =
      format === undefined && args.as !== undefined ? (await familyOrText(args.as)).family : undefined;
    const pasted = peek(io);
    if (pasted.records) return (await import('./decode/records.ts')).answer(pasted.chunks(), args, io);
    if (format !== undefined || (pasted.text && family?.role !== 'register')) {
      const among = family ? [family] : (await import('../../arch/descriptors.ts')).descriptors;
      const { machine } = await knownFor(verb, args, among, io);
      const asked: Asked = {
        given: givenFor(pairsOf(args.set), among),
        ...(machine ? { machine } : {}),
        ...(format ? { as: format } : {}),
        ...(family ? { family } : {}),
      };
      return answerText(pasted, asked, args, io);
    }
    return readWords(args, { ...io, stdin: { ...io.stdin, terminal: false, chunks: pasted.chunks } }, verb);
  }
  return readWords(args, io, verb);
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

async function readWords(args: DecodeArgs, io: Io, verb: string): Promise<number> {
  sayHex(verb, args.words, io);
  const words = wordsOf(args.words, io);
  if (args.as === undefined) return (await import('./decode/unnamed.ts')).readUnnamed(words, args, io);
  const { family, kind } = await familyCalled(args.as);
  const { given, by } = await knownFor(verb, args, [family], io);
  return answer(readAll(words, family, given(family), kind), args, io, given(family), by(family));
}
