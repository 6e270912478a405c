/** Bits of a word are picked by rows (`bits/`): read from the sources, which have no shift and no mask of a number. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** Rooms whose work bits are: the layout language, compiled tables, hot loops and their layout, containers of images. */
const OF_BITS = /^(?:bits|memtype|kernels|image)\//;

const N = String.raw`(?:0x[\da-f_]+|0b[01_]+|\d+)`;
/**
 * A shift of a word by a number, a mask of a word that is one: words are bigints, in loops their halves. Not among them: what
 * rows give (`maskOf`); a shift by what was calculated; `>>> 0`, which makes a half unsigned; sizes, which are powers
 * (`2n ** 30n`); and the code that a field holds, whose bits are the business of its value table.
 */
const PICKS = new RegExp(
  [
    `(?:>>|<<) ?${N}n`,
    `(?<!&)& ?(?:~ ?)?\\(*${N}n(?! <<)`,
    `\\b${N}n (?:>>|&(?!&))`,
    `\\bbitAt\\(\\w+, \\d+\\)`,
    `\\b(?:lo|hi|low|high|half|word|raw|entry|bits)(?:\\[[^\\]]*\\])? (?:>>>?|<<|&(?!&)) (?:~ ?)?(?!0\\b)${N}\\b`,
  ].join('|'),
  'gi',
);

/** What may pick bits without a row. The list only shrinks. */
const ALLOWED: readonly (readonly [file: string, picks: string, why: string])[] = [
  ['arm64/values/address.ts', 'bitAt(va, 55)', 'of an address, which has no rows: VAIsUpper'],
  ['text/words.ts', '& 0xffn', 'a byte of a word, by its place in memory'],
  [
    'text/formats/abort-report.ts',
    '<< 26n',
    'a syndrome that is printed in parts; text knows no architecture',
  ],
  [
    'text/formats/abort-report.ts',
    '<< 25n',
    'a syndrome that is printed in parts; text knows no architecture',
  ],
  [
    'text/formats/abort-report.ts',
    '>> 26n',
    'tells a syndrome from other numbers; text knows no architecture',
  ],
  [
    'text/formats/arm64-aborts.ts',
    '<< 4n',
    'HPFAR_EL2 of an address that is printed; text knows no architecture',
  ],
  ['text/formats/vmcs.ts', '& 1n', 'NP_ENABLE of a VMCB; text knows no architecture'],
  ['text/formats/windows.ts', '& 0xff_ffff_ffffn', 'what the debugger prints of a frame'],
];

/** A line without its comment and what stands in quotes. */
const code = (line: string): string =>
  line.replace(/^\s*(?:\/?\*|\/\/).*| \/\/ .*|'(?:[^'\\]|\\.)*'|`[^`$]*`/g, '');

const found = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .map(file => file.replaceAll('\\', '/'))
  .filter(file => file.endsWith('.ts') && !OF_BITS.test(file))
  .flatMap(file =>
    readFileSync(join(src, file), 'utf8')
      .split('\n')
      .flatMap(line => code(line).match(PICKS) ?? [])
      .map(picks => `${file}: ${picks}`),
  );

test.each([
  ['(word >> 12n)', 1],
  ['(lo >>> 7)', 1],
  ['hi & 0x1f', 1],
  ['word & ~3n', 1],
  ['1n & word', 1],
  ['(1n << 63n) | word', 1],
  ['bitAt(va, 55)', 1],
  ['lo >>> 0', 0],
  ['a && 1', 0],
  ['word & maskOf(row)', 0],
  ['word >> BigInt(shift)', 0],
  ['2n ** 30n', 0],
])('%s picks %d', (line, count) => {
  expect(line.match(PICKS) ?? []).toHaveLength(count);
});

test('bits are picked by rows', () => {
  const allowed = ALLOWED.map(([file, picks]) => `${file}: ${picks}`);
  expect(found.filter(one => !allowed.includes(one))).toEqual([]);
  expect(
    allowed.filter(one => !found.includes(one)),
    'no longer there: strike it out',
  ).toEqual([]);
});

test('at most fifteen are allowed, each with its reason', () => {
  expect(ALLOWED.length).toBeLessThanOrEqual(15);
  expect(ALLOWED.filter(([, , why]) => why.length < 10)).toEqual([]);
});
