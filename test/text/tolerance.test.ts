/** What happens to text on its way from a terminal into a paste must not change what it says. */
import { describe, expect, test } from 'vitest';
import type { Item } from '../../src/text/model.ts';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';
import { examples } from './examples.ts';
import { sample } from './samples.ts';

const says = (items: readonly Item[]): string[] =>
  items.map(item => `${item.from} ${item.group}: ${brief(item)}`);
const eachLine = (text: string, change: (line: string, i: number) => string): string =>
  text
    .split('\n')
    .map((line, i) => (line === '' ? line : change(line, i)))
    .join('\n');

const decorations: Readonly<Record<string, (text: string) => string>> = {
  CRLF: text => text.replace(/\n/g, '\r\n'),
  'printk time': text => eachLine(text, (line, i) => `[${(i / 1000).toFixed(6).padStart(12)}] ${line}`),
  'printk level and time': text => eachLine(text, line => `<4>[    1.234567] ${line}`),
  syslog: text => eachLine(text, line => `Mar  3 12:34:56 host kernel: [    1.234567] ${line}`),
  journal: text => eachLine(text, line => `2026-03-03T12:34:56+0000 host kernel: ${line}`),
  caller: text => eachLine(text, line => `[    1.234567][  T118] ${line}`),
  Xen: text => eachLine(text, line => `(XEN) ${line}`),
  'mail quote': text => eachLine(text, line => `> > ${line}`),
  colours: text => eachLine(text, line => `\u001b[1;31m${line}\u001b[0m`),
  'NUL and blanks at the end': text => eachLine(text, line => `${line}  \u0000`),
  'byte order mark': text => `\ufeff${text}`,
  'blank lines between': text => eachLine(text, line => `${line}\n`),
  'prose around': text => `Hi all,\nI see this with 6.18, any idea?\n\n${text}\nThanks!\n`,
};

describe.each(Object.keys(decorations))('%s', name => {
  const decorate = decorations[name] as (text: string) => string;
  test.each(examples)('$id: $name', ({ id, text }) => {
    // Prose in front of one object of JSON is no JSON; stars and bare values follow their command at once.
    if (name === 'prose around' && /registers.json|chipsec.dict/.test(id)) return;
    if (name === 'blank lines between' && id === 'x86.rdmsr') return;
    expect(says(readText(decorate(text)).items)).toEqual(says(readText(text).items));
  });
});

test.each([
  'qemu-npt/xp.txt',
  'arm64/oops-a57.txt',
  'qemu-oops/console.txt.gz',
  'arm64-linux-6.18/fwb-dic-vhe.console.txt',
])('the chunks of %s do not matter', path => {
  const text = sample(path);
  const whole = says(readText(text).items);
  for (const size of [7, 1000]) {
    const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
      text.slice(i * size, (i + 1) * size),
    );
    expect(says(readText(chunks).items)).toEqual(whole);
  }
});

test('two CPUs that oops at once are kept apart by their tags', () => {
  const one = (tag: string, va: string, word: string): string[] => [
    `[    1.000000][   ${tag}] Unable to handle kernel paging request at virtual address ${va}`,
    `[    1.000000][   ${tag}]   ESR = 0x0000000096000006`,
    `[    1.000000][   ${tag}] swapper pgtable: 4k pages, 39-bit VAs, pgdp=0000000041230000`,
    `[    1.000000][   ${tag}] [${va}] pgd=${word}, p4d=${word}, pud=${word}, pmd=0000000000000000`,
  ];
  const a = one('C0', 'ffffffc010000000', '0000000041001003');
  const b = one('C1', 'ffffffc020000000', '0000000041002003');
  const mixed = a.flatMap((line, i) => [line, b[i] ?? '']).join('\n');
  const entries = readText(mixed).items.filter(item => item.is === 'entry');
  expect(
    entries.map(({ input, word, level }) => `${input?.toString(16)} ${level?.number} ${word.toString(16)}`),
  ).toEqual([
    'ffffffc010000000 1 41001003',
    'ffffffc010000000 1 41001003',
    'ffffffc010000000 1 41001003',
    'ffffffc010000000 2 0',
    'ffffffc020000000 1 41002003',
    'ffffffc020000000 1 41002003',
    'ffffffc020000000 1 41002003',
    'ffffffc020000000 2 0',
  ]);
  expect(new Set(entries.map(({ group }) => group)).size).toBe(2);
});

test('a walk that another message tore apart is put together', () => {
  const torn = `[    1.0] BUG: unable to handle page fault for address: ffffc90000056010
[    1.1] PGD 4800067 P4D 4800067 PUD 49b0067 
[    1.2] usb 1-1: new high-speed USB device number 2
[    1.3] PMD 49b1067 PTE 0
[    2.0] [ffff80000bfff000] pgd=100000004256e003, p4d=100000004256e003
[    2.1] random: crng init done
[    2.2] , pud=100000004256f003, pmd=0000000000000000
`;
  const { items } = readText(torn);
  expect(
    items
      .filter(item => item.is === 'entry')
      .map(({ level, input }) => `${level?.name} ${input?.toString(16)}`),
  ).toEqual([
    'PGD ffffc90000056010',
    'P4D ffffc90000056010',
    'PUD ffffc90000056010',
    'PMD ffffc90000056010',
    'PTE ffffc90000056010',
    'PGD ffff80000bfff000',
    'P4D ffff80000bfff000',
    'PUD ffff80000bfff000',
    'PMD ffff80000bfff000',
  ]);
});
