/** Text that means harm, or nothing: bounded time and memory, and what was not read is said. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { recognisers } from '../../src/text/formats/index.ts';
import { readText, TextReader, UnknownFormatError } from '../../src/text/read.ts';
import { examples } from './examples.ts';

/** Processor time of one reading, in milliseconds: other work on the machine does not count. */
function cost(text: string, as?: string): number {
  const start = process.cpuUsage();
  readText(text, as === undefined ? {} : { as });
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

/** Too short to tell how it grows: a form that backtracks is far beyond this at the first of the lengths below. */
const SHORT_MS = 400;
const LENGTHS = [24_000, 48_000];

/**
 * Does reading twice the text cost about twice as much? A quadratic form costs four times as much, and one that tries every way
 * never comes back. Measured again where something else may have run in between: a form that backtracks does so every time.
 */
function linear(text: (length: number) => string, as?: string): boolean {
  const [short = '', long = ''] = LENGTHS.map(text);
  if (cost(short, as) < SHORT_MS) return true;
  for (let attempt = 0; attempt < 8; attempt++) if (cost(long, as) < 3 * cost(short, as)) return true;
  return false;
}

describe('no form backtracks: a long repetition of any part costs linear time', () => {
  const parts = [
    ' ',
    '0',
    'f',
    '0x',
    '00 ',
    'a: ',
    ',',
    '0000000000000000 ',
    ' 0x0000000000000000',
    '\t0x00',
    'R W ',
    ' contains 0',
    ' PTE at 0',
    '[',
    '[0]',
    '-RW',
    'CR3=0 ',
    "1: {'addr': 1, 'size': '4KB', 'attr': 'W U'}, ",
    '{',
    '> ',
    '(qemu) ',
    '\u001b[D',
    '\u001b[9999999999C',
    'pgd=0, ',
    ' L1@0=0',
    'x'.repeat(200),
  ];
  const prefixes = [
    '',
    '0x1000:',
    '0000000000000000: ',
    '00000000  ',
    '[0000000000000000] pgd=0',
    'PGD 0 ',
    '0x0-0x0 4K PTE',
    'reg00: base=0x',
    '*',
    '{',
  ];
  test.each(prefixes)('after %j', prefix => {
    for (const part of parts)
      expect(
        linear(length => prefix + part.repeat(Math.ceil(length / part.length))),
        part,
      ).toBe(true);
  });
  test('lines of the examples with any part of them repeated', () => {
    const lines = examples.flatMap(({ id, text }) => text.split('\n').map(line => ({ id, line })));
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.nat(),
        fc.integer({ min: 1, max: 5 }),
        ({ id, line }, place, length) => {
          const at = place % (line.length + 1);
          const part = line.slice(at, at + length);
          const long = (size: number): string => line.slice(0, at) + part.repeat(size / 16) + line.slice(at);
          expect(linear(long, id)).toBe(true);
          expect(linear(size => `${line}\n${long(size)}`)).toBe(true);
        },
      ),
      { numRuns: 600 },
    );
  });
  test('forced on every recogniser', () => {
    for (const { id } of recognisers)
      for (const part of [' ', '0', '0x00 ', 'a '])
        expect(
          linear(length => part.repeat(length / 2), id),
          `${id} ${part}`,
        ).toBe(true);
  });
});

test('a line without end of 20 MB', () => {
  const reader = new TextReader({ onItem: () => {} });
  const chunk = '0x0000000007c02023, '.repeat(5000);
  for (let i = 0; i < 200; i++) reader.write(chunk);
  const { parts, remarks } = reader.end();
  expect(parts[0]).toMatchObject({ id: 'words', items: 1_000_000 });
  expect(remarks.some(({ text }) => text.includes('read in pieces'))).toBe(true);
});

test('stars expand to a bounded number of rows', () => {
  let text = '';
  for (let i = 0; i < 400; i++)
    text += `${(i * 0x10000).toString(16).padStart(8, '0')}  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|\n*\n`;
  const { items, remarks } = readText(text, { as: 'hexdump.canonical' });
  expect(items.length).toBeLessThanOrEqual(2 * (262_144 + 400));
  expect(remarks.map(remark => remark.text)).toContainEqual(expect.stringContaining('not expanded'));
});

