/**
 * The one way to answer. A verb makes an `Answer`: records for `--json`, rows and columns for CSV, Markdown and the table,
 * lines where people are told more than a table says. The printer below turns it into whichever form was asked for, so that
 * all forms of one question say the same and no verb writes a comma.
 *
 *     print({ records: found.map(record), rows: found, columns: COLUMNS }, { output, look, write });
 *
 * Records, rows and lines are iterables, and only one of them is read, once: an answer of millions of ranges is a generator
 * that is printed as it comes, in bounded memory, and ends where its reader does. `Passing` counts what passes and sees what
 * is wrong with it, which is what the exit status says.
 *
 * An answer may come in parts, one for each translation for instance: `printer` takes one after the other.
 */
import { json } from './json.ts';
import type { Look } from './style.ts';
import { type Column, csvLine, filled, markdownLine, markdownRule, table } from './table.ts';

/** The forms that an answer is printed in. */
export type Output = 'table' | 'json' | 'csv' | 'markdown';

export interface Answer<R> {
  /** For `--json`, one object a line. Each names its schema, `docs/schemas/` describes it. */
  readonly records: Iterable<object>;
  /** What CSV, Markdown and the table have a line for. */
  readonly rows?: Iterable<R>;
  /** Without columns there is no CSV, and no Markdown but that of `markdown`; an empty list is nothing to say there. */
  readonly columns?: readonly Column<R>[];
  /** Text for people, line by line; without it the table is printed. */
  readonly lines?: (look: Look) => Iterable<string>;
  /** Markdown that is more than one table, line by line. */
  readonly markdown?: () => Iterable<string>;
  /** One of several tables: in CSV the id stands before each line, in Markdown the title is a heading. */
  readonly table?: { readonly id: string; readonly title: string };
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
 * @throws FormError for CSV or Markdown of an answer that has none
 */
export function print<R>(answer: Answer<R>, form: Form): void {
  const parts = printer(form);
  parts(answer);
  parts.end();
}

/** Takes the parts of an answer; `end` after the last one. */
export interface Printer {
  <R>(part: Answer<R>): void;
  /** Nothing more comes: rows that were held back go out. */
  end(): void;
}

/** Rows that are held back until it is known which optional columns they fill. */
const HELD = 4096;

/** A table of CSV or Markdown, cell by cell. */
class Rows {
  readonly #columns: Columns;
  readonly #head: (columns: Columns) => string;
  readonly #line: Line;
  readonly #write: (text: string) => void;
  /** The positions that are printed; known when the first line is. */
  #shown: readonly number[] | undefined;
  #held: (readonly string[])[] = [];

  constructor(
    columns: Columns,
    head: (columns: Columns) => string,
    line: Line,
    write: (text: string) => void,
  ) {
    this.#columns = columns;
    this.#head = head;
    this.#line = line;
    this.#write = write;
    if (!columns.some(({ optional }) => optional)) this.#begin(() => true);
  }

  add(cells: readonly string[]): void {
    if (this.#shown) this.#put(cells);
    else if (this.#held.push(cells) > HELD) this.#begin(() => true);
  }

  /** All rows are there: an optional column that none of them fills is left out. */
  end(): void {
    if (!this.#shown) this.#begin(at => this.#held.some(cells => cells[at] !== ''));
  }

  #begin(isFilled: (at: number) => boolean): void {
    const positions = this.#columns.map((_, at) => at);
    this.#shown = positions.filter(at => !this.#columns[at]?.optional || isFilled(at));
    this.#write(this.#head(this.#shown.flatMap(at => this.#columns[at] ?? [])));
    for (const cells of this.#held) this.#put(cells);
    this.#held = [];
  }

  #put(cells: readonly string[]): void {
    this.#write(this.#line((this.#shown ?? []).map(at => cells[at] ?? '')));
  }
}

/**
 * Write an answer that comes in parts. Parts with the same titles are one table: the titles are printed once. Otherwise, and
 * in text for people, an empty line stands between parts that have something to say.
 *
 * In CSV and Markdown an optional column that no row of a table fills is left out. That is known of up to 4096 rows; a
 * longer table has all its columns, and is printed as it comes.
 *
 * @throws FormError for CSV or Markdown of a part that has none
 */
export function printer(form: Form): Printer {
  const parts = new Parts(form);
  return Object.assign(<R>(part: Answer<R>) => parts.print(part), { end: () => parts.end() });
}

type Columns = readonly Column<never>[];
type Line = (cells: readonly string[]) => string;

class Parts {
  readonly #form: Form;
  /** Of the table that is being printed. */
  #heading: string | undefined;
  #open: Rows | undefined;
  #silent = true;

  constructor(form: Form) {
    this.#form = form;
  }

  print<R>(answer: Answer<R>): void {
    const { output, look, write } = this.#form;
    if (output === 'json') for (const record of answer.records) write(`${json(record)}\n`);
    else if (output === 'table') {
      const seen = look();
      this.#text(answer.lines?.(seen) ?? tableOf(answer, seen));
    } else if (output === 'markdown' && answer.markdown) this.#text(answer.markdown());
    else if (answer.columns === undefined)
      throw new FormError(`this answer has no ${output} form; --json has all of it`);
    else if (output === 'csv') this.#csv(answer);
    else this.#markdown(answer);
  }

  end(): void {
    this.#open?.end();
  }

  #apart(): void {
    if (!this.#silent) this.#form.write('\n');
    this.#silent = false;
  }

  #rows<R>(
    { rows = [], columns = [] }: Answer<R>,
    name: string,
    head: (columns: Columns) => string,
    line: Line,
  ): void {
    if (columns.length === 0) return;
    const titles = `${name}\n${columns.map(({ title }) => title).join()}`;
    if (titles !== this.#heading) {
      this.end();
      this.#open = new Rows(columns, head, line, this.#form.write);
    }
    this.#heading = titles;
    for (const row of rows) this.#open?.add(columns.map(({ text }) => text(row)));
  }

  #csv<R>(part: Answer<R>): void {
    const own = part.table ? [part.table.id] : [];
    const line: Line = cells => `${csvLine([...own, ...cells])}\r\n`;
    this.#rows(part, own.join(), columns => line(columns.map(({ title }) => title)), line);
  }

