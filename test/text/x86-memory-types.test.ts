/** Memory types in logs of all eras: Linux with its PAT and MTRRs, and firmware. */
import { expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';

const says = (text: string): string[] => readText(text).items.map(brief);

test.each([
  [
    'conflicting memory types d0000000-d1000000 write-combining<->uncached-minus',
    'pat-conflict  d0000000-d1000000 WC=>UC-',
  ],
  [
    'map pfn RAM range req write-combining for d0000000-d1000000, got write-back',
    'pat-conflict  d0000000-d1000000 WC=>WB',
  ],
  [
    'map pfn RAM range req write-combining for [mem 0xd0000000-0xd0ffffff], got write-back',
    'pat-conflict  d0000000-d1000000 WC=>WB',
  ],
  [
    'map pfn expected mapping type uncached-minus for [mem 0xd0000000-0xd0ffffff], got write-combining',
    'pat-conflict  d0000000-d1000000 UC-=>WC',
  ],
])('conflicts of the PAT, with and without a name in front: %s', (message, said) => {
  expect(says(`[ 9.1] Xorg:1322 ${message}\n`)).toEqual([said]);
  expect(says(`[ 9.1] x86/PAT: Xorg:1322 ${message}\n`)).toEqual([said]);
});

test.each([
  ['requested 0x2, got 0x0', 'UC-=>WB'],
  ['requested 0x1, got 0x2', 'WC=>UC-'],
  ['requested 0x3, got 0x4', 'UC=>WT'],
  ['requested 0x10, got 0x8', 'UC-=>WC'],
  ['requested 0x18, got 0x0', 'UC=>WB'],
])('ioremap numbers are cache modes, before 3.19 bits of a PTE: %s', (numbers, types) =>
  expect(says(`ioremap error for 0xfed40000-0xfed45000, ${numbers}\n`)).toEqual([
    `pat-conflict  fed40000-fed45000 ${types}`,
  ]),
);

test('the clean-up of MTRRs, and a mismatch', () =>
  expect(
    says(`reg 0, base: 0GB, range: 2GB, type WB
reg 1, base: 2036MB, range: 4MB, type UC
mtrr: type mismatch for e0000000,10000000 old: write-back new: write-combining
`),
  ).toEqual([
    'mtrr-variable 0 0-80000000 WB',
    'mtrr-variable 1 7f400000-7f800000 UC',
    'mtrr-conflict  e0000000-f0000000 WC=>WB',
  ]));

test('EDK2 prints registers, and ranges with their last byte', () =>
  expect(
    says(`MTRR Default Type: 0000000000000C06
Fixed MTRR[00]   : 0606060606060606
Fixed MTRR[10]   : 0505050505050505
Variable MTRR[01]: Base=0000000080000000 Mask=00003FFF80000800
Memory Ranges:
WB:0000000000000000-000000007FFFFFFF
UC:0000000080000000-00000000FFFFFFFF
`),
  ).toEqual([
    'MTRR_DEF_TYPE=c06',
    'MTRR_FIX64K_00000=606060606060606',
    'MTRR_FIX4K_F8000=505050505050505',
    'MTRR_PHYSBASE1=80000000',
    'MTRR_PHYSMASK1=3fff80000800',
    'mtrr-combined  0-80000000 WB',
    'mtrr-combined  80000000-100000000 UC',
  ]));

test('old coreboot prints megabytes', () =>
  expect(says('Setting variable MTRR 0, base:    0MB, range: 1024MB, type WB\n')).toEqual([
    'mtrr-variable 0 0-40000000 WB',
  ]));
