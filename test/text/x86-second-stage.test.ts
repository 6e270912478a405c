/** What hypervisors print of EPT and NPT: hierarchies of KVM in all spellings, violations of Xen, events of traces. */
import { describe, expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';

const says = (text: string): string[] => readText(text).items.map(brief);

describe('hierarchies of KVM', () => {
  const EPT = [
    'x86 ept-misconfiguration 268fe10 code ?',
    '4/4, 7abb7107, of 268fe10, x86.ept',
    '3/3, 35a59107, of 268fe10, x86.ept',
    '2/2, 7a88a107, of 268fe10, x86.ept',
    '1/1, 1000005d48fc76, of 268fe10, x86.ept',
  ];
  test.each([
    [
      '3.x',
      `EPT: Misconfiguration.
EPT: GPA: 0x268fe10
ept_misconfig_inspect_spte: spte 0x7abb7107 level 4
ept_misconfig_inspect_spte: spte 0x35a59107 level 3
ept_misconfig_inspect_spte: spte 0x7a88a107 level 2
ept_misconfig_inspect_spte: spte 0x1000005d48fc76 level 1
ept_misconfig_inspect_spte: ept_mem_type=0x6
`,
    ],
    [
      '4.2',
      `walk_shadow_page_get_mmio_spte: detect reserved bits on spte, addr 0x268fe10, dump hierarchy:
------ spte 0x7abb7107 level 4.
------ spte 0x35a59107 level 3.
------ spte 0x7a88a107 level 2.
------ spte 0x1000005d48fc76 level 1.
`,
    ],
  ])('%s', (_, text) => {
    expect(says(text)).toEqual(EPT);
    expect(readText(text).unknown).toBe(0);
  });

  test('5.12 and later tell the reserved bits, and so the width of physical addresses', () =>
    expect(
      says(`get_mmio_spte: reserved bits set on MMU-present spte, addr 0xfee00000, hierarchy:
------ spte = 0x105dff907 level = 4, rsvd bits = 0xfc000000000f8
------ spte = 0x105dfe907 level = 3, rsvd bits = 0xfc00000000078
------ spte = 0x105dfd907 level = 2, rsvd bits = 0xfc00000000078
------ spte = 0x8400000fee00b77 level = 1, rsvd bits = 0xfc00000000000
`),
    ).toEqual([
      'x86 ept-misconfiguration fee00000 code ?',
      'MAXPHYADDR: 2e',
      '4/4, 105dff907, of fee00000, x86.ept',
      '3/3, 105dfe907, of fee00000, x86.ept',
      '2/2, 105dfd907, of fee00000, x86.ept',
      '1/1, 8400000fee00b77, of fee00000, x86.ept',
    ]));

  test('on AMD the tables are marked accessed: no EPT', () =>
    expect(
      says(`get_mmio_spte: detect reserved bits on spte, addr 0xffc12792, dump hierarchy:
------ spte 0x1344a0827 level 4.
------ spte 0x134499827 level 3.
------ spte 0xff800ffc12817 level 1.
`),
    ).toEqual([
      '4/4, 1344a0827, of ffc12792, x86.npt',
      '3/3, 134499827, of ffc12792, x86.npt',
      '1/1, ff800ffc12817, of ffc12792, x86.npt',
    ]));

  test('#VE of 6.10 and later: all entries on one line', () =>
    expect(says('kvm: #VE 109fff8, spte[4] = 0x8010000136b61807, spte[3] = 0x82100001950008f5\n')).toEqual([
      '4/4, 8010000136b61807, of 109fff8, x86.ept',
      '3/3, 82100001950008f5, of 109fff8, x86.ept',
    ]));
});

test.each([
  ['4.17', 'd1v0 ', 'GFN 7ed37:', ''],
  ['before 4.6', 'p2m-ept.c:716:d1v0 ', 'domain 1 gfn 7ed37', ','],
])('an EPT violation of Xen %s with its walk', (_, by, of, comma) =>
  expect(
    says(`(XEN) ${by}EPT violation 0x19c (--x/rw-)${comma} gpa 0x0000007ed373a1${comma} mfn 0x33ed37${comma} type 0
(XEN) ${by}Walking EPT tables for ${of}
(XEN) ${by} epte 9c0000047eba3107
(XEN) ${by} epte 9c000003000003f3
(XEN) ${by} --- GLA 0x7ed373a1
`),
  ).toEqual([
    'x86 ept-violation 7ed373a1 code 19c linear 7ed373a1',
    '4/4, 9c0000047eba3107, of 7ed373a1, x86.ept',
    '3/3, 9c000003000003f3, of 7ed373a1, x86.ept',
  ]),
);

describe('events of KVM in traces', () => {
  const by = ' CPU 0/KVM-1234    [002] d..1.  100.000001: ';
  test('an exit and the fault after it are one fault', () =>
    expect(
      says(`${by}kvm_exit: vcpu 0 reason EPT_VIOLATION rip 0xffff info1 0x0000000000000181 info2 0x0000000000000000 intr_info 0x00000000 error_code 0x00000000
${by}kvm_page_fault: vcpu 0 rip 0xffff address 0x00000000fee00000 error_code 0x181
`),
    ).toEqual(['x86 ept-violation fee00000 code 181']));

  test.each([
    ['address fee00000 error_code 181', 'x86 ept-violation fee00000 code 181'],
    ['address fee00000 error_code 100000006', 'x86 nested-page-fault fee00000 code 100000006'],
    ['address 7f62d5b48e68 error_code 7', 'x86 fault 7f62d5b48e68 code 7'],
  ])('alone, its code shows what it is: %s', (event, fault) =>
    expect(says(`${by}kvm_page_fault: ${event}\n`)).toEqual([fault]),
  );

  test('EPT_MISCONFIG has its address in the event of MMIO, npf in the exit', () =>
    expect(
      says(`${by}kvm_exit: reason EPT_MISCONFIG rip 0xffff info 0 0
${by}handle_mmio_page_fault: addr:fec00000 gfn fec00 access 7
${by}kvm_exit: reason npf rip 0xffff info 10000000d fee00300
`),
    ).toEqual(['x86 ept-misconfiguration fec00000 code ?', 'x86 nested-page-fault fee00300 code 10000000d']));

  test.each([
    ['600000013fc00b77 (rwxu)', ', x86.ept'],
    ['13fc00b77 (rwx)', ', x86.ept'],
    ['80000013fc00867 (rwxu)', ''],
  ])('whether an entry is one of EPT shows: %s', (spte, family) =>
    expect(says(`${by}kvm_mmu_set_spte: gfn 3 spte ${spte} level 1 at 79f3018\n`)).toEqual([
      `1/1, ${spte.split(' ')[0]}, at pa:79f3018, of 3000${family}`,
    ]),
  );

  test('trace-cmd and perf', () =>
    expect(
      says(`qemu-system-x86-1234  [002]   100.000002: kvm_page_fault:       address fee00000 error_code 181
qemu-system-x86  1234 [002]   100.000002: kvm:kvm_page_fault: address fee01000 error_code 182
`),
    ).toEqual(['x86 ept-violation fee00000 code 181', 'x86 ept-violation fee01000 code 182']));

  test('page faults of the kernel itself', () =>
    expect(
      says(
        '            app-1977  [001] d....   100.123456: page_fault_user: address=0x7f62d5b48e68 ip=0x40052d error_code=0x7\n',
      ),
    ).toEqual(['x86 fault 7f62d5b48e68 code 7']));
});
