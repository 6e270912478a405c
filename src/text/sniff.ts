/** Is what somebody pasted text, or words and nothing else? From the beginning of it. */
import { parseWord } from '../bits/word.ts';
import { detect } from './detect.ts';
import { bareRow, bareWords } from './formats/bare-words.ts';
import { linesOf } from './lines.ts';

/** Bytes that are looked at before it is decided what they are. */
export const PEEK = 32 * 1024;

/** A decoder for a text that begins so: UTF-8, or UTF-16 as PowerShell writes it. */
export const decoderFor = (first: Uint8Array): InstanceType<typeof TextDecoder> =>
  new TextDecoder(first[0] === 0xff && first[1] === 0xfe ? 'utf-16le' : 'utf-8');

/** Text that some format knows, as against bare words, nothing, and binary data of no known format. */
export function isPastedText(first: Uint8Array): boolean {
  const sample = decoderFor(first).decode(first);
  if (sample.trim() === '' || areWords(sample)) return false;
  return detect([...linesOf(sample)]).length > 0 || !first.includes(0);
}

/** Words and separators only. */
function isPlain(line: string): boolean {
  for (const token of line.replace(/#.*$/, '').split(/[\s,;]+/)) {
    if (token === '') continue;
    try {
      parseWord(token);
    } catch {
      return false;
    }
  }
  return true;
}

/** No token of a text is longer; a word without end is refused where words are read. */
const LONGEST = 4096;

/**
 * Is this for a reader of words? Words and nothing else; or words with something among them that is no part of a listing
 * either: a mistyped word is an error with its line, not prose between walks.
 */
function areWords(sample: string): boolean {
  const whole = sample.slice(0, sample.lastIndexOf('\n') + 1) || sample;
  const odd = whole.split(/\r?\n/).filter(line => !isPlain(line));
  const [best] = detect([...linesOf(sample)]);
  if (odd.length === 0)
    return best === undefined || best.score < (best.recogniser.numbersFrom ?? Number.POSITIVE_INFINITY);
  if (best === undefined)
    return odd.some(line => line.split(/[\s,;]+/).some(token => token.length > LONGEST));
  return (
    best.recogniser === bareWords &&
    odd.some(line => bareRow(line) === undefined && detect([...linesOf(line)]).length === 0)
  );
}
