/**
 * Marks that somebody put in front of every line of what was pasted: a list, a comment, a diff, numbers of an editor, the
 * name of a port or of a container. No tool prints them and anything can be one, so a mark counts only where all lines have
 * it, and where the text is more of a format without it.
 */
import { detect } from './detect.ts';
import { clean, indentOf, type Line } from './lines.ts';

/** A line without its mark. */
export type Unmark = (line: Line) => Line;

/** What a mark can be, without the blanks behind it. */
const MARK =
  /^(?:[^\w\s[(<]{1,3}|[\w./@~-]{1,32}(?::[\w./~-]{0,64})?(?:[:$#>|│]| {1,8}[|│>])|\[[\w .:-]{1,32}\]|\(\w{1,16}\))/;
const NUMBER = /^L?(\d{1,6})[:|│]?/;
/** Numbers prove nothing by one line or two. */
const NUMBERED = 3;

const blanksAt = (text: string, at: number): number => indentOf(text.slice(at));

/** The same blanks less, behind something as long as `mark` says. */
function without(lines: readonly Line[], indent: number, mark: (text: string) => number): Unmark {
  const ends = lines.map(({ text }) => ({ text, end: indent + mark(text.slice(indent)) }));
  const blanks = Math.min(
    ...ends.filter(({ text, end }) => end < text.length).map(({ text, end }) => blanksAt(text, end)),
  );
  return line => {
    const end = indent + mark(line.text.slice(indent));
    if (end === indent) return line;
    const { number, raw } = line;
    return { ...clean(line.text.slice(end + Math.min(blanks, blanksAt(line.text, end))), number), raw };
  };
}

/** Marks that these lines could all have. */
function* candidates(lines: readonly Line[]): Generator<Unmark> {
  const indent = Math.min(...lines.map(({ text }) => indentOf(text)));
  const texts = lines.map(({ text }) => text.slice(indent));
  const [mark] = MARK.exec(texts[0] ?? '') ?? [];
  if (mark !== undefined && texts.every(text => text.startsWith(mark)))
    yield without(lines, indent, text => (text.startsWith(mark) ? mark.length : 0));
  if (lines.length < NUMBERED) return;
  // numbers of an editor are padded, and go on from line to line
  const apart = lines.map(({ text, number }) => {
    const [, digits] = NUMBER.exec(text.slice(indentOf(text))) ?? [];
    return digits === undefined ? Number.NaN : Number(digits) - number;
  });
  if (apart.every(one => one === apart[0]))
    yield without(lines, 0, text => {
      const padding = indentOf(text);
      const [found] = NUMBER.exec(text.slice(padding)) ?? [];
      return found === undefined ? 0 : padding + found.length;
    });
}

/** What takes the mark off that all lines of a sample have; undefined where they have none, or say more with it. */
export function unmarking(sample: readonly Line[]): Unmark | undefined {
  // a number in front of a debugger's prompt was taken for its processor
  const lines = sample.filter(({ text, prompt }) => text !== '' && prompt === undefined);
  if (lines.length < 2) return undefined;
  const scoreOf = (some: readonly Line[]): number => detect(some)[0]?.score ?? 0;
  let best: { readonly unmark: Unmark; readonly score: number } | undefined;
  for (const unmark of candidates(lines)) {
    const score = scoreOf(lines.map(unmark));
    if (score > (best?.score ?? scoreOf(lines))) best = { unmark, score };
  }
  return best?.unmark;
}
