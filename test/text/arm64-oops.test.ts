/** Reports of arm64 Linux of all eras: the walk with its levels, the syndrome wherever the kernel prints it. */
import { describe, expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';

const says = (text: string): string[] => readText(text).items.map(brief);
const entries = (text: string): string[] => says(text).filter(line => / of [0-9a-f?]+, arm64/.test(line));
const faults = (text: string): string[] => says(text).filter(line => line.includes(' fault '));

const folded = (bits: number, kib: number, walk: string): string =>
  `swapper pgtable: ${kib}k pages, ${bits}-bit VAs, pgdp=0000000045830000\n[ffff800081ba4190] ${walk}\n`;

describe('levels that are folded when the kernel starts', () => {
  test('48 bits on a kernel for 52: P4D is level 0, PGD is no part of the walk', () => {
    const text = `Unable to handle kernel write to read-only memory at virtual address ffff800081ba4190
Mem abort info:
  ESR = 0x000000009600004e
${folded(48, 4, 'pgd=0000000000000000, p4d=10000000467df003, pud=10000000467e0003, pmd=0060000045600781')}`;
    expect(entries(text)).toEqual([
      'PGD/?, 0, of ffff800081ba4190, arm64.stage1 4K, unused',
      'P4D/0, 10000000467df003, of ffff800081ba4190, arm64.stage1 4K',
      'PUD/1, 10000000467e0003, of ffff800081ba4190, arm64.stage1 4K',
      'PMD/2, 60000045600781, of ffff800081ba4190, arm64.stage1 4K',
    ]);
    expect(faults(text)).toEqual(['arm64 fault ffff800081ba4190 code 9600004e']);
  });

  test('the unrelated slot holds a table of its own', () =>
    expect(
      entries(folded(48, 4, 'pgd=1000000041001003, p4d=10000000467df003, pud=0000000000000000')),
    ).toEqual([
      'PGD/?, 1000000041001003, of ffff800081ba4190, arm64.stage1 4K, unused',
      'P4D/0, 10000000467df003, of ffff800081ba4190, arm64.stage1 4K',
      'PUD/1, 0, of ffff800081ba4190, arm64.stage1 4K',
    ]));

  test('16K pages and 47 bits: PUD is level 1', () =>
    expect(
      entries(
        folded(
          47,
          16,
          'pgd=0000000000000000, p4d=0000000000000000, pud=10000000467df003, pmd=0000000000000000',
        ),
      ),
    ).toEqual([
      'PGD/?, 0, of ffff800081ba4190, arm64.stage1 16K, unused',
      'P4D/?, 0, of ffff800081ba4190, arm64.stage1 16K, unused',
      'PUD/1, 10000000467df003, of ffff800081ba4190, arm64.stage1 16K',
      'PMD/2, 0, of ffff800081ba4190, arm64.stage1 16K',
    ]));

  test('without the line of the configuration: an empty entry leads to no other', () =>
    expect(
      entries(
        '[ffff800081ba4190] pgd=0000000000000000, p4d=10000000467df003, pud=10000000467e0003, pmd=0060000045600781',
      ),
    ).toEqual([
      'PGD/?, 0, of ffff800081ba4190, arm64.stage1, unused',
      'P4D/0, 10000000467df003, of ffff800081ba4190, arm64.stage1',
      'PUD/1, 10000000467e0003, of ffff800081ba4190, arm64.stage1',
      'PMD/2, 60000045600781, of ffff800081ba4190, arm64.stage1',
    ]));

  test('a value that repeats by chance: the same walk', () =>
    expect(
      entries(folded(48, 4, 'pgd=10000000467df003, p4d=10000000467df003, pud=0000000000000000')),
    ).toEqual([
      'PGD/0, 10000000467df003, of ffff800081ba4190, arm64.stage1 4K',
      'P4D/0, 10000000467df003, of ffff800081ba4190, arm64.stage1 4K, folded',
      'PUD/1, 0, of ffff800081ba4190, arm64.stage1 4K',
    ]));

  test('five levels in use, two entries alike', () =>
    expect(
      entries(folded(52, 4, 'pgd=10000000467df003, p4d=10000000467df003, pud=0000000000000000')),
    ).toEqual([
      'PGD/-1, 10000000467df003, of ffff800081ba4190, arm64.stage1 4K',
      'P4D/0, 10000000467df003, of ffff800081ba4190, arm64.stage1 4K',
      'PUD/1, 0, of ffff800081ba4190, arm64.stage1 4K',
    ]));

  test('PGD alone', () =>
    expect(entries(folded(48, 4, 'pgd=0000000000000000'))).toEqual([
      'PGD/0, 0, of ffff800081ba4190, arm64.stage1 4K',
    ]));
});

describe('the syndrome, wherever it stands', () => {
  const walk = `pgd = ffffffc0e4273000
[ffffff8009224d70] *pgd=00000000f7fff003, *pud=00000000f7fff003, *pmd=00000000f7ffe003, *pte=0000000000000000
`;
  const before = 'Unable to handle kernel paging request at virtual address ffffff8009224d70\n';
  test('after the walk, on the line of the internal error', () => {
    const text = `${before}${walk}Internal error: Oops: 96000007 [#1] SMP\n`;
    expect(faults(text)).toEqual(['arm64 fault ffffff8009224d70 code 96000007']);
    expect(readText(text).unknown).toBe(0);
  });

  test.each([
    ['Unhandled fault: alignment fault (0x96000061) at 0xffffff8009800000', 'ffffff8009800000 code 96000061'],
    [
      'Unhandled fault: TLB conflict abort (0x96000030) at 0xffff800391440090',
      'ffff800391440090 code 96000030',
    ],
    [
      'Unhandled fault at 0xffffffc01a900000\nMem abort info:\n  ESR = 0x96000061',
      'ffffffc01a900000 code 96000061',
    ],
    [
      'Synchronous External Abort: synchronous external abort (0x96000210) at 0xffff000012345678',
      'ffff000012345678 code 96000210',
    ],
    ['Internal error: : 96000030 [#1] SMP', '? code 96000030'],
    ['Internal error: synchronous external abort: 0000000096000010 [#1] PREEMPT SMP', '? code 96000010'],
    ['Internal error: level 3 address size fault: 96000043 [#1] SMP', '? code 96000043'],
    ['Internal error: Oops: 0000000096000047 [https://host/issues/1] PREEMPT SMP', '? code 96000047'],
    ['Internal error: Attempting to execute userspace memory: 8600000f [#2] PREEMPT SMP', '? code 8600000f'],
    ['init[1]: unhandled level 3 translation fault (11) at 0x00000000, esr 0x83000007', '0 code 83000007'],
    [
      'a.out[2345]: unhandled alignment fault (7) at 0xffff9bb5f001, esr 0x92000061, in libc.so[ffff9bb00000+150000]',
      'ffff9bb5f001 code 92000061',
    ],
    [
      'app[7]: unhandled exception: DABT (lower EL), ESR 0x0000000092000007, level 3 translation fault in app[400000+1000]',
      '? code 92000007',
    ],
    [
      'Bad mode in Synchronous Abort handler detected on CPU0, code 0x8600000f -- IABT (current EL)',
      '? code 8600000f',
    ],
    [
      'Unhandled 64-bit el1h sync exception on CPU1, ESR 0x0000000096000010 -- DABT (current EL)',
      '? code 96000010',
    ],
    ['ESR: 0x96000047 -- DABT (current EL)\nFAR: 0xffff80000a57fff0', 'ffff80000a57fff0 code 96000047'],
    [
      '[000f84e30edbd7e5] address between user and kernel address ranges\nInternal error: Oops: 0000000096000004 [#1] SMP',
      'f84e30edbd7e5 code 96000004',
    ],
  ])('%s', (text, fault) => expect(faults(text)).toEqual([`arm64 fault ${fault}`]));

  test('FSRs of 32-bit Arm are none', () => {
    expect(faults('Unhandled fault: external abort on non-linefetch (0x1008) at 0xb6f1f000')).toEqual([]);
    expect(faults('Internal error: Oops: 805 [#1] SMP ARM')).toEqual([]);
  });

  test('two reports: each has its own', () =>
    expect(
      faults(
        `${before}${walk}Internal error: Oops: 96000007 [#1] SMP\n${before.replace('4d70', '4e80')}${walk.replace('4d70', '4e80')}Internal error: Oops: 96000006 [#2] SMP\n`,
      ),
    ).toEqual(['arm64 fault ffffff8009224d70 code 96000007', 'arm64 fault ffffff8009224e80 code 96000006']));
});

describe('broken lines', () => {
  const whole = `Unable to handle kernel write to read-only memory at virtual address ffff800081ba4190
swapper pgtable: 4k pages, 48-bit VAs, pgdp=0000000045830000
[ffff800081ba4190] pgd=10000000467df003, p4d=10000000467df003, pud=10000000467e0003, pmd=0060000045600781
`;
  /** Everything but where the lines stand. */
  const words = (text: string): string[] => says(text);
  test.each([
    ['before the address', 'address ', 'address\n'],
    ['before pgdp', 'VAs, ', 'VAs,\n'],
    ['after a comma of the walk', 'p4d=10000000467df003, ', 'p4d=10000000467df003,\n'],
    ['after another', 'pud=10000000467e0003, ', 'pud=10000000467e0003,\n'],
    ['within an entry', 'pud=1000000046', 'pud=1000000046\n'],
    ['within the last entry', 'pmd=00600', 'pmd=00600\n'],
    ['within the first entry', 'pgd=100000', 'pgd=100000\n'],
    ['within a sentence', 'memory at ', 'memory at\n'],
    ['within the address', 'address ffff800081', 'address ffff800081\n'],
  ])('%s', (_, from, to) => {
    expect(words(whole.replace(from, to))).toEqual(words(whole));
    expect(words(whole.replace(from, to).replace(/^/gm, '> '))).toEqual(words(whole));
  });

  test('an entry that is cut off, with nothing to complete it, is left out', () => {
    const { items, remarks } = readText(
      '[ffff800081ba4190] pgd=10000000467df003, p4d=1000000046\n\nRegards\n',
    );
    expect(items.filter(({ is }) => is === 'entry').map(brief)).toEqual([
      'PGD/?, 10000000467df003, of ffff800081ba4190, arm64.stage1',
    ]);
    expect(remarks.map(({ text }) => text)).toContain(
      'an entry of an oops was cut off: it and what follows are left out',
    );
  });
});

describe('quoted-printable', () => {
  test('undone, and lines put together', () =>
    expect(
      entries(`[ffff00000bca30d8] pgd=3D000000023f98a003, pud=3D000000023f98b003, p=
md=3D0000000000000000
`),
    ).toEqual([
      'PGD/0, 23f98a003, of ffff00000bca30d8, arm64.stage1',
      'PUD/1, 23f98b003, of ffff00000bca30d8, arm64.stage1',
      'PMD/2, 0, of ffff00000bca30d8, arm64.stage1',
    ]));
  test('a register whose value begins with 3D is what it is', () => {
    expect(says('CR3=3D002000\n')).toEqual(['CR3=3d002000']);
    expect(says('TTBR0_EL1=3D002000\nMAIR_EL1=0x44\n')).toEqual(['TTBR0_EL1=3d002000', 'MAIR_EL1=44']);
  });
  test('no entry is the beginning of a token', () =>
    expect(says('[ffff00000bca30d8] pgd=000000023f98a003x, pud=0000000000000000\n')).toEqual([]));
});

test('a line that stands in every report names no format', () => {
  const { parts, unknown } = readText('CPU: 2 PID: 184 Comm: systemd Tainted: G        W       4.13.0\n');
  expect(parts).toEqual([]);
  expect(unknown).toBe(1);
});

test('sixteen digits settle it: arm64 kernels print short addresses with eight', () =>
  expect(
    says('[00000018] *pgd=00000000b4c5a003, *pud=00000000b4c5a003, *pmd=0000000000000000').slice(0, 3),
  ).toEqual([
    'PGD/1, b4c5a003, of 18, arm64.stage1',
    'PUD/1, b4c5a003, of 18, arm64.stage1, folded',
    'PMD/2, 0, of 18, arm64.stage1',
  ]));

describe('what other kernels print alike', () => {
  test('32-bit Arm: no fault of arm64', () =>
    expect(
      faults(
        'Unable to handle kernel NULL pointer dereference at virtual address 00000018\npgd = c0004000\n[00000018] *pgd=00000000\nInternal error: Oops: 5 [#1] SMP ARM\n',
      ),
    ).toEqual([]));
  test('the first line alone, of 32 bits: x86 and Arm print it too', () =>
    expect(
      faults('Unable to handle kernel paging request at virtual address c0c0c0c0\n').filter(fault =>
        fault.startsWith('arm64'),
      ),
    ).toEqual([]));
  test('arm64 of old: short addresses, entries in full', () =>
    expect(
      faults(
        'Unable to handle kernel NULL pointer dereference at virtual address 00000018\npgd = ffffffc0e4273000\n[00000018] *pgd=00000000b4c5a003, *pud=00000000b4c5a003, *pmd=0000000000000000\nInternal error: Oops: 96000006 [#1] PREEMPT SMP\n',
      ),
    ).toEqual(['arm64 fault 18 code 96000006']));
});
