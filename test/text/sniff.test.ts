import { describe, expect, test } from 'vitest';
import { decoderFor, isPastedText } from '../../src/text/sniff.ts';
import { examples } from './examples.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('text', () => {
  test.each(examples.filter(({ id }) => id !== 'words'))('$id: $name', ({ text }) => {
    expect(isPastedText(bytes(text))).toBe(true);
  });

  test('prose that no format knows is text too: it is refused with its line', () => {
    expect(isPastedText(bytes('hello world\n'))).toBe(true);
  });

  test('UTF-16 as PowerShell writes it', () => {
    const utf16 = new Uint8Array([0xff, 0xfe, ...[...'CR3=1000\r\n'].flatMap(c => [c.charCodeAt(0), 0])]);
    expect(decoderFor(utf16).decode(utf16)).toBe('CR3=1000\r\n');
    expect(isPastedText(utf16)).toBe(true);
  });
});

describe('words and nothing else', () => {
  test.each([
    ['one', '0x67\n'],
    ['separated by commas, with a comment', '0x67, 0x1067 # two\n'],
    ['a mistyped one among them', '0x67\n0x10g7\n'],
    ['offsets that do not go up by the row', '0000000 0000000000000067\n0000123 0000000000001067\n'],
    ['nothing', ' \n'],
    ['one without an end', 'f'.repeat(5000)],
  ])('%s', (_, text) => expect(isPastedText(bytes(text))).toBe(false));

  test('but the rows of od are not: their offsets go up by what a row holds', () => {
    const row = '0000000000000067 0000000000001067';
    expect(isPastedText(bytes(`0000000 ${row}\n0000020 ${row}\n0000040\n`))).toBe(true);
  });
});

test('binary data that no format knows is no text', () => {
  expect(isPastedText(new Uint8Array([0x4b, 0x44, 0, 1, 2, 0, 255, 0, 10, 0, 1]))).toBe(false);
});
