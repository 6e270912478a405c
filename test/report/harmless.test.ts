import { expect, test } from 'vitest';
import { harmless, harmlessJson, harmlessPainted } from '../../src/report/harmless.ts';
import { memattr } from '../cli/harness.ts';

/** What Unicode itself calls a control, a mark of direction, or the end of a line: not the list of the source. */
const ACTS = /(?![\t\n])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u;
const every = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));

test('every code unit that acts is replaced, every other stays', () => {
  for (const letter of every) {
    expect(harmless(`a${letter}b`)).toBe(ACTS.test(letter) ? 'a\ufffdb' : `a${letter}b`);
    expect(ACTS.test(harmlessPainted(letter))).toBe(false);
  }
});

test('in JSON they are escaped: the same value', () => {
  for (const letter of every.filter(one => ACTS.test(one))) {
    const json = harmlessJson(JSON.stringify({ [letter]: letter }));
    expect(ACTS.test(json)).toBe(false);
    expect(JSON.parse(json)).toEqual({ [letter]: letter });
  }
});

test('our own colours stay, and nothing else that begins like one', () => {
  expect(harmlessPainted('\u001b[31mred\u001b[39m')).toBe('\u001b[31mred\u001b[39m');
  expect(harmlessPainted('\u001b[8mhidden\u001b[2J')).toBe('\ufffd[8mhidden\ufffd[2J');
  expect(harmless('\u001b[31mred')).toBe('\ufffd[31mred');
});

test.each(['table', 'json', 'csv', 'markdown'])('names that came from outside, as %s', async output => {
  const map = '0-ffff : a\u202eb\u009b2Jc\u007f\n';
  const { out, err } = await memattr(['decode', '--output', output], {
    stdin: `${map}PTE\u202e 0x67 at \u009b5n\n0x8000000000000067 \u2066\n`,
  });
  expect(out + err).not.toMatch(ACTS);
});
