/**
 * Words that were read, as records and as rows. What lays them out for people is in `readings.ts`, which JSON does without:
 * reading code is most of what a short command costs.
 */
import { describe, type FieldView } from '../bits/describe.ts';
import type { Reading } from '../bits/family.ts';
import type { Read } from '../bits/rank.ts';
import type { Settings, SettingTable } from '../bits/settings.ts';
import { hexWord } from '../bits/word.ts';
import { type Answer, mapped } from './answer.ts';
import { decodeRecord } from './records.ts';
import type { Column } from './table.ts';

/** Settings that somebody gave; the others are assumed. */
export type Given = Partial<Settings<SettingTable>>;

/** A field of a word. */
interface Field {
  readonly read: Read;
  readonly field: FieldView;
}

/** A word in all its digits. */
export const wordOf = ({ raw, format }: Reading): string => hexWord(raw, format.width / 4);

const COLUMNS: readonly Column<Field>[] = [
  { title: 'raw', text: ({ read }) => wordOf(read.reading) },
  { title: 'format', text: ({ read }) => read.family.id },
  { title: 'layout', text: ({ read }) => read.reading.format.id },
  { title: 'kind', text: ({ read }) => read.reading.kind },
  { title: 'field', text: ({ field }) => field.name },
  { title: 'bits', text: ({ field }) => field.bits },
  { title: 'value', text: ({ field }) => field.text },
  { title: 'meaning', text: ({ field }) => field.meaning ?? '' },
];

function* fieldsOf(found: Iterable<Read>): Generator<Field> {
  for (const read of found)
    for (const field of describe(read.reading.format, read.reading.raw)) yield { read, field };
}

/** Readings as they come. `extra` says what else a record holds. */
export const decodedAnswer = <R extends Read>(
  found: Iterable<R>,
  given: Given,
  extra: (read: R) => object = () => ({}),
): Answer<Field> => ({
  records: mapped(found, read => ({
    ...decodeRecord(read.family, read.reading, read.settings),
    assumed: Object.keys(read.settings).filter(key => !(key in given)),
    ...extra(read),
  })),
  rows: fieldsOf(found),
  columns: COLUMNS,
});

/** Is there something wrong in a reading? */
export const isSuspect = ({ findings }: Reading): boolean =>
  findings.some(({ severity }) => severity !== 'note');

/** Is it no valid entry? */
export const isError = ({ findings }: Reading): boolean =>
  findings.some(({ severity }) => severity === 'error');
