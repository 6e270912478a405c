/** One answer in every form. */
import { expect, test } from 'vitest';
import {
  type Answer,
  batches,
  FormError,
  type Output,
  Passing,
  print,
  printer,
} from '../../src/report/answer.ts';
import { plain } from '../../src/report/style.ts';

const look = () => ({ style: plain, width: 80 });

function printed<R>(answer: Answer<R>, output: Output): string {
  let text = '';
  print(answer, { output, look, write: more => (text += more) });
  return text;
}

interface Range {
  readonly at: bigint;
  readonly says: string;
}
const ranges: readonly Range[] = [
  { at: 0x1000n, says: 'a, b' },
  { at: 0x20000n, says: 'c|d' },
];
const answer: Answer<Range> = {
  records: ranges,
  rows: ranges,
  columns: [
    { title: 'at', text: ({ at }) => `${at}`, align: 'right' },
    { title: 'says', text: ({ says }) => says },
  ],
};

test('records are JSON lines', () =>
  expect(printed(answer, 'json')).toBe('{"at":"0x1000","says":"a, b"}\n{"at":"0x20000","says":"c|d"}\n'));

test('one list of columns is CSV, Markdown and the table', () => {
  expect(printed(answer, 'csv')).toBe('at,says\r\n4096,"a, b"\r\n131072,c|d\r\n');
  expect(printed(answer, 'markdown')).toBe(
    '| at | says |\n| ---: | --- |\n| 4096 | a, b |\n| 131072 | c\\|d |\n',
  );
  expect(printed(answer, 'table')).toBe('    at  says\n  4096  a, b\n131072  c|d\n');
});

test('lines are printed instead of the table, and nothing else', () =>
  expect(printed({ ...answer, lines: ({ width }) => [`${width} wide`, ''] }, 'table')).toBe('80 wide\n\n'));

test('without columns there is neither CSV nor Markdown', () => {
  const text: Answer<never> = { records: [], lines: () => ['text'] };
  expect(printed(text, 'table')).toBe('text\n');
  expect(() => printed(text, 'csv')).toThrow(
    new FormError('this answer has no csv form; --json has all of it'),
  );
  expect(() => printed(text, 'markdown')).toThrow(FormError);
});

test('it is read as it is written, and no further than the reader goes', () => {
  let made = 0;
  const endless = (function* () {
    for (;;) yield { n: made++ };
  })();
  const closed = new Error('closed');
  let written = 0;
  const write = () => {
    if (++written === 3) throw closed;
  };
  expect(() => print({ records: endless }, { output: 'json', look, write })).toThrow(closed);
  expect(made).toBe(3);
  expect(endless.next().done).toBe(true); // and whoever made it has been told
});

/** All parts in one form. */
function inParts<R>(parts: readonly Answer<R>[], output: Output): string {
  let text = '';
  const print = printer({ output, look, write: more => (text += more) });
  for (const part of parts) print(part);
  print.end();
  return text;
}

test('parts with the same titles are one table; text stands apart', () => {
  const says = (text: string): Answer<string> => ({
    records: [{ text }],
    rows: [text],
    columns: [{ title: 'says', text: row => row }],
    lines: () => [`it says ${text}`],
  });
  const parts = [says('a'), { records: [], columns: [], lines: () => ['for people'] }, says('b')];
  expect(inParts(parts, 'json')).toBe('{"text":"a"}\n{"text":"b"}\n');
  expect(inParts(parts, 'csv')).toBe('says\r\na\r\nb\r\n');
  expect(inParts(parts, 'markdown')).toBe('| says |\n| --- |\n| a |\n| b |\n');
  expect(inParts(parts, 'table')).toBe('it says a\n\nfor people\n\nit says b\n');
  const silent = { ...says('c'), lines: () => [] };
  expect(inParts([silent, says('a'), silent, says('b')], 'table')).toBe('it says a\n\nit says b\n');
});

test('several tables have names: a cell before each line of CSV, a heading in Markdown', () => {
  const named = (id: string): Answer<string> => ({
    records: [],
    rows: ['a'],
    columns: [{ title: 'says', text: row => row }],
    table: { id, title: `The ${id} one` },
  });
  const parts = [named('first'), named('second')];
  expect(inParts(parts, 'csv')).toBe('first,says\r\nfirst,a\r\nsecond,says\r\nsecond,a\r\n');
  expect(inParts(parts, 'markdown')).toBe(
    '### The first one\n\n| says |\n| --- |\n| a |\n\n### The second one\n\n| says |\n| --- |\n| a |\n',
  );
});

test('an answer may have Markdown of its own', () =>
  expect(printed({ ...answer, markdown: () => ['# Heading', 'text'] }, 'markdown')).toBe(
    '# Heading\ntext\n',
  ));

test('rows are counted and judged as they pass, up to a limit', () => {
  const isOdd = (n: number): boolean => n % 2 === 1;
  const all = new Passing([2, 4, 6], { limit: 3, wrong: isOdd });
  expect([...all]).toEqual([2, 4, 6]);
  expect(all).toMatchObject({ count: 3, cut: false, wrong: false });
  const some = new Passing([2, 3, 4], { limit: 2, wrong: isOdd });
  expect([...some]).toEqual([2, 3]);
  expect(some).toMatchObject({ count: 2, cut: true, wrong: true });
  const before = new Passing([2, 4, 5], { limit: 2, wrong: isOdd });
  expect([...before]).toEqual([2, 4]);
  expect(before.wrong).toBe(false); // the one that is wrong did not pass
});

test('batches hold all rows in order, the last what is left', () => {
  expect([...batches([1, 2, 3, 4, 5], 2)]).toEqual([[1, 2], [3, 4], [5]]);
  expect([...batches([], 2)]).toEqual([]);
  const parity = (n: number): string => `${n % 2}`;
  expect([...batches([1, 3, 5, 2, 4, 1], 2, parity)]).toEqual([[1, 3], [5], [2, 4], [1]]);
});

interface Pair {
  readonly a: string;
  readonly b: string;
}
const optionalPairs = (rows: readonly Pair[]): Answer<Pair> => ({
  records: rows,
  rows,
  columns: [
    { title: 'a', text: ({ a }) => a, optional: true },
    { title: 'b', text: ({ b }) => b, optional: true },
    { title: 'c', text: () => '' },
  ],
});

test('optional columns that no row of a table fills are left out of CSV and Markdown, in all parts alike', () => {
  const parts = [[{ a: '1', b: '' }], [{ a: '', b: '' }]].map(optionalPairs);
  expect(inParts(parts, 'csv')).toBe('a,c\r\n1,\r\n,\r\n');
  expect(inParts(parts, 'markdown')).toBe('| a | c |\n| --- | --- |\n| 1 |  |\n|  |  |\n');
  expect(inParts([optionalPairs([{ a: '', b: '2' }])], 'csv')).toBe('b,c\r\n2,\r\n');
  expect(inParts([optionalPairs([])], 'csv')).toBe('c\r\n');
});

test('a table of more rows than are held back has all its columns, and goes out as it comes', () => {
  const lines = inParts([optionalPairs(Array(5000).fill({ a: '1', b: '' }))], 'csv').split('\r\n');
  expect(lines.slice(0, 2)).toEqual(['a,b,c', '1,,']);
  expect(lines).toHaveLength(5002);
});
