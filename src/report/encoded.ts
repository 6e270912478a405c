/** A word that was made, as people take it and as a record. */
import type { Read } from '../bits/rank.ts';
import type { Answer } from './answer.ts';
import { wordOf } from './decoded.ts';
import { markdownReading, readingLines } from './reading.ts';
import { decodeRecord, SCHEMA } from './records.ts';
import type { Column } from './table.ts';

const COLUMNS: readonly Column<Read>[] = [
  { title: 'raw', text: ({ reading }) => wordOf(reading) },
  { title: 'format', text: ({ family }) => family.id },
  { title: 'kind', text: ({ reading }) => reading.kind },
];

/** `assumed` are the settings that nobody gave; `explain` reads the word back for people. */
export const encodedAnswer = (made: Read, assumed: readonly string[], explain: boolean): Answer<Read> => ({
  records: [{ ...decodeRecord(made.family, made.reading, made.settings), assumed, schema: SCHEMA.encode }],
  rows: [made],
  columns: COLUMNS,
  lines: look => (explain ? readingLines(made.reading, look) : [wordOf(made.reading)]),
  markdown: () => markdownReading(made.reading),
});
