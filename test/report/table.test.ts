import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coloured } from '../../src/report/style.ts';
import {
  type Column,
  csvLine,
  filled,
  markdownLine,
  markdownRule,
  table,
  wrap,
} from '../../src/report/table.ts';

interface Row {
  readonly a: string;
  readonly b: string;
}
const columns: readonly Column<Row>[] = [
  { title: 'name', text: row => row.a },
  { title: 'text', text: row => row.b, wrap: true },
];
const words = fc
  .array(fc.string({ minLength: 1, maxLength: 9, unit: fc.constantFrom(...'abcxyz09') }), { maxLength: 12 })
  .map(list => list.join(' '));

describe('wrap', () => {
  test('keeps every character in order, and no line is longer than asked', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 40 }), (text, width) => {
        const lines = wrap(text, width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });
  test('breaks between words where it can', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three']);
    expect(wrap('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
    expect(wrap('', 10)).toEqual(['']);
  });
});

describe('table', () => {
  test('columns line up, nothing trails', () => {
    const rows = [
      { a: 'x', b: 'first' },
      { a: 'longer', b: '' },
    ];
    expect(table(columns, rows, { width: 80 })).toEqual(['name    text', 'x       first', 'longer']);
    expect(table(columns, rows, { width: 80, indent: 2, head: false })).toEqual([
      '  x       first',
      '  longer',
    ]);
  });

  test('right-aligned columns end together', () => {
    const numbers: readonly Column<number>[] = [{ title: 'n', text: n => `${n}`, align: 'right' }];
    expect(table(numbers, [1, 22, 333], { width: 80 })).toEqual(['  n', '  1', ' 22', '333']);
  });

  test('fits the width by wrapping, and loses no word', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ a: fc.constantFrom('k', 'key'), b: words }), { minLength: 1, maxLength: 6 }),
        rows => {
          const lines = table(columns, rows, { width: 40 });
          for (const line of lines) {
            expect(line.length).toBeLessThanOrEqual(40);
            expect(line).toBe(line.trimEnd());
          }
          const text = lines
            .slice(1)
            .join(' ')
            .split(/\s+/)
            .filter(word => word !== '')
            .sort();
          expect(text).toEqual(
            rows
              .flatMap(({ a, b }) => `${a} ${b}`.split(' '))
              .filter(word => word !== '')
              .sort(),
          );
        },
      ),
    );
  });

  test('paint changes no layout', () => {
    const painted = columns.map(column => ({ ...column, paint: () => coloured.red }));
    const rows = [{ a: 'x', b: 'some words that wrap somewhere in the middle' }];
    const bare = table(painted, rows, { width: 30, head: coloured.dim })
      .join('\n')
      .replace(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g'), '');
    expect(bare).toBe(table(columns, rows, { width: 30 }).join('\n'));
  });
});

test('CSV reads back as it was written (RFC 4180)', () => {
  const parse = (line: string): string[] => {
    const out: string[] = [];
    for (const [, quoted, plain] of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g))
      out.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'));
    return out;
  };
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom(...'ab,"\n; é') }), { minLength: 1 }), cells => {
      fc.pre(cells[0] !== ''); // a line that begins with an empty cell is beyond the little reader above
      expect(parse(csvLine(cells))).toEqual(cells);
    }),
  );
});

test('Markdown cells cannot end the cell or the row', () => {
  expect(markdownLine(['a|b', 'c\nd'])).toBe('| a\\|b | c d |');
  expect(
    markdownRule([
      { title: '', text: String, align: 'right' },
      { title: '', text: String },
    ]),
  ).toBe('| ---: | --- |');
});

describe('a table that is too wide however narrow its columns are', () => {
  const wide: readonly Column<Row>[] = [
    { title: 'address', text: () => '0xffff000010000000..0xffff000010000fff' },
    { title: 'says', text: row => row.b, wrap: true },
  ];
  test('has its last columns below each row, in its width', () => {
    expect(table(wide, [{ a: '', b: 'combined with what the second stage forces' }], { width: 45 })).toEqual([
      'address',
      '0xffff000010000000..0xffff000010000fff',
      '    says: combined with what the second stage',
      '    forces',
    ]);
    expect(table(wide, [{ a: '', b: '' }], { width: 45 })).toHaveLength(2);
  });
});

test('columns in which nothing stands are not among the filled ones', () => {
  expect(filled(columns, [{ a: 'x', b: '' }]).map(({ title }) => title)).toEqual(['name']);
  expect(filled(columns, [])).toEqual(columns);
});