test('a star at the end, an offset that goes back, a far offset', () => {
  const row = '00000010  67 50 a1 02 00 00 00 00  00 00 00 00 00 00 00 00  |gP..............|\n';
  const said = (text: string): string =>
    readText(text)
      .remarks.map(remark => remark.text)
      .join('; ');
  expect(said(`${row}*\n`)).toContain('how often the last row repeats is not known');
  expect(said(`${row}*\n00000000  ${'00 '.repeat(16)} |................|\n`)).toContain('goes back');
  expect(said(`${row}*\nfffffffff0000000\n`)).toContain('not expanded');
});

test('what is not understood is counted and shown', () => {
  const { unknown, unknownSamples, lines, parts } = readText('hello\nPGD 0 P4D 0 \nworld\n');
  expect({ unknown, lines }).toEqual({ unknown: 2, lines: 3 });
  expect(unknownSamples).toEqual([
    { line: 1, text: 'hello' },
    { line: 3, text: 'world' },
  ]);
  expect(parts.map(({ id }) => id)).toEqual(['x86.oops']);
});

test('items beyond the limit are counted', () => {
  const row = '0000000000200000: 0000000000200000 --P-----W\n';
  const { items, dropped } = readText(row.repeat(10), { keep: 3 });
  expect([items.length, dropped]).toEqual([3, 7]);
});

test('remarks do not grow with the text', () => {
  const rows = Array.from(
    { length: 500 },
    (_, i) => `0x0000000000000000-0x0000000000001000           4K PTE       RW W${i}`,
  );
  const { remarks } = readText(rows.join('\n'), { as: 'arm64.ptdump' });
  expect(remarks.length).toBeLessThanOrEqual(65);
});

test('an unknown format is named, with those there are', () => {
  expect(() => readText('', { as: 'nonsense' })).toThrow(UnknownFormatError);
  expect(() => readText('', { as: 'nonsense' })).toThrow(
    /'nonsense' is no text format; there are .*qemu\.info-tlb/,
  );
});

test('nothing at all', () => {
  expect(readText('')).toMatchObject({ parts: [], lines: 0, unknown: 0, items: [], remarks: [] });
  expect(readText('\n\r\n\u0000\n')).toMatchObject({ parts: [], unknown: 0, items: [] });
});

describe('torn rows', () => {
  test.each([
    ['0xffff800000000000-0xffff800000001000           8K PTE       RW NX', 'does not span the size'],
    ['0000000006c00000-0000000006e00000 0000000000100000 -r-', 'does not span the length'],
    ['0x0000000000408000-0x000000000040afff -> 0x000004411000-0x000004411fff', 'differ in length'],
    ['00000000-00000000 : System RAM', 'CAP_SYS_ADMIN'],
    ['gpa: 0x1000', 'without the command'],
    ['gva2gpa 99999999999999999999\ngpa: 0x1000', 'more than 64 bits'],
    ['BIOS-e820: [mem 0x0000000000100000-0x000000000000ffff] usable', 'ends before it starts'],
  ])('%s', (text, remark) => {
    const { remarks } = readText(text);
    expect(remarks.find(({ kind }) => kind === 'trouble')?.text).toContain(remark);
  });
});

test('mutated examples: never a throw, never an item beyond 64 bits', () =>
  fc.assert(
    fc.property(
      fc.constantFrom(...examples),
      fc.array(
        fc.tuple(
          fc.nat(),
          fc.constantFrom('', '\n', ' ', '0', 'f', ':', '-', '0x', '\u001b[', '[', ',', 'PTE', '*\n'),
        ),
        {
          minLength: 1,
          maxLength: 6,
        },
      ),
      fc.boolean(),
      ({ id, text }, edits, forced) => {
        let mutated = text;
        for (const [place, insert] of edits) {
          const at = place % (mutated.length + 1);
          mutated = mutated.slice(0, at) + insert + mutated.slice(at + (place % 3));
        }
        const { items, lines, unknown, parts } = readText(mutated, forced ? { as: id } : {});
        expect(unknown + parts.reduce((sum, part) => sum + part.lines, 0)).toBe(lines);
        for (const item of items) {
          if (item.is === 'entry') {
            expect(item.word >> BigInt(item.width)).toBe(0n);
            expect(item.level?.number ?? 0).toBeGreaterThanOrEqual(-9);
          }
          if (item.is === 'range' || item.is === 'memory') expect(item.end > item.start).toBe(true);
        }
      },
    ),
    { numRuns: 1500 },
  ));
