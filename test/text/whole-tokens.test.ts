/** A number is a token of its own: one that a torn or mixed line runs into something else is not read up to there. */
import { expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';

const values = (text: string): readonly string[] =>
  readText(text, {}).items.flatMap(item =>
    item.is === 'register' ? [`${item.name}=${item.value.toString(16)}`] : [],
  );

const TORN = ['`0', '`f', 'g', '_', 'Z'];

test.each(TORN)('QEMU: X23 that ends in %s is no X23', end =>
  expect(values(`X23=0000000040000000${end} X24=0000000000000001`)).toEqual(['X24=1']),
);

test.each(TORN.filter(end => end !== '_'))('a system register that ends in %s is none', end =>
  expect(values(`TTBR0_EL1=0000000040000000${end}\nTCR_EL1=0000000000000019\n`)).toEqual(['TCR_EL1=19']),
);

test('a number in quotes of Markdown is one', () =>
  expect(values('`TTBR0_EL1=0000000040000000`\nTCR_EL1=0000000000000019\n')).toContain('TCR_EL1=19'));
