/** A word as rows for people: every field with its position, value and meaning. */
import { binary, carriesValue, EncodeError, placesOf, readRow } from './codec.ts';
import type { Format, FormatRow } from './format.ts';
import { positions, rowWidth } from './format.ts';
import type { Kind, Ref } from './spec.ts';
import { hex, parseCount, parseWord, type Word } from './word.ts';

export interface FieldView {
  readonly key: string;
  /** The manual's spelling. */
  readonly name: string;
  readonly kind: Kind;
  readonly bits: string;
  readonly value: number | bigint;
  /** `0b10`, `0x40634000`: flags and short fields in binary, the rest in hex. */
  readonly text: string;
  /** What the value means, where the layout has a table. */
  readonly meaning?: string;
  /** The layout's remark on the field, whatever its value. */
  readonly note?: string;
  readonly ref: Ref;
}

/** How a field's value is printed: fields up to 8 bits as the manuals print them, wider ones in hex. */
export const valueText = (row: FormatRow, value: number | bigint): string => {
  const width = rowWidth(row);
  if (row.kind === 'addr') return hex(value);
  return width === 1 ? `${value}` : width <= 8 ? binary(value, width) : hex(value);
};

/** The meaning of a value by the row's table; undefined where there is none. */
export function meaningOf(row: FormatRow, value: number | bigint): string | undefined {
  const entry = row.values?.[Number(value)];
  return typeof entry === 'object' ? entry.reserved : entry;
}

/** Every row of a word, highest bit first. Reserved rows are there too: their value shows whether they are clean. */
export function describe(format: Format, word: Word): FieldView[] {
  return format.rows.map(row => {
    const value = readRow(row, word);
    const meaning = meaningOf(row, value);
    return {
      key: row.key,
      name: row.name,
      kind: row.kind,
      bits: positions(row.pieces),
      value,
      text: valueText(row, value),
      ...(meaning === undefined ? {} : { meaning }),
      ...(row.note === undefined ? {} : { note: row.note }),
      ref: row.ref ?? format.ref,
    };
  });
}

/** The fields of a word by the manual's names: numbers, and hex text for addresses and wide fields. For JSON. */
export const named = (format: Format, word: Word): Record<string, number | string> =>
  Object.fromEntries(
    format.rows.filter(carriesValue).map(row => {
      const value = readRow(row, word);
      return [row.name, typeof value === 'bigint' ? hex(value) : value];
    }),
  );

/**
 * Read `key=value` text for a field: the key or the manual's name, case-insensitive; the value as a number or as one of
 * the names in the field's table.
 *
 * @throws EncodeError naming the fields or the values there are.
 */
export function parseField(
  format: Format,
  key: string,
  text: string,
): readonly [key: string, value: number | bigint] {
  const rows = format.rows.filter(carriesValue);
  const same = (a: string): boolean => a.toLowerCase() === key.toLowerCase();
  const row =
    rows.find(row => same(row.key)) ??
    rows.find(row => same(row.name)) ??
    rows.find(row => same(row.name.replace(/\[.*\]$/, '')));
  if (!row)
    throw new EncodeError(`${format.id}: no field '${key}'; it has ${rows.map(row => row.key).join(', ')}`);
  const code =
    row.values?.findIndex(value => typeof value === 'string' && value.toLowerCase() === text.toLowerCase()) ??
    -1;
  if (code >= 0) return [row.key, row.big ? BigInt(code) : code];
  let value: bigint;
  try {
    value = row.kind === 'addr' ? parseWord(text) : parseCount(text);
  } catch {
    const names = row.values?.filter(value => typeof value === 'string') ?? [];
    throw new EncodeError(
      `${format.id}: '${text}' is no value of '${row.key}' (${row.name})${names.length > 0 ? `; it takes a number or one of: ${names.join(', ')}` : '; it takes a number'}`,
    );
  }
  if (!row.big && value > 0xffff_ffffn)
    throw new EncodeError(`${format.id}: ${hex(value)} does not fit '${row.key}' (${placesOf(row)})`);
  return [row.key, row.big ? value : Number(value)];
}
