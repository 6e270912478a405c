/**
 * The one way to answer. A verb makes an `Answer`: records for `--json`, rows and columns for CSV, Markdown and the table,
 * lines where people are told more than a table says. The printer below turns it into whichever form was asked for, so that
 * all forms of one question say the same and no verb writes a comma.
 *
 *     print({ records: found.map(record), rows: found, columns: COLUMNS }, { output, look, write });
 *
 * Records, rows and lines are iterables, and only one of them is read, once: an answer of millions of ranges is a generator
 * that is printed as it comes, in bounded memory, and ends where its reader does.
 */
import { json } from './json.ts';
import type { Look } from './style.ts';
import { type Column, csvLine, markdownLine, markdownRule, table } from './table.ts';

/** The forms that an answer is printed in. */
export type Output = 'table' | 'json' | 'csv' | 'markdown';

export interface Answer<R> {
  /** For `--json`, one object a line. Each names its schema, `docs/schemas/` describes it. */
  readonly records: Iterable<object>;
  /** What CSV, Markdown and the table have a line for. */
  readonly rows?: Iterable<R>;
  /** Without columns there is neither CSV nor Markdown. */
  readonly columns?: readonly Column<R>[];
  /** Text for people, line by line; without it the table is printed. */
  readonly lines?: (look: Look) => Iterable<string>;
}

/** Where an answer goes, and in which form. */
export interface Form {
  readonly output: Output;
  /** Asked for text for people only: finding out how wide a terminal is takes time. */
  readonly look: () => Look;
  /** Takes text with its newlines, in pieces. What it throws, a closed pipe for example, ends the answer. */
  readonly write: (text: string) => void;
}

/** The answer has no such form; the sentence says which it has. */
export class FormError extends Error {
  override name = 'FormError';
}

/**
 * Write an answer.
 *
 * @throws FormError for CSV or Markdown of an answer without columns
 */
export function print<R>(answer: Answer<R>, { output, look, write }: Form): void {
  const { records, rows = [], columns = [], lines } = answer;
  if (output === 'json') {
    for (const record of records) write(`${json(record)}\n`);
    return;
  }
  if (output !== 'table' && columns.length === 0)
    throw new FormError(`this answer has no ${output} form; --json has all of it`);
  const titles = columns.map(({ title }) => title);
  const cellsOf = (row: R): string[] => columns.map(({ text }) => text(row));
  switch (output) {
    case 'csv':
      write(`${csvLine(titles)}\r\n`);
      for (const row of rows) write(`${csvLine(cellsOf(row))}\r\n`);
      return;
    case 'markdown':
      write(`${markdownLine(titles)}\n${markdownRule(columns)}\n`);
      for (const row of rows) write(`${markdownLine(cellsOf(row))}\n`);
      return;
    case 'table': {
      const seen = look();
      const text = lines?.(seen) ?? table(columns, [...rows], { width: seen.width, head: seen.style.bold });
      for (const line of text) write(`${line}\n`);
    }
  }
}
