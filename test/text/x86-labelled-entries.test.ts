/** Entries that are logged with their level in words, and tables of 32-bit words. */
import { describe, expect, test } from 'vitest';
import { descriptors } from '../../src/arch/descriptors.ts';
import { readPasted } from '../../src/pasted/read.ts';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';

const says = (text: string): string[] => readText(text).items.map(brief);

test('a walk on one line, by the names of Linux, with its address', () =>
  expect(
    says('va 0x7f62d5b48e68: pgd:21632a067 p4d:21632a067 pud:3fa0b6063 pmd:3d4f24063 pte:80000003d4e52063\n'),
  ).toEqual([
    'PGD/4, 21632a067, of 7f62d5b48e68, x86.pte 4l',
    'P4D/4, 21632a067, of 7f62d5b48e68, x86.pte 4l, folded',
    'PUD/3, 3fa0b6063, of 7f62d5b48e68, x86.pte 4l',
    'PMD/2, 3d4f24063, of 7f62d5b48e68, x86.pte 4l',
    'PTE/1, 80000003d4e52063, of 7f62d5b48e68, x86.pte 4l',
  ]));

test('a level a line, two walks', () => {
  const { items } = readText('PML4E: 0x2067\nPDPTE: 0x3067\nPDE: 0x4067\nPML4E: 0x6067\nPDPTE: 0\n');
  expect(items.map(item => [item.group, brief(item)])).toEqual([
    [1, 'PML4E/4, 2067, x86.pte 4l'],
    [1, 'PDPTE/3, 3067, x86.pte 4l'],
    [1, 'PDE/2, 4067, x86.pte 4l'],
    [2, 'PML4E/4, 6067, x86.pte 4l'],
    [2, 'PDPTE/3, 0, x86.pte 4l'],
  ]);
});

test.each([
  [
    'EPT PML4E=0x105dff107 EPT PDPTE=0x105dfe107',
    ['PML4E/4, 105dff107, x86.ept', 'PDPTE/3, 105dfe107, x86.ept'],
  ],
  [
    'PDE=0x00102007 PTE=0x00103063',
    ['PDE/2, 102007, 32-bit, x86.pte 32', 'PTE/1, 103063, 32-bit, x86.pte 32'],
  ],
  [
    'pgd=0x833fb003, pud=0x833fc003, pmd=0x833fd003, pte=0x68000083401f03',
    [
      'PGD/?, 833fb003, arm64.stage1',
      'PUD/1, 833fc003, arm64.stage1',
      'PMD/2, 833fd003, arm64.stage1',
      'PTE/3, 68000083401f03, arm64.stage1',
    ],
  ],
])('whose entries they are shows: %s', (text, entries) => expect(says(`${text}\n`)).toEqual(entries));

describe('32-bit words stay 32-bit where paging is', () => {
  const family = descriptors.find(({ id }) => id === 'x86.pte');
  if (!family) throw new Error('no x86.pte');
  test.each([
    ['gdb x/8xw', '0x101c00:\t0x00102007\t0x00000000\t0x004000e7\t0x00103063\n'],
    ['QEMU xp /8wx', '0000000000101c00: 0x00102007 0x00000000 0x004000e7 0x00103063\n'],
    [
      'Bochs xp /8wx',
      '0x0000000000101c00 <bogus+       0>:\t0x00102007\t0x00000000\t0x004000e7\t0x00103063\n',
    ],
    ['xxd', '00101c00: 0720 1000 0000 0000 e700 4000 6330 1000  . ........@.c0..\n'],
    ['hexdump -C', '00101c00  07 20 10 00 00 00 00 00  e7 00 40 00 63 30 10 00  |. ........@.c0..|\n'],
    ['hexdump', '0101c00 2007 0010 0000 0000 00e7 0040 3063 0010\n0101c10\n'],
  ])('%s', (_, text) => {
    const batches = [...readPasted(text, { family, given: () => ({ mode: '32', level: 2 }) })];
    const read = batches.flatMap(({ readings }) =>
      [...readings].map(([{ at, word, width }, { reading }]) => [at, word, width, reading.kind]),
    );
    expect(read).toEqual([
      [0x101c00n, 0x102007n, 32, 'table'],
      [0x101c04n, 0n, 32, 'not-present'],
      [0x101c08n, 0x4000e7n, 32, 'page4m'],
      [0x101c0cn, 0x103063n, 32, 'table'],
    ]);
  });
});
