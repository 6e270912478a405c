/** Readings for people: the fields of a few words, or one line for each of many; and what had to be assumed. */
import { matters } from '../../../bits/rank.ts';
import { settle } from '../../../bits/settings.ts';
import { hex, hexWord } from '../../../bits/word.ts';
import { gist } from '../../../report/facts.ts';
import { readingLines } from '../../../report/reading.ts';
import type { Style } from '../../../report/style.ts';
import { type Column, table, wrap } from '../../../report/table.ts';
import { type Io, look } from '../../io.ts';
import { UsageError } from '../../trouble.ts';
import type { DecodeArgs } from './print.ts';
import { type Given, isError, type Read, take } from './read.ts';

/** Up to here words are printed in full; beyond, one line each. */
export const FEW = 16;
const BATCH = 512;

export const settingText = (settings: Given, keys: readonly string[]): string =>
  keys
    .map(key => {
      const value = settings[key];
      return `${key} ${typeof value === 'bigint' ? hex(value) : value}`;
    })
    .join(', ');

/** One short line: which settings nobody gave, and which of them this reading hangs on. */
export function assumed(shown: readonly Read[], given: Given): string {
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
    ...(plain.length > 0 ? [`assumed ${settingText(settle(family.settings), plain)}`] : []),
    ...(forms.size > 0 ? [`${[...forms].join(' or ')} where the default does not fit`] : []),
  ];
  return parts.length > 0
    ? `${parts.join('; ')} (--set changes them)`
    : 'nothing had to be assumed: no other setting changes this reading';
}

/** A remark below the answer: dim, wrapped, ended. */
export const aside = (text: string, style: Style, width: number, indent: number): string =>
  wrap(text, width - indent)
    .map(line => `${' '.repeat(indent)}${style.dim(line)}\n`)
    .join('');

/** Readings as text, the first few of them in full. */
export function printTable(found: Generator<Read>, args: DecodeArgs, io: Io, given: Given): void {
  const { style, width } = look(io, args);
  const first = take(found, FEW + 1);
  if (first.length === 0) throw new UsageError('no words: give some, or pipe them in');
  const brief = args.brief || first.length > FEW;
  if (brief) {
    let head = true;
    for (let batch = first; batch.length > 0; batch = take(found, BATCH)) {
      io.out.write(`${briefLines(batch, style, width, head).join('\n')}\n`);
      head = false;
    }
  } else
    for (const { reading } of first)
      io.out.write(`${readingLines(reading, { style, width, all: args.all === true }).join('\n')}\n\n`);
  io.out.write(aside(assumed(first.slice(0, FEW), given), style, width, brief ? 0 : 2));
}

/** One line for each word. */
export function briefLines(batch: readonly Read[], style: Style, width: number, head: boolean) {
  const columns: Column<Read>[] = [
    {
      title: 'word',
      text: ({ reading }) => hexWord(reading.raw, reading.format.width / 4),
      paint: () => style.bold,
    },
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
