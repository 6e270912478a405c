/** Which format is this text? By content, from a bounded sample. */
import { recognisers } from './formats/index.ts';
import { indentOf, type Line } from './lines.ts';
import type { Recogniser } from './recogniser.ts';

/** Lines and characters of text that are looked at before reading. */
export const SAMPLE_LINES = 2_000;
export const SAMPLE_CHARACTERS = 512 * 1024;

export interface Candidate {
  readonly recogniser: Recogniser;
  readonly score: number;
}

/** All formats that could be this one, the surest first. Empty where none fits at all. */
export function detect(
  lines: readonly Line[],
  among: readonly Recogniser[] = recognisers,
): readonly Candidate[] {
  const bare = dedented(lines);
  return among
    .map(recogniser => {
      const score = recogniser.score(lines);
      return { recogniser, score: bare ? Math.max(score, recogniser.score(bare)) : score };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
}

/** Each run of indented lines without what all of them have; undefined where nothing is indented. */
function dedented(lines: readonly Line[]): readonly Line[] | undefined {
  const indents = lines.map(({ text }) => indentOf(text));
  if (indents.every(indent => indent === 0)) return undefined;
  const common = [...indents];
  // the least of a run reaches its end, then its start
  for (let i = 1; i < common.length; i++) if (common[i]) common[i] = least(common[i - 1], common[i]);
  for (let i = common.length - 2; i >= 0; i--) if (common[i]) common[i] = least(common[i + 1], common[i]);
  return lines.map((line, i) => (common[i] ? { ...line, text: line.text.slice(common[i]) } : line));
}

const least = (beside: number | undefined, own: number | undefined): number =>
  beside ? Math.min(beside, own ?? 0) : (own ?? 0);
