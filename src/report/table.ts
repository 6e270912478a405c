/** Rows in columns that fit a given width: text for terminals, and the same rows as CSV or Markdown. */
import { type Paint, same } from './style.ts';

export interface Column<R> {
  readonly title: string;
  readonly text: (row: R) => string;
  readonly align?: 'left' | 'right';
  /** May this column be narrowed and its text wrapped between words? */
  readonly wrap?: boolean;
  /** May it be empty in all rows? CSV and Markdown then leave it out. */
  readonly optional?: boolean;
  readonly paint?: (row: R) => Paint;
}

export interface TableOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly indent?: number;
  /** Paint for the heading; no heading where false. */
  readonly head?: Paint | false;
}

/** The columns in which anything stands. Without rows that is not known of any. */
export const filled = <R>(columns: readonly Column<R>[], rows: readonly R[]): Column<R>[] =>
  columns.filter(column => rows.length === 0 || rows.some(row => column.text(row) !== ''));

const GAP = 2;
const NARROWEST = 11;

/** Break text between words so that no line is longer than `width`; longer words are cut. */
export function wrap(text: string, width: number): string[] {
  if (text.length <= width && !text.startsWith(' ')) return [text];
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    while (word.length > width) {
      lines.push(word.slice(0, width));
      word = word.slice(width);
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Words longer than this may be cut where room is short. */
const WORD = 24;

/** The width at which a column's words stay whole. */
function whole(texts: readonly string[]): number {
  let most = NARROWEST;
  for (const text of texts) {
    if (text.length <= most) continue;
    for (const word of text.split(' ')) most = Math.max(most, word.length);
    if (most >= WORD) return WORD;
  }
  return most;
}

/**
 * How wide each column may be: its longest text. Where the terminal is too narrow, wrapping columns give up width, first
 * as long as their words stay whole, then down to the narrowest.
 */
function widths<R>(
  columns: readonly Column<R>[],
  rows: readonly (readonly string[])[],
  room: number,
): number[] {
  const texts = columns.map((column, c) => [column.title, ...rows.map(row => row[c] ?? '')]);
  const want = texts.map(column => column.reduce((most, text) => Math.max(most, text.length), 0));
  const over = (): number => want.reduce((sum, w) => sum + w + GAP, -GAP) - room;
  if (over() <= 0) return want;
  for (const floorOf of [whole, () => NARROWEST]) {
    const floor = columns.map(({ wrap }, c) => (wrap ? floorOf(texts[c] ?? []) : Number.POSITIVE_INFINITY));
    while (over() > 0) {
      const spare = want.map((w, c) => (w > (floor[c] ?? 0) ? w : 0));
      const widest = Math.max(...spare);
      if (widest === 0) break;
      const at = spare.indexOf(widest);
      const next = Math.max(floor[at] ?? 0, ...spare.filter(w => w < widest));
      want[at] = Math.max(next, widest - over());
    }
  }
  return want;
}

/** Columns of a table that is too wide for its room, however narrow: what wraps at its end stands below each row. */
interface Laid<R> {
  readonly beside: readonly Column<R>[];
  readonly below: readonly Column<R>[];
  readonly wide: readonly number[];
}

function layOut<R>(
  columns: readonly Column<R>[],
  rows: readonly R[],
  titles: boolean,
  room: number,
): Laid<R> {
  for (let count = columns.length; ; count--) {
    const beside = columns.slice(0, count);
    const cells = rows.map(row => beside.map(({ text }) => text(row)));
    const wide = widths(beside, titles ? [...cells, beside.map(({ title }) => title)] : cells, room);
    const fits = wide.reduce((sum, w) => sum + w + GAP, -GAP) <= room;
    if (fits || count < 2 || !columns[count - 1]?.wrap) return { beside, below: columns.slice(count), wide };
  }
}

/** Indentation of what stands below a row. */
const BELOW = 4;

/** The rows as lines of text. */
export function table<R>(all: readonly Column<R>[], rows: readonly R[], options: TableOptions): string[] {
  const { width, indent = 0, head = same } = options;
  const { beside: columns, below, wide } = layOut(all, rows, head !== false, width - indent);
  const margin = ' '.repeat(indent);
  const line = (texts: readonly string[], paints: readonly Paint[]): string => {
    let last = texts.length - 1;
    while (last > 0 && texts[last] === '') last--; // no blanks at the end of a line
    return (
      margin +
      texts
        .slice(0, last + 1)
        .map((text, c) => {
          const pad = ' '.repeat(Math.max(0, (wide[c] ?? 0) - text.length));
          const painted = (paints[c] ?? same)(text);
          return columns[c]?.align === 'right' ? pad + painted : c === last ? painted : painted + pad;
        })
        .join(' '.repeat(GAP))
    );
  };
  const titles = columns.map(({ title }) => title);
  const lines = head === false ? [] : [head(line(titles, []))];
  for (const row of rows) {
    const paints = columns.map(column => column.paint?.(row) ?? same);
    const wrapped = columns.map(({ text, wrap: may }, c) =>
      may ? wrap(text(row), wide[c] ?? 0) : [text(row)],
    );
    const height = Math.max(...wrapped.map(parts => parts.length));
    for (let part = 0; part < height; part++)
      lines.push(
        line(
          wrapped.map(parts => parts[part] ?? ''),
          paints,
        ),
      );
    const own = indent + BELOW;
    for (const { title, text, paint } of below) {
      const said = text(row);
      if (said === '') continue;
      for (const part of wrap(`${title}: ${said}`, Math.max(NARROWEST, width - own)))
        lines.push(' '.repeat(own) + (paint?.(row) ?? same)(part));
    }
  }
  return lines;
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
/** One line of CSV (RFC 4180). */
export const csvLine = (texts: readonly string[]): string => texts.map(quoted).join(',');

/** One row of a Markdown table. */
export const markdownLine = (texts: readonly string[]): string =>
  `| ${texts.map(text => text.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
export const markdownRule = <R>(columns: readonly Column<R>[]): string =>
  `|${columns.map(column => (column.align === 'right' ? ' ---: ' : ' --- ')).join('|')}|`;
