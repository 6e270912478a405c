/** crash on x86 of all kinds: 32-bit with and without PAE, and the 64-bit forms of its early versions. */
import { expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';

const entries = (text: string): string[] =>
  readText(text)
    .items.filter(({ is }) => is === 'entry')
    .map(brief);

const PLAIN = `PAGE DIRECTORY: c0101000
  PGD: c0101c80 => 94063
  PMD: c0101c80 => 94063
  PTE: 941b8 => 806e063
 PAGE: 806e000
`;

test('32-bit without PAE: PGD and PMD are one entry', () => {
  const text = `VIRTUAL   PHYSICAL\nc806e000  806e000\n\n${PLAIN}
   PTE     PHYSICAL  FLAGS
 806e063   806e000   (PRESENT|RW|ACCESSED|DIRTY)
`;
  expect(entries(text)).toEqual([
    'PGD/2, 94063, 32-bit, at va:c0101c80, of c806e000, x86.pte 32',
    'PMD/2, 94063, 32-bit, at va:c0101c80, of c806e000, x86.pte 32, folded',
    'PTE/1, 806e063, 32-bit, at pa:941b8, of c806e000, to 806e000, x86.pte 32',
  ]);
});

test('the walk alone shows the same', () =>
  expect(entries(PLAIN)).toEqual([
    'PGD/2, 94063, 32-bit, at va:c0101c80, x86.pte 32',
    'PMD/2, 94063, 32-bit, at va:c0101c80, x86.pte 32, folded',
    'PTE/1, 806e063, 32-bit, at pa:941b8, to 806e000, x86.pte 32',
  ]));

test('32-bit with PAE', () =>
  expect(
    entries(`VIRTUAL   PHYSICAL
f7e12000  37e12000

PAGE DIRECTORY: c0101000
  PGD: c0101018 => 1e001
  PMD:    1edf8 => 37ffe067
  PTE: 37ffe090 => 37e12163
 PAGE: 37e12000
`),
  ).toEqual([
    'PGD/3, 1e001, at va:c0101018, of f7e12000, x86.pte pae',
    'PMD/2, 37ffe067, at pa:1edf8, of f7e12000, x86.pte pae',
    'PTE/1, 37e12163, at pa:37ffe090, of f7e12000, to 37e12000, x86.pte pae',
  ]));

test('early 64-bit versions: PML above PGD', () =>
  expect(
    entries(`   PML: 7c5fd000 => 7c5d3067
   PGD: 7c5d3550 => 7c5d4067
   PMD: 7c5d4aa8 => 7c5d5067
   PTE: 7c5d5558 => 1234067
  PAGE: 1234000
`),
  ).toEqual([
    'PML/4, 7c5d3067, at pa:7c5fd000, x86.pte 4l',
    'PGD/3, 7c5d4067, at pa:7c5d3550, x86.pte 4l',
    'PMD/2, 7c5d5067, at pa:7c5d4aa8, x86.pte 4l',
    'PTE/1, 1234067, at pa:7c5d5558, to 1234000, x86.pte 4l',
  ]));

test('PML4 DIRECTORY: the page directory is the top entry', () =>
  expect(
    entries(`PML4 DIRECTORY: ffffffff80101000
PAGE DIRECTORY: 8063
   PUD: 8008 => 9063
   PMD: 9048 => 12001e3
  PAGE: 1200000  (2MB)
`),
  ).toEqual([
    'PGD/4, 8063, x86.pte 4l',
    'PUD/3, 9063, at pa:8008, x86.pte 4l',
    'PMD/2, 12001e3, at pa:9048, to 1200000, x86.pte 4l',
  ]));
