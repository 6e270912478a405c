/** Which format is this text? By content, from a bounded sample. */
import { recognisers } from './formats/index.ts';
import type { Line } from './lines.ts';
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
  return among
    .map(recogniser => ({ recogniser, score: recogniser.score(lines) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
}
