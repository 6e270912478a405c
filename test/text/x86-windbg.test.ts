/** WinDbg on x86: `!pte` of all widths, `!vtop`, `dq` and its like, `rdmsr`. */
import { describe, expect, test } from 'vitest';
import { readPasted } from '../../src/pasted/read.ts';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';

const says = (text: string): string[] => readText(text).items.map(brief);
const entries = (text: string): string[] => says(text).filter(line => line.includes('x86.pte'));

describe('!pte', () => {
  test('32-bit with PAE: wide columns', () =>
    expect(
      entries(`               VA 8003f400
PDE at C0602000            PTE at C04001F8
contains 0000000000749163  contains 000000000003F163
pfn 749       -G-DA--KWEV  pfn 3f        -G-DA--KWEV
`),
    ).toEqual([
      'PDE/2, 749163, at va:c0602000, of 8003f400, x86.pte pae',
      'PTE/1, 3f163, at va:c04001f8, of 8003f400, x86.pte pae',
    ]));

  test('a large page: the column below it is no entry', () =>
    expect(
      entries(`                                           VA fffff8013a115000
PXE at FFFFF6FB7DBEDF80    PPE at FFFFF6FB7DBF0020    PDE at FFFFF6FB7E004E80    PTE at FFFFF6FC009D08A8
contains 0000000000B09063  contains 0000000000B0A063  contains 000000013A0009E3  contains 0000000000000000
pfn b09       ---DA--KWEV  pfn b0a       ---DA--KWEV  pfn 13a000    -GLDA--KWEV  LARGE PAGE pfn 13a115
`),
    ).toEqual([
      'PXE/4, b09063, at va:fffff6fb7dbedf80, of fffff8013a115000, x86.pte 4l',
      'PPE/3, b0a063, at va:fffff6fb7dbf0020, of fffff8013a115000, x86.pte 4l',
      'PDE/2, 13a0009e3, at va:fffff6fb7e004e80, of fffff8013a115000, x86.pte 4l',
    ]));

  const PAGED = `                                           VA 00000000002e0000
PXE at FFFFF6FB7DBED000    PPE at FFFFF6FB7DA00000    PDE at FFFFF6FB40000008    PTE at FFFFF68000001700
contains 00A0000010BD8867  contains 0100000010BDB867  contains 0110000010BDCA67  contains 0000000A00000080
pfn 10bd8     ---DA--UWEV  pfn 10bdb     ---DA--UWEV  pfn 10bdc     ---DA--UWEV  not valid
                                                                                 PageFile:  0
                                                                                 Offset: a
                                                                                 Protect: 4
`;
  test('a page in the page file: everything is understood', () => {
    expect(entries(PAGED).at(-1)).toBe('PTE/1, a00000080, at va:fffff68000001700, of 2e0000, x86.pte 4l');
    expect(readText(PAGED).unknown).toBe(0);
    expect(says(PAGED)).toContain('owner: windows');
  });

  test('invalid entries are named as Windows names them, and none after Linux', () => {
    const software = [...readPasted(PAGED)].flatMap(({ readings }) =>
      [...readings.values()].map(({ reading }) => (reading.facts as { software?: unknown }).software),
    );
    expect(software).toEqual([
      undefined,
      undefined,
      undefined,
      { Windows: 'page file 0, offset 0xa, protection 4' },
    ]);
  });
});

describe('!vtop', () => {
  test('PAE: places and entries', () =>
    expect(
      says(`X86VtoP: Virt 0012f980, pagedir 0a4c7a20
X86VtoP: PAE PDPE a4c7a20 - 0000000019fb7801
X86VtoP: PAE PDE 19fb7000 - 0000000019e8f867
X86VtoP: PAE PTE 19e8f978 - 8000000009de9867
X86VtoP: PAE Mapped phys 09de9980
Virtual address 12f980 translates to physical address 9de9980.
`),
    ).toEqual([
      'root: a4c7a20',
      'PDPE/3, 19fb7801, at pa:a4c7a20, of 12f980, x86.pte pae',
      'PDE/2, 19e8f867, at pa:19fb7000, of 12f980, x86.pte pae',
      'PTE/1, 8000000009de9867, at pa:19e8f978, of 12f980, x86.pte pae',
      'va 12f980 -> pa 9de9980',
    ]));

  test('64-bit: places alone', () =>
    expect(
      says(`0: kd> !vtop 187000 fffff8a001cc2060
Amd64VtoP: Virt fffff8a001cc2060, pagedir 0000000000187000
Amd64VtoP: PML4E 0000000000187f88
Amd64VtoP: PDPE 000000007ac84028
Amd64VtoP: Mapped phys 00000000716fd060
Virtual address fffff8a001cc2060 translates to physical address 716fd060.
`),
    ).toEqual(['root: 187000', 'va fffff8a001cc2060 -> pa 716fd060']));
});

test.each([
  [
    'dq',
    '00000000`001aef78  00000000`02182063 00000000`00000000',
    ['word, 2182063, at va:1aef78', 'word, 0, at va:1aef80'],
  ],
  [
    'dq on 32 bits',
    '001aef78  00000000`02182063 00000000`00000000',
    ['word, 2182063, at va:1aef78', 'word, 0, at va:1aef80'],
  ],
  [
    '!dq',
    '#31620000 0a000000`3a487867 00000000`00000000',
    ['word, a0000003a487867, at pa:31620000', 'word, 0, at pa:31620008'],
  ],
  [
    '!dd: the mark stands before a padded address',
    '# 20be438 f8b60f44 00000000 00103063 00000000',
    ['word, f8b60f44, at pa:20be438', 'word, 103063, at pa:20be440'],
  ],
])('words: %s', (_, row, words) => expect(says(`${row}\n`)).toEqual(words));

test('rdmsr', () =>
  expect(says('0: kd> rdmsr 0x277\nmsr[277] = 00070106`00070106\n')).toEqual(['PAT=7010600070106']));
