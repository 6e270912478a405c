/** One answer in every form. */
import { expect, test } from 'vitest';
import { type Answer, FormError, type Output, print } from '../../src/report/answer.ts';
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
