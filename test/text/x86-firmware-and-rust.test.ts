/** Exceptions of EDK2, and registers as monitors in Rust print them. */
import { expect, test } from 'vitest';
import { readText } from '../../src/text/read.ts';
import { brief } from './brief.ts';

const says = (text: string): string[] => readText(text).items.map(brief);

test('EDK2 on 32 bits: CR4 on the same line', () =>
  expect(
    says(`!!!! IA32 Exception Type - 0E(#PF - Page-Fault)  CPU Apic ID - 00000000 !!!!
ExceptionData - 00000002  I:0 R:0 U:0 W:1 P:0 PK:0 SS:0 SGX:0
EIP  - 0001F0F0, CS  - 00000010, EFLAGS - 00010046
CR0  - 80000033, CR2 - FFFFF000, CR3 - 7FC01000, CR4 - 00000668
`),
  ).toEqual(['CR0=80000033', 'CR2=fffff000', 'CR3=7fc01000', 'CR4=668', 'x86 fault fffff000 code 2']));

test('the code of another exception is no page fault', () =>
  expect(
    says(`!!!! X64 Exception Type - 0D(#GP - General Protection)  CPU Apic ID - 00000000 !!!!
ExceptionData - 0000000000000000
CR0  - 0000000080010033, CR2 - 0000000000000000, CR3 - 000000007FC01000
`),
  ).toEqual(['CR0=80010033', 'CR2=0', 'CR3=7fc01000']));

test.each([
  ['    cr3: 36864,\n    efer: 1280,\n', 'decimal'],
  ['    cr3: 9000,\n    efer: 5a0,\n', 'hexadecimal'],
])('a debug print of Rust says in which base it was read: %j', (text, base) => {
  const { items, remarks } = readText(text);
  expect(items.map(brief)).toEqual(base === 'decimal' ? ['CR3=9000', 'EFER=500'] : ['CR3=9000', 'EFER=5a0']);
  expect(remarks.map(({ text }) => text)).toEqual([`numbers of a Rust debug print are ${base}`]);
});

test('the whole structure on one line', () =>
  expect(
    says(
      'kvm_sregs { cs: kvm_segment { base: 0 }, cr0: 2147483697, cr3: 36864, cr8: 0, efer: 1280, apic_base: 4276094976 }\n',
    ),
  ).toEqual(['CR0=80000031', 'CR3=9000', 'EFER=500']));
