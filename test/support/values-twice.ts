/**
 * The names of values, typed twice: in tables beside the rows, and from the manual in a table of their own. They must agree on
 * every value of every field, under every setting.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Family } from '../../src/bits/family.ts';
import { type Format, type FormatRow, rowWidth } from '../../src/bits/format.ts';
import { settle } from '../../src/bits/settings.ts';
import { settingsOf } from './arbitrary.ts';
import { holds, type Values } from './transcription.ts';

export interface TypedTable {
  readonly line: number;
  readonly formats: readonly RegExp[];
  readonly fields: readonly RegExp[];
  readonly when: string;
  readonly meanings: Map<number, string>;
}

const pattern = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replace(/[.[\]/]/g, '\\$&')
      .replace('*', '.*')
      .replace('#', '\\d+')}$`,
  );

function readTables(path: string): readonly TypedTable[] {
  const tables: TypedTable[] = [];
  readFileSync(path, 'utf8')
    .split('\n')
    .forEach((text, index) => {
      if (text === '' || text.startsWith('#') || text.startsWith('format\t')) return;
      const line = index + 1;
      const [formats = '', fields = '', when = '', value = '', meaning, source, ...rest] = text.split('\t');
      if (meaning === undefined || source === undefined || rest.length > 0)
        throw new Error(`values.tsv:${line}: six columns, please`);
      if (formats !== '') {
        const [places, names] = [formats, fields].map(list => list.split(',').map(pattern));
        tables.push({ line, formats: places ?? [], fields: names ?? [], when, meanings: new Map() });
      }
      const table = tables.at(-1);
      const number = Number(isBinary(tables) ? `0b${value}` : value);
      if (!table || Number.isNaN(number) || table.meanings.has(number))
        throw new Error(`values.tsv:${line}: '${value}' is no new value`);
      table.meanings.set(number, meaning);
    });
  return tables;
}
/** The Arm ARM prints values in binary, the other manuals in decimal. */
const isBinary = (tables: readonly TypedTable[]): boolean =>
  tables.at(-1)?.formats.some(({ source }) => source.startsWith('^arm64')) === true;

/** A value that no manual names is shown by its number. */
const nameless = (text: string, value: number): boolean =>
  [
    `reserved fault status 0x${value.toString(16)}`,
    `exception class 0x${value.toString(16)}`,
    `code ${value}`,
  ].includes(text);

/** A transcription, and which of its tables were held against something. */
export interface TypedValues {
  readonly tables: readonly TypedTable[];
  readonly seen: Set<TypedTable>;
}

/** What one row and the transcription say differently. */

function disagreements(
  format: Format,
  row: FormatRow,
  settings: Values,
  { tables: typed, seen }: TypedValues,
): string[] {
  const place = `${format.id} ${row.name}`;
  const tables = typed.filter(
    ({ formats, fields, when, line }) =>
      formats.some(one => one.test(format.id)) &&
      // AP[2:1] and AP[2] are two fields; else the slice does not matter
      fields.some(one => one.test(row.name) || one.test(row.name.replace(/\[.*/, ''))) &&
      holds(when, settings, line),
  );
  const exact = tables.filter(({ fields }) => fields.some(one => one.test(row.name)));
  const [table, ...more] = exact.length > 0 ? exact : tables;
  if (more.length > 0)
    return [`${place}: values.tsv:${table?.line} and ${more.map(one => one.line)} both hold`];
  if (table) seen.add(table);
  if (!row.values) return table ? [`${place} names no values, values.tsv:${table.line} does`] : [];
  if (!table) return [`${place}: its values are not in the transcription`];
  const width = 2 ** rowWidth(row);
  const high = [...table.meanings.keys()].filter(value => value >= width);
  if (high.length > 0) return [`${place} has no value ${high}, values.tsv:${table.line} does`];
  return row.values.flatMap((said, value) => {
    const wanted = table.meanings.get(value);
    const name = typeof said === 'string' ? said : 'reserved';
    const agrees = wanted === undefined ? name === 'reserved' || nameless(name, value) : name === wanted;
    return agrees ? [] : [`${place} = ${value}: '${name}', values.tsv:${table.line} '${wanted}'`];
  });
}

/** What two transcriptions say differently of a layout. */
const compare = (format: Format, settings: Values, typed: TypedValues): string[] =>
  format.rows.flatMap(row => disagreements(format, row, settings, typed));

/**
 * Tests that hold every family against the table.
 * @param more tests of what stands in no row: they say which tables they have seen
 */
export function valuesTypedTwice(
  families: readonly Family[],
  path: string,
  more: (typed: TypedValues) => void,
): void {
  const typed: TypedValues = { tables: readTables(path), seen: new Set() };

  describe.each(families.map(family => [family.id, family] as const))('%s', (_id, family: Family) => {
    test('every variant names its values as the manual does', () => {
      for (const { settings, format } of family.variants())
        expect(compare(format, settle(family.settings, settings), typed)).toEqual([]);
    });

    test('and so does every layout under any settings', () => {
      const done = new Set<Format>();
      fc.assert(
        fc.property(settingsOf(family.settings), settings => {
          for (const kind of family.kinds) {
            const format = family.layout(kind, settings);
            if (!format || done.has(format)) continue;
            done.add(format);
            expect(compare(format, settings, typed)).toEqual([]);
          }
        }),
        { numRuns: 200 },
      );
    });
  });

  more(typed);

  test('no table of the transcription is left over', () => {
    const left = typed.tables.filter(table => !typed.seen.has(table));
    expect(left.map(({ line }) => `values.tsv:${line}`)).toEqual([]);
  });
}
