/** What a pasted text says, in every form: the work is `pasted/`, the page for people `pasted-page.ts`. */
import { hex } from '../bits/word.ts';
import { decidedRecord } from '../machine/decided.ts';
import type { EntryReading } from '../pasted/entry.ts';
import type { EntryItem, PastedBatch } from '../pasted/read.ts';
import { type Answer, type Form, print } from './answer.ts';
import { gist } from './facts.ts';
import { doubtText, type PageOptions, PastedPage, type Read } from './pasted-page.ts';
import { structureRecord, walkedIn } from './pasted-tables.ts';
import { decodeRecord } from './records.ts';
import type { Look } from './style.ts';
import { hexIf, type Of, of, recognisedRecord, textRecord, wordText } from './text.ts';

export interface PastedOptions extends PageOptions {
  /** Told about items for which CSV has no row, once for each batch. */
  readonly leftOut?: (items: number) => void;
}

/**
 * Write what a pasted text says.
 *
 * @param batches as `readPasted` makes them: at least one
 */
export function printPasted(batches: Iterable<PastedBatch>, form: Form, options: PastedOptions = {}): void {
  const source = batches[Symbol.iterator]();
  const { value: first } = source.next();
  if (first === undefined) return;
  const all = (function* (): Generator<PastedBatch> {
    yield first;
    for (let next = source.next(); !next.done; next = source.next()) yield next.value;
  })();
  const { leftOut = () => {} } = options;
  const forms = { records: records(all), lines: (look: Look) => new PastedPage(look, options).lines(all) };
  // Rows of different kinds do not share columns: entries, or ranges where the text begins without entries.
  if (first.readings.size > 0) print({ ...forms, ...entryRows(all, leftOut) }, form);
  else print({ ...forms, ...rangeRows(all, leftOut) }, form);
}

// ------------------------------------------------------------------------------------------------ records

function* records(batches: Iterable<PastedBatch>): Generator<object> {
  for (const { items, readings, decided, structure, end } of batches) {
    for (const item of items) {
      const entry = item.is === 'entry' ? readings.get(item) : undefined;
      if (item.is === 'entry' && entry)
        yield { ...entryRecord(item, entry), ...decidedRecord(decided(entry)) };
      else yield textRecord(item);
    }
    if (end) {
      for (const { answer } of walkedIn(end.spaces)) yield* answer.records;
      yield {
        ...recognisedRecord(end.recognised),
        ...(end.doubt === undefined ? {} : { suspicion: doubtText(end.doubt) }),
        ...(structure.length > 0 ? { read: structureRecord(structure) } : {}),
      };
    }
  }
}

/** The reading as `decode` prints any word, what was assumed for it, and where the text has it. */
function entryRecord(item: EntryItem, { family, reading, settings, given }: EntryReading): object {
  const { from, line, group, level, at, input, output, folded, unused, attributes } = item;
  return {
    ...decodeRecord(family, reading, settings),
    assumed: Object.keys(settings).filter(key => !(key in given)),
    source: {
      from,
      line,
      ...(group > 0 ? { group } : {}),
      ...(level ? { level: level.name } : {}),
      ...(at === undefined ? {} : { at }),
      ...(input === undefined ? {} : { input }),
      ...(output === undefined ? {} : { output }),
      ...(folded ? { folded } : {}),
      ...(unused ? { unused } : {}),
      ...(attributes ? { attributes } : {}),
    },
  };
}

// ------------------------------------------------------------------------------------------------ CSV

type Rows<R> = Required<Pick<Answer<R>, 'rows' | 'columns'>>;

/** A row for each of these; the other items are counted. */
function* counted<R>(
  batches: Iterable<PastedBatch>,
  rowsOf: (batch: PastedBatch) => readonly R[],
  leftOut: (items: number) => void,
): Generator<R> {
  for (const batch of batches) {
    const rows = rowsOf(batch);
    yield* rows;
    if (batch.items.length > rows.length) leftOut(batch.items.length - rows.length);
  }
}

const entryRows = (batches: Iterable<PastedBatch>, leftOut: (items: number) => void): Rows<Read> => ({
  rows: counted(batches, ({ readings }) => [...readings].map(([item, entry]) => ({ item, entry })), leftOut),
  columns: [
    { title: 'line', text: ({ item }) => `${item.line}` },
    { title: 'level', text: ({ item }) => item.level?.name ?? '' },
    { title: 'at', text: ({ item }) => hexIf(item.at) },
    { title: 'input', text: ({ item }) => hexIf(item.input) },
    { title: 'raw', text: ({ item }) => wordText(item) },
    { title: 'format', text: ({ entry }) => entry.family.id },
    { title: 'kind', text: ({ entry }) => entry.reading.kind },
    { title: 'says', text: ({ entry }) => gist(entry.reading.facts) },
    { title: 'findings', text: ({ entry }) => entry.reading.findings.map(({ id }) => id).join(' ') },
  ],
});

const rangeRows = (batches: Iterable<PastedBatch>, leftOut: (items: number) => void): Rows<Of<'range'>> => ({
  rows: counted(batches, ({ items }) => of(items, 'range'), leftOut),
  columns: [
    { title: 'line', text: ({ line }) => `${line}` },
    { title: 'space', text: ({ space }) => space },
    { title: 'start', text: ({ start }) => hex(start) },
    { title: 'end', text: ({ end }) => hex(end) },
    { title: 'output', text: ({ output }) => hexIf(output) },
    { title: 'level', text: ({ level }) => level?.name ?? '' },
    { title: 'words', text: ({ words = [] }) => words.join(' ') },
  ],
});
