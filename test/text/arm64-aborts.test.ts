/** Aborts of arm64 as firmware, hypervisors, emulators and other kernels print them: one fault each, its registers beside it. */
import { describe, expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';

const says = (text: string): string[] => readText(text).items.map(brief);
const faults = (text: string): string[] => says(text).filter(line => line.includes(' fault '));

describe('one fault', () => {
  test.each([
    [
      'U-Boot',
      '"Synchronous Abort" handler, esr 0x96000010, far 0x2a480000',
      '2a480000 code 96000010 at EL2',
    ],
    ['U-Boot, no address', '"Synchronous Abort" handler, esr 0x96000010', '? code 96000010 at EL2'],
    ['U-Boot, an SError', '"Error" handler, esr 0xbf000002', '? code bf000002 at EL2'],
    ['U-Boot of one vendor', '* ESR_EL2    =   0000000096000010', '? code 96000010 at EL2'],
    [
      'KVM at EL2',
      'kvm [1]: HYP panic:\nPS:a00003c9 PC:0000ca0b42049fc4 ESR:86000006\nFAR:0000ca0b42049fc4 HPFAR:0000000010001000 PAR:0000000000000000',
      'ca0b42049fc4 code 86000006 at EL2 hpfar 10001000',
    ],
    [
      'Xen, of a guest',
      '(XEN) traps.c:1986:d0v1 HSR=0x93880045 pc=0x00007f97b14e70 gva=0x7f7f817000 gpa=0x0000401315d000',
      '7f7f817000 code 93880045 at EL2 hpfar 401315d0',
    ],
    [
      'Xen, of itself',
      '(XEN) Data Abort Trap. Syndrome=0x6\n(XEN) Walking Hypervisor VA 0x40 on CPU0 via TTBR 0x0000000046948000\n(XEN) 0TH[0x000] = 0x46940f7f\n(XEN) 1ST[0x000] = 0x0',
      '40 code 96000006 at EL2',
    ],
    [
      'Xen, a trap',
      '(XEN) Hypervisor Trap. HSR=0x96000047 EC=0x25 IL=1 Syndrome=0x47',
      '? code 96000047 at EL2',
    ],
    [
      'QEMU',
      '...from EL0 to EL2\n...with ESR 0x24/0x92000006\n...with FAR 0x1000',
      '1000 code 92000006 at EL2',
    ],
    [
      'QEMU of old',
      '...with ESR 0x96000004\n...with FAR 0xffff00000000',
      'ffff00000000 code 96000004 at EL1',
    ],
    [
      'TF-A',
      'esr_el3        = 0x0000000096000046\nfar_el3        = 0x0000000000001000',
      '1000 code 96000046 at EL3',
    ],
    [
      'TF-A of old',
      'Unhandled Exception in EL3.\nesr_el3 =\t0x0000000096000046\nfar_el3 =\t0x0000000000001000',
      '1000 code 96000046 at EL3',
    ],
    ['Zephyr', 'E: ESR_ELn: 0x0000000096000046\nE: FAR_ELn: 0x0000000000001000', '1000 code 96000046 at EL1'],
    ['Zephyr’s log', '[00:00:00.010,000] <err> os: ESR_ELn: 0x0000000096000046', '? code 96000046 at EL1'],
    [
      'NuttX',
      'arm64_fatal_error: ESR_ELn: 0xbf000002\narm64_fatal_error: FAR_ELn: 0x0',
      '0 code bf000002 at EL1',
    ],
    [
      'NuttX, one line',
      'ESR_ELn: 0x96000046      FAR_ELn: 0x0      ELR_ELn: 0x404b69cc',
      '0 code 96000046 at EL1',
    ],
    ['EDK2', '  ESR 0x96000004          FAR 0x0000000000000028', '28 code 96000004 at EL2'],
    [
      'Hafnium',
      'ERROR: Data abort: pc=0x40001234, esr=0x96000007, ec=0x25, far=0x8000',
      '8000 code 96000007 at EL2',
    ],
    [
      'Hafnium, no address',
      'ERROR: Instruction abort: pc=0x40001234, esr=0x86000010, ec=0x21, far=invalid',
      '? code 86000010 at EL2',
    ],
    [
      'Jailhouse',
      'Unhandled data write at 0x9000018(4)\n\n pc: ffff800010a81234   lr: ffff800010a81200 spsr: 60000005     EL1\n sp: ffff800011d0bd30  esr: 24 1 1800046',
      '? code 93800046 at EL2 hpfar 90000',
    ],
    [
      'XNU',
      '\t  pc:  0xfffffff007a4c2ec cpsr: 0x60400304         esr: 0x96000006          far: 0x0000000000000010',
      '10 code 96000006 at EL1',
    ],
    ['FreeBSD', ' far: 0000000000000028\n esr:         96000004', '28 code 96000004 at EL1'],
    [
      'OP-TEE, the core',
      'E/TC:0 0 Core data-abort at address 0x107f0cf8\nE/TC:0 0 esr 0x96000050 ttbr0 0x0e29f000 ttbr1 0x00000000 cidr 0x0',
      '107f0cf8 code 96000050 at EL1',
    ],
  ])('%s', (_, text, fault) => expect(faults(text)).toEqual([`arm64 fault ${fault}`]));
});

test('two reports in a row are two faults', () =>
  expect(
    faults(
      'E: ESR_ELn: 0x0000000096000046\nE: FAR_ELn: 0x1000\nE: ESR_ELn: 0x0000000096000007\nE: FAR_ELn: 0x2000\n',
    ),
  ).toEqual(['arm64 fault 1000 code 96000046 at EL1', 'arm64 fault 2000 code 96000007 at EL1']));

describe('the walk of the fault is of its group', () => {
  const together = (text: string): boolean => {
    const { items } = readText(text);
    const [fault] = items.filter(({ is }) => is === 'fault');
    const entries = items.filter(({ is }) => is === 'entry');
    return entries.length > 0 && entries.every(({ group }) => group === fault?.group);
  };
  test('Zephyr', () =>
    expect(
      together(
        'E: ESR_ELn: 0x0000000096000046\nE: FAR_ELn: 0x80001000\nE: PTE walk for 0x80001000 (TTBR0=0x0001000080031000):\nE:   L1[002] @ 0x80031010 = 0x0000000080032003\nE:   L2[000] @ 0x80032000 = 0x0000000000000000\n',
      ),
    ).toBe(true));
  test('Xen’s own', () =>
    expect(
      together(
        '(XEN) Data Abort Trap. Syndrome=0x6\n(XEN) Walking Hypervisor VA 0x40 on CPU0 via TTBR 0x0000000046948000\n(XEN) 0TH[0x000] = 0x46940f7f\n',
      ),
    ).toBe(true));
  test('of Xen’s guest', () =>
    expect(
      together(
        '(XEN) traps.c:1986:d0v1 HSR=0x93880045 pc=0x7f97b14e70 gva=0x7f7f817000 gpa=0x0000401315d000\n(XEN) dom0 IPA 0x000000401315d000\n(XEN) P2M @ 0000000801a2b3c0 mfn:0x806a3c\n(XEN) 1ST[0x100] = 0x0\n',
      ),
    ).toBe(true));
});

test('who wrote the tables: Xen', () =>
  expect(says('(XEN) dom1 IPA 0x0000000038000000\n(XEN) 1ST[0x000] = 0x02c00000800006fd\n')).toEqual([
    'owner: xen',
    '1ST/1, 2c00000800006fd, of 38000000, arm64.stage2 4K',
  ]));

describe('which architecture bdinfo is of', () => {
  test('arm64, by the digits of its pointers', () =>
    expect(says('TLB addr    = 0x000000013fff0000\n')).toEqual([
      'root: 13fff0000',
      'arch: arm64',
      'owner: u-boot',
    ]));
  test('32-bit Arm says neither', () =>
    expect(says('TLB addr    = 0x3ffe0000\n')).toEqual(['root: 3ffe0000', 'owner: u-boot']));
});

describe('pairs of registers', () => {
  test.each([
    ['ESR_EL1: 0x96000047      FAR_EL1: 0x8'],
    ['ESR_EL1: 0x96000047  FAR_EL1: 0x8'],
    ['ESR_EL1=0x96000047, FAR_EL1=0x8'],
    ['ESR_EL1: 0x96000047\tFAR_EL1: 0x8'],
    ['ESR_EL1: 0x96000047 (DABT, level 3)\nFAR_EL1: 0x8'],
    ['ESR_EL1 0x96000047 -- DABT\nFAR_EL1 0x8;'],
  ])('%j', text => expect(says(text)).toEqual(['ESR_EL1=96000047', 'FAR_EL1=8']));
});

test('a walk below Xen’s P2M alone is of stage 2', () =>
  expect(says('(XEN) P2M @ 0000000bfdd2c000 mfn:0xbfdd2c\n(XEN) 1ST[0x2] = 0x02c00000800006fd\n')).toEqual([
    'owner: xen',
    'root: bfdd2c000',
    '1ST/1, 2c00000800006fd, arm64.stage2 4K',
  ]));

test('a raw mail whose blanks are those of HTML: undone, and the blank behind a broken line stays', () =>
  expect(
    faults(`> FATAL: Unhandled HYP exception: synchronous abort from EL2
> =C2=A0pc: 0000ffffc0203864=C2=A0=C2=A0 lr: 0000ffffc0203850 spsr: 20000=
3c9=C2=A0=C2=A0=C2=A0=C2=A0 EL2
> =C2=A0sp: 0000ffffc0222e40=C2=A0 elr: 0000ffffc0203864=C2=A0 esr:=
 25 1 1800005
`),
  ).toEqual(['arm64 fault ? code 97800005 at EL2']));
