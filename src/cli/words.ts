/** Words from the command line or from stdin, separated by blanks, commas, semicolons or line ends. */
import { parseWord, type Word } from '../bits/word.ts';
import { type Io, takeStdin } from './io.ts';
import { InputError, UsageError } from './trouble.ts';

const SEPARATORS = /[\s,;]+/;
const LONGEST = 4096;

interface Token {
  readonly text: string;
  /** Line of stdin, from 1. */
  readonly line: number;
}

/** How compressed files begin, and what unpacks them. */
const PACKED: readonly (readonly [tool: string, magic: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
];

/** What unpacks this; undefined where it is not compressed. */
export const packedBy = (chunk: Uint8Array): string | undefined =>
  PACKED.find(([, magic]) => magic.every((byte, i) => chunk[i] === byte))?.[0];

/** @throws InputError where stdin begins as compressed data does: it is neither words nor text. */
export function refusePacked(chunk: Uint8Array, name = 'stdin'): void {
  const tool = packedBy(chunk);
  if (tool !== undefined)
    throw new InputError(`${name} is compressed with ${tool}: unpack it first, ${tool} -dc FILE | memattr …`);
}

/** The tokens of stdin as they arrive; `#` starts a comment. Memory is bounded by the longest token. */
function* tokens({ stdin: { name = 'stdin', chunks } }: Io): Generator<Token> {
  const decoder = new TextDecoder();
  let line = 1;
  let rest = '';
  let comment = false;
  const split = function* (text: string): Generator<Token> {
    for (const part of text.split(/(\n|#)/)) {
      if (part === '\n') {
        line++;
        comment = false;
      } else if (part === '#') comment = true;
      else if (!comment)
        for (const token of part.split(SEPARATORS)) if (token !== '') yield { text: token, line };
    }
  };
  let first = true;
  for (const chunk of chunks()) {
    if (first) refusePacked(chunk, name);
    first = false;
    if (chunk.includes(0)) throw new InputError(`${name}, line ${line}: binary data, not text`);
    const text = rest + decoder.decode(chunk, { stream: true });
    const end = Math.max(
      text.lastIndexOf('\n'),
      text.lastIndexOf(' '),
      text.lastIndexOf(','),
      text.lastIndexOf('\t'),
    );
    yield* split(text.slice(0, end + 1));
    rest = text.slice(end + 1);
    if (rest.length > LONGEST)
      throw new InputError(`${name}, line ${line}: a word of more than ${LONGEST} characters is no number`);
  }
  yield* split(rest + decoder.decode());
}

/** The words of stdin. @throws InputError naming the line of the first token that is no number. */
function* stdinWords(io: Io): Generator<Word> {
  takeStdin(io, 'the words');
  const { name = 'stdin' } = io.stdin;
  for (const { text, line } of tokens(io)) {
    let word: Word;
    try {
      word = parseWord(text);
    } catch (error) {
      throw new InputError(`${name}, line ${line}: ${(error as Error).message}`);
    }
    yield word;
  }
}

/**
 * The words somebody gave: those on the command line (`-` stands for stdin), else those of stdin.
 *
 * @throws UsageError for a word on the command line that is no number.
 */
export function* wordsOf(given: readonly string[], io: Io): Generator<Word> {
  if (given.length === 0) {
    if (io.stdin.terminal) io.err.write('memattr: reading words from the terminal; Ctrl-D ends them\n');
    yield* stdinWords(io);
  }
  for (const text of given) {
    if (text === '-') yield* stdinWords(io);
    else
      for (const part of text.split(SEPARATORS)) {
        if (part === '') continue;
        try {
          yield parseWord(part);
        } catch (error) {
          throw new UsageError((error as Error).message);
        }
      }
  }
}
