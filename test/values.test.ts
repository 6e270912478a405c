/**
 * The names of values, typed twice: in tables beside the rows, and from the manuals in `fixtures/values.tsv`. They must agree on
 * every value of every field, under every setting.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { families } from '../src/arch/families.ts';
import { decodeAttr } from '../src/arm64/values/attributes.ts';
import { memoryName } from '../src/arm64/values/names.ts';
import type { Family } from '../src/bits/family.ts';
import { type Format, type FormatRow, rowWidth } from '../src/bits/format.ts';
import { settle } from '../src/bits/settings.ts';
import { settingsOf } from './support/arbitrary.ts';
import { holds, type Values } from './support/transcription.ts';

interface TypedTable {
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

function readTables(): readonly TypedTable[] {
  const tables: TypedTable[] = [];
  readFileSync('fixtures/values.tsv', 'utf8')
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
      const number = Number(isX86(tables) ? value : `0b${value}`);
      if (!table || Number.isNaN(number) || table.meanings.has(number))
        throw new Error(`values.tsv:${line}: '${value}' is no new value`);
      table.meanings.set(number, meaning);
    });
  return tables;
}
const isX86 = (tables: readonly TypedTable[]): boolean =>
  tables.at(-1)?.formats.some(({ source }) => source.startsWith('^x86')) === true;

const typed = readTables();
const seen = new Set<TypedTable>();

/** A value that no manual names is shown by its number. */
const nameless = (text: string, value: number): boolean =>
  [
    `reserved fault status 0x${value.toString(16)}`,
    `exception class 0x${value.toString(16)}`,
    `code ${value}`,
  ].includes(text);

/** What one row and the transcription say differently. */
function disagreements(format: Format, row: FormatRow, settings: Values): string[] {
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
const compare = (format: Format, settings: Values): string[] =>
  format.rows.flatMap(row => disagreements(format, row, settings));

describe.each(families.map(family => [family.id, family] as const))('%s', (_id, family: Family) => {
  test('every variant names its values as the manual does', () => {
    for (const { settings, format } of family.variants())
      expect(compare(format, settle(family.settings, settings))).toEqual([]);
  });

  test('and so does every layout under any settings', () => {
    const done = new Set<Format>();
    fc.assert(
      fc.property(settingsOf(family.settings), settings => {
        for (const kind of family.kinds) {
          const format = family.layout(kind, settings);
          if (!format || done.has(format)) continue;
          done.add(format);
          expect(compare(format, settings)).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** What the manual says of a MAIR byte: one of those with a meaning of their own, or two halves, outer and inner. */
function typedAttr(byte: number, settings: Values): string | undefined {
  const tables = typed.filter(
    ({ formats, when, line }) =>
      formats.some(one => one.test('arm64.MAIR byte')) && holds(when, settings, line),
  );
  const halves = typed.find(({ formats }) => formats.some(one => one.test('arm64.MAIR nibble')));
  for (const table of [...tables, halves]) if (table) seen.add(table);
  const whole = tables.map(({ meanings }) => meanings.get(byte)).find(meaning => meaning !== undefined);
  const [outer, inner] = [byte >> 4, byte & 15].map(nibble => halves?.meanings.get(nibble));
  if (whole !== undefined || outer === undefined || inner === undefined) return whole;
  return outer === inner ? `Normal ${outer}` : `Normal o${outer} i${inner}`;
}

test('every byte of MAIR_ELx has the memory type that the manual gives it, or none', () => {
  for (const xs of [0, 1] as const)
    for (const mte2 of [0, 1] as const)
      for (let byte = 0; byte < 256; byte++) {
        const memory = decodeAttr(byte, { xs, mte2 });
        const said = memory && memoryName(memory);
        expect(said, `0x${byte.toString(16)} xs=${xs} mte2=${mte2}`).toBe(typedAttr(byte, { xs, mte2 }));
      }
});

test('no table of the transcription is left over', () => {
  expect(typed.filter(table => !seen.has(table)).map(({ line }) => `values.tsv:${line}`)).toEqual([]);
});
