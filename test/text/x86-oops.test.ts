/** Reports of x86 Linux of all eras: the address, the error code wherever it stands, the walk with its levels. */
import { describe, expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';

const says = (text: string): string[] => readText(text).items.map(brief);
const faults = (text: string): string[] => says(text).filter(line => line.includes(' fault '));
const entries = (text: string): string[] => says(text).filter(line => line.includes('x86.pte'));

const WALK = 'PGD 21632a067 P4D 21632a067 PUD 3fa0b6063 PMD 3d4f24063 PTE 80000003d4e52061';

describe('the error code stands behind Oops:', () => {
  test.each([
    ['4.x', `Oops: 0003 [#1] SMP PTI`],
    ['6.10 and later', `Oops: Oops: 0003 [#1] SMP NOPTI`],
    ['2.6 on x86-64', `Oops: 0003 [1] SMP `],
    ['2.4', `Oops: 0003`],
  ])('%s', (_, line) => {
    const text = `BUG: unable to handle kernel paging request at ffff9d6c14e52038\n${WALK} \n${line}\n`;
    expect(faults(text)).toEqual(['x86 fault ffff9d6c14e52038 code 3']);
    expect(entries(text).at(-1)).toBe('PTE/1, 80000003d4e52061, of ffff9d6c14e52038, x86.pte 4l');
  });

  test('an oops long after is another', () =>
    expect(
      faults(
        `BUG: unable to handle kernel paging request at ffff9d6c14e52038\n${'something else\n'.repeat(60)}Oops: 0003 [#1]\n`,
      ),
    ).toEqual(['x86 fault ffff9d6c14e52038 code ?']));
});

test.each([
  ['[PROT] [WRITE] [RSVD]', 'b'],
  ['[INSTR]', '10'],
  ['[USER] [PK] [PROT]', '25'],
  ['[normal kernel read fault]', '0'],
])('5.0 and 5.1 have words for the bits: %s', (words, code) =>
  expect(
    faults(`BUG: unable to handle kernel paging request at ffff9d6c14e52038\n#PF error: ${words}\n${WALK}\n`),
  ).toEqual([`x86 fault ffff9d6c14e52038 code ${code}`]),
);

test.each(['Bad pagetable: 000d [#1] SMP', 'Oops: Bad pagetable: 000d [#1] PREEMPT SMP'])(
  'a corrupted page table is a fault: %s',
  line => {
    const text = `app: Corrupted page table at address 7f364f200098
PGD 12532c067 P4D 12532c067 PUD 1277e7067 PMD 110dd1067 PTE ffffdbdefffffd9f
${line}
`;
    expect(faults(text)).toEqual(['x86 fault 7f364f200098 code d']);
    expect(entries(text).every(line => line.includes('of 7f364f200098'))).toBe(true);
  },
);

describe('32-bit kernels', () => {
  test('PAE', () => {
    const text = `BUG: unable to handle kernel paging request at c1487194
*pdpt = 0000000030b44001 *pde = 0000000003e91067 *pte = 8000000001487061
Oops: 0003 [#1] SMP
`;
    expect(says(text)).toEqual([
      'pdpt/3, 30b44001, of c1487194, x86.pte pae',
      'pde/2, 3e91067, of c1487194, x86.pte pae',
      'pte/1, 8000000001487061, of c1487194, x86.pte pae',
      'x86 fault c1487194 code 3',
    ]);
  });

  test('2.4 and 2.6: the instruction on a line of its own, each entry on its own', () => {
    const text = `Unable to handle kernel paging request at virtual address f8c12000
 printing eip:
c01f3d15
*pde = 37863067
*pte = 00000000
Oops: 0002
CPU:    0
EIP:    0010:[<c01f3d15>]    Not tainted
`;
    expect(says(text)).toEqual([
      'pde/2, 37863067, 32-bit, of f8c12000, x86.pte 32',
      'pte/1, 0, 32-bit, of f8c12000, x86.pte 32',
      'x86 fault f8c12000 code 2',
    ]);
  });

  test('the form of one line', () =>
    expect(
      says(`BUG: unable to handle kernel paging request at virtual address f8c12000
printing eip: c01f3d15 *pdpt = 0000000000003001 *pde = 0000000037868067 *pte = 0000000000000000 
Oops: 0002 [#1] SMP
`),
    ).toEqual([
      'pdpt/3, 3001, of f8c12000, x86.pte pae',
      'pde/2, 37868067, of f8c12000, x86.pte pae',
      'pte/1, 0, of f8c12000, x86.pte pae',
      'x86 fault f8c12000 code 2',
    ]));

  test('the first line alone is of no architecture', () =>
    expect(
      says(`Unable to handle kernel NULL pointer dereference at virtual address 00000008
pgd = c0004000
[00000008] *pgd=00000000
Internal error: Oops: 17 [#1] ARM
`).filter(line => line.startsWith('x86')),
    ).toEqual([]));
});

test.each([
  ['error 6 in app[400000+1000]', '6'],
  ['error 14 in libc.so.6[7f0000000000+1000] likely on CPU 3 (core 1, socket 0)', '14'],
])('a user fault is one line, its code hexadecimal: %s', (rest, code) =>
  expect(
    says(
      `app[1234]: segfault at 7f62d5b48e68 ip 000000000040052d sp 00007ffe12345678 ${rest}\napp[77]: segfault at 0000000000000000 rip 0000000000400523 rsp 00007fff9c1b3ae0 error 4\n`,
    ),
  ).toEqual([`x86 fault 7f62d5b48e68 code ${code}`, 'x86 fault 0 code 4']),
);

describe('PGD alone on its line', () => {
  const header = 'BUG: unable to handle kernel paging request at ffffc90001234000';
  const pgd = (text: string): string[] => entries(text).filter(line => line.startsWith('PGD'));

  test('4.8 to 4.13 print each level on a line of its own', () =>
    expect(entries(`${header}\nPGD 1bec067 \nPUD 1bed067 \nPMD 0 \n\nOops: 0002 [#1] SMP\n`)).toEqual([
      'PGD/4, 1bec067, of ffffc90001234000, x86.pte 4l',
      'PUD/3, 1bed067, of ffffc90001234000, x86.pte 4l',
      'PMD/2, 0, of ffffc90001234000, x86.pte 4l',
    ]));

  test.each(['PGD 0 ', 'PGD 1bec067 BAD', 'PGD 1bec067 \nBAD'])(
    'an empty top entry, or one whose table cannot be read: %j',
    walk => {
      expect(pgd(`${header}\n${walk}\nOops: 0002 [#1] SMP\n`)[0]).toMatch(
        /^PGD\/4, (?:0|1bec067), of ffffc90001234000, x86.pte 4l$/,
      );
      expect(readText(`${header}\n${walk}\nOops: 0002 [#1] SMP\n`).unknown).toBe(0);
    },
  );

  test('kernels that print P4D whenever it is folded have five levels where they do not', () =>
    expect(
      pgd(
        'BUG: unable to handle page fault for address: ff11000080000000\n#PF: error_code(0x0000) - not-present page\nPGD 0 \nOops: 0000 [#1] SMP\n',
      ),
    ).toEqual(['PGD/5, 0, of ff11000080000000, x86.pte 5l']));
});

test('a NULL pointer in words, and one that is hidden', () => {
  expect(
    faults(
      'BUG: unable to handle kernel NULL pointer dereference at           (null)\nPGD 0 \nOops: 0010 [#1] SMP\n',
    ),
  ).toEqual(['x86 fault 0 code 10']);
  expect(
    faults('BUG: unable to handle kernel paging request at (____ptrval____)\nPGD 0 \nOops: 0002 [#1] SMP\n'),
  ).toEqual(['x86 fault ? code 2']);
});

test('2.6 on x86-64: the address before RIP:', () =>
  expect(
    says(`Unable to handle kernel paging request at ffffc20000023000 RIP: 
 [<ffffffff8020b1ab>] foo+0x0/0x10
PGD 203027 PUD 205027 PMD 0 
Oops: 0000 [1] SMP 
`),
  ).toEqual([
    'PGD/4, 203027, of ffffc20000023000, x86.pte 4l',
    'PUD/3, 205027, of ffffc20000023000, x86.pte 4l',
    'PMD/2, 0, of ffffc20000023000, x86.pte 4l',
    'x86 fault ffffc20000023000 code 0',
  ]));

test('several reports, one without a code: none is lost', () =>
  expect(
    faults(`BUG: unable to handle kernel paging request at ffffc90001234000
PGD 1bec067 PUD 1bed067 PMD 0 
BUG: unable to handle page fault for address: ffffc90001235000
#PF: error_code(0x0002) - not-present page
PGD 1bec067 P4D 1bec067 PUD 1bed067 PMD 0 
`),
  ).toEqual(['x86 fault ffffc90001234000 code ?', 'x86 fault ffffc90001235000 code 2']));

describe('entries that Linux found bad are no fault', () => {
  test('the address is on the next line', () =>
    expect(
      says(
        'BUG: Bad page map in process app  pte:fd20b000 pmd:16d7b08067\naddr:00007fb3611a5000 vm_flags:08100073 anon_vma:0000000000000000 mapping:0000000000000000 index:7fb3611a5\n',
      ),
    ).toEqual(['PMD/2, 16d7b08067, of 7fb3611a5000, x86.pte', 'PTE/1, fd20b000, of 7fb3611a5000, x86.pte']));

  test('on arm64', () =>
    expect(
      says(
        'BUG: Bad page map in process app  pte:68000083401f03 pmd:833fb003\naddr:0000ffff9a1a5000 vm_flags:00100073 anon_vma:0000000000000000 mapping:0000000000000000 index:ffff9a1a5\n',
      ),
    ).toEqual([
      'PMD/2, 833fb003, of ffff9a1a5000, arm64.stage1',
      'PTE/3, 68000083401f03, of ffff9a1a5000, arm64.stage1',
    ]));
});
