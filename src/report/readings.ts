/** Readings for people: the fields of a few words, or one line for each of many; and what had to be assumed. */
import type { Family } from '../bits/family.ts';
import { type Candidate, matters, type Read } from '../bits/rank.ts';
import { settle } from '../bits/settings.ts';
import type { LevelOfAll } from '../bits/together.ts';
import { hex } from '../bits/word.ts';
import { batches, take } from './answer.ts';
import { type Given, isError, wordOf } from './decoded.ts';
import { gist } from './facts.ts';
import { markdownReading, readingLines } from './reading.ts';
import type { Look } from './style.ts';
import { type Column, table, wrap } from './table.ts';

/** Up to here words are printed in full; beyond, one line each. */
export const FEW = 16;
/** Lines that are laid out together. */
const BATCH = 512;

export interface ReadingsOptions {
  /** One line for each word, however few they are. */
  readonly brief: boolean;
  /** Reserved, ignored and software rows too. */
  readonly all: boolean;
  /** What registers and facts said of a family's settings: `VTCR_EL2 (--vtcr): granule 4K`. */
  readonly from?: (family: Family, telling: ReadonlySet<string>) => readonly string[];
  /** The level that was chosen for all words. */
  readonly level?: LevelOfAll;
}

/** Readings as text, the first few of them in full. */
export function* readingsLines(
  found: Iterable<Read>,
  given: Given,
  { brief, all, from = () => [], level }: ReadingsOptions,
  look: Look,
): Generator<string> {
  const rows = found[Symbol.iterator]();
  const first = take(rows, FEW + 1);
  const short = brief || first.length > FEW;
  if (short) {
    yield* briefLines(first, look, true);
    for (const batch of batches({ [Symbol.iterator]: () => rows }, BATCH))
      yield* briefLines(batch, look, false);
  } else for (const { reading } of first) yield* [...readingLines(reading, { ...look, all }), ''];
  yield* fromLines(first.slice(0, FEW), given, from, look, short ? 0 : 2);
  yield* aside(assumed(first.slice(0, FEW), given, level), look, short ? 0 : 2);
}

/** What came from where, a line for each register: of its settings those on which these readings hang. */
function* fromLines(
  shown: readonly Read[],
  given: Given,
  from: NonNullable<ReadingsOptions['from']>,
  look: Look,
  indent: number,
): Generator<string> {
  const [first] = shown;
  if (!first) return;
  const keys = Object.keys(given);
  const telling = new Set(shown.flatMap(c => matters(c.family, c.reading.raw, c.settings, keys)));
  for (const text of from(first.family, telling)) yield* aside(`from ${text}`, look, indent);
}

/** Each reading as Markdown. */
export function* readingsMarkdown(found: Iterable<Read>): Generator<string> {
  for (const { reading } of found) yield* [...markdownReading(reading), ''];
}

/** Words under every format that fits, the likely one first: that one in full, the others in a line each. */
export function* rankedLines(
  ranked: readonly (readonly Candidate[])[],
  likely: Family,
  given: (family: Family) => Given,
  { brief, all, from = () => [] }: ReadingsOptions,
  look: Look,
): Generator<string> {
  if (brief || ranked.length > FEW) {
    const firsts = ranked.flatMap(([first]) => (first ? [first] : []));
    yield* briefLines(firsts, look, true);
    yield* fromLines(firsts, given(likely), from, look, 0);
    yield* aside(`read as ${likely.id}, --as chooses; ${assumed(firsts, given(likely))}`, look, 0);
    return;
  }
  for (const [first, ...others] of ranked) {
    if (!first) continue;
    const { family, reading } = first;
    const more =
      others.length === 0
        ? `no other format fits; --as ${family.id} says it is this one`
        : 'the likeliest of these readings, --as chooses another:';
    yield* [...readingLines(reading, { ...look, all }), ''];
    yield* fromLines([first], given(family), from, look, 2);
    yield* aside(assumed([first], given(family)), look, 2);
    yield* aside(more, look, 2);
    if (others.length > 0) yield* otherLines(others, look);
    yield '';
  }
}

const settingText = (settings: Given, keys: readonly string[]): string =>
  keys
    .map(key => {
      const value = settings[key];
      return `${key} ${typeof value === 'bigint' ? hex(value) : value}`;
    })
    .join(', ');

/** One short line: which settings nobody gave, and which of them this reading hangs on. */
function assumed(shown: readonly Read[], given: Given, level?: LevelOfAll): string {
  const [first] = shown;
  if (!first) return '';
  const { family } = first;
  const open = Object.keys(family.settings).filter(key => !(key in given));
  const telling = new Set(shown.flatMap(c => matters(c.family, c.reading.raw, c.settings, open)));
  const keys = open.filter(key => telling.has(key));
  const chosen = shown.filter(c => Object.keys(c.chosen).length > 0);
  const moved = new Set(chosen.flatMap(c => Object.keys(c.chosen)));
  const plain = keys.filter(key => !moved.has(key) || chosen.length < shown.length);
  const forms = new Set(chosen.map(c => settingText(c.chosen, Object.keys(c.chosen))));
  const parts = [
    ...(plain.length > 0 ? [`assumed ${settingText(settle(family.settings, given), plain)}`] : []),
    ...(forms.size > 0 ? [chosenText([...forms], level)] : []),
  ];
  return parts.length > 0
    ? `${parts.join('; ')} (--set changes them)`
    : 'nothing had to be assumed: no other setting changes this reading';
}

/** `level 2 for all: at level 3 1 of 40 words would be nothing`. */
const chosenText = (forms: readonly string[], level: LevelOfAll | undefined): string =>
  level !== undefined && level.of > 1
    ? `${forms.join(' or ')} for all: at level ${level.usual} ${level.nothing} of ${level.of} words would be nothing`
    : `${forms.join(' or ')} where the default does not fit`;

/** A remark below the answer: dim and wrapped. */
const aside = (text: string, { style, width }: Look, indent: number): string[] =>
  wrap(text, width - indent).map(line => ' '.repeat(indent) + style.dim(line));

/** One line for each word. */
function briefLines(batch: readonly Read[], { style, width }: Look, head: boolean): string[] {
  const columns: Column<Read>[] = [
    { title: 'word', text: ({ reading }) => wordOf(reading), paint: () => style.bold },
    { title: 'kind', text: ({ reading }) => reading.kind },
    { title: 'says', text: ({ reading }) => gist(reading.facts), wrap: true },
    {
      title: 'findings',
      text: ({ reading }) => reading.findings.map(({ id, bits }) => (bits ? `${id} ${bits}` : id)).join(', '),
      wrap: true,
      paint: ({ reading }) => (isError(reading) ? style.red : style.yellow),
    },
  ];
  return table(columns, batch, { width, head: head && style.dim });
}

function otherLines(others: readonly Candidate[], { style, width }: Look): string[] {
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