  #markdown<R>(part: Answer<R>): void {
    const { table } = part;
    const line: Line = cells => `${markdownLine(cells)}\n`;
    const head = (columns: Columns): string => {
      this.#apart();
      const titles = line(columns.map(({ title }) => title));
      return `${table ? `### ${table.title}\n\n` : ''}${titles}${markdownRule(columns)}\n`;
    };
    this.#rows(part, table?.title ?? '', head, line);
  }

  #text(lines: Iterable<string>): void {
    let first = true;
    for (const line of lines) {
      if (first) this.#apart();
      first = false;
      this.#form.write(`${line}\n`);
    }
  }
}

const tableOf = <R>({ rows = [], columns = [] }: Answer<R>, { style, width }: Look): string[] => {
  const all = [...rows];
  return table(filled(columns, all), all, { width, head: style.bold });
};

/**
 * Rows on their way to the printer. What is said of them holds when they have passed.
 *
 *     const shown = new Passing(ranges, { limit, wrong: isTrouble });
 *     print({ records: map(shown, record), … });
 *     return shown.wrong ? EXIT.findings : EXIT.answer;
 */
export class Passing<R> implements Iterable<R> {
  readonly #rows: Iterable<R>;
  readonly #limit: number;
  readonly #isWrong: (row: R) => boolean;
  /** How many passed. */
  count = 0;
  /** Was there another one beyond the limit? */
  cut = false;
  /** Was something wrong with one that passed? */
  wrong = false;

  constructor(
    rows: Iterable<R>,
    {
      limit = Number.POSITIVE_INFINITY,
      wrong = () => false,
    }: { readonly limit?: number; readonly wrong?: (row: R) => boolean } = {},
  ) {
    this.#rows = rows;
    this.#limit = limit;
    this.#isWrong = wrong;
  }

  *[Symbol.iterator](): Generator<R> {
    for (const row of this.#rows) {
      if (this.count >= this.#limit) {
        this.cut = true;
        return;
      }
      this.count++;
      if (this.#isWrong(row)) this.wrong = true;
      yield row;
    }
  }
}

/** Rows as something else, one after the other as they come. */
export function* mapped<R, S>(rows: Iterable<R>, to: (row: R, index: number) => S): Generator<S> {
  let index = 0;
  for (const row of rows) yield to(row, index++);
}

/**
 * Rows in groups of a size: columns line up within one, and the first lines come at once. Where `keyOf` says another thing
 * of a row, a new group begins.
 */
export function* batches<R>(
  rows: Iterable<R>,
  size: number,
  keyOf: (row: R) => string = () => '',
): Generator<R[]> {
  let batch: R[] = [];
  let key: string | undefined;
  for (const row of rows) {
    const own = keyOf(row);
    if (batch.length > 0 && own !== key) {
      yield batch;
      batch = [];
    }
    key = own;
    if (batch.push(row) === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** The first rows of an iterator, which goes on behind them. */
export function take<R>(rows: Iterator<R>, count: number): R[] {
  const taken: R[] = [];
  while (taken.length < count) {
    const { done, value } = rows.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
