/** Dumps of virtual machines' control structures: the guest's registers and the host's stay apart. */
import { expect, test } from 'vitest';
import { valuesOf } from '../../src/machine/machine.ts';
import { sourceOf } from '../../src/machine/read.ts';
import { readText } from '../../src/text/read.ts';
import { candidates } from '../../src/x86/walk/roots.ts';
import { brief } from './brief.ts';

const walks = (text: string): string[] => {
  const [cpu] = sourceOf(text, 'registers.txt').cpus;
  return candidates(valuesOf(cpu ?? new Map())).found.map(({ name, through }) =>
    through === undefined ? name : `${name} through ${through}`,
  );
};
const says = (text: string): string[] => readText(text).items.map(brief);

const KVM = `[ 1.0] kvm_intel: VMCS 00000000a1b2c3d4, last attempted VM-entry on CPU 3
[ 1.0] kvm_intel: *** Guest State ***
[ 1.0] kvm_intel: CR0: actual=0x0000000080050033, shadow=0x0000000080050033, gh_mask=fffffffffffffff7
[ 1.0] kvm_intel: CR4: actual=0x00000000003626f0, shadow=0x00000000003606f0, gh_mask=ffffffffffffe871
[ 1.0] kvm_intel: CR3 = 0x0000000001234000
[ 1.0] kvm_intel: EFER= 0x0000000000000d01
[ 1.0] kvm_intel: PAT = 0x0407050600070106
[ 1.0] kvm_intel: *** Host State ***
[ 1.0] kvm_intel: CR0=0000000080050033 CR3=0000000105dfe004 CR4=00000000003626e0
[ 1.0] kvm_intel: *** Control State ***
[ 1.0] kvm_intel: EPT pointer = 0x0000000105dff05e
`;

test('KVM on Intel: the guest behind the EPT pointer, the host by itself', () => {
  expect(says(KVM)).toEqual([
    'GUESTCR0=80050033',
    'GUESTCR4=3626f0',
    'GUESTCR3=1234000',
    'GUESTEFER=d01',
    'GUESTPAT=407050600070106',
    'CR0=80050033',
    'CR3=105dfe004',
    'CR4=3626e0',
    'EPTP=105dff05e',
  ]);
  expect(readText(KVM).unknown).toBe(0);
  expect(walks(KVM)).toEqual(['ept', 'paging', 'guest through ept']);
});

test('kernels before 5.13: EFER and PAT on one line, of guest and host', () =>
  expect(
    says(`*** Guest State ***
CR0: actual=0x0000000080050033, shadow=0x0000000080050033, gh_mask=fffffffffffffff7
CR3 = 0x0000000001234000
EFER =     0x0000000000000d01  PAT = 0x0007040600070406
*** Host State ***
CR0=0000000080050033 CR3=0000000105dfe004 CR4=00000000003626e0
EFER = 0x0000000000000d01  PAT = 0x0407050600070106
`),
  ).toEqual([
    'GUESTCR0=80050033',
    'GUESTCR3=1234000',
    'GUESTEFER=d01',
    'GUESTPAT=7040600070406',
    'CR0=80050033',
    'CR3=105dfe004',
    'CR4=3626e0',
    'EFER=d01',
    'PAT=407050600070106',
  ]));

test('a guest with PAE: its PDPTEs are entries of level 3', () =>
  expect(says('*** Guest State ***\nPDPTR0 = 0x000000005e0e5001  PDPTR1 = 0x000000005e0e4001\n')).toEqual([
    'PDPTE0/3, 5e0e5001, of 0, x86.pte pae',
    'PDPTE1/3, 5e0e4001, of 40000000, x86.pte pae',
  ]));

test('MSRs loaded at entry and exit belong to the guest and to the host', () =>
  expect(
    says(`*** Guest State ***
MSR guest autoload:
   0: msr=0xc0000080 value=0x0000000000000d01
*** Host State ***
MSR host autoload:
   0: msr=0xc0000080 value=0x0000000000000501
`),
  ).toEqual(['GUESTEFER=d01', 'EFER=501']));

test('the exit that the VMCS tells is an EPT violation', () =>
  expect(says('*** Guest State ***\n        reason=00000030 qualification=0000000000000981\n')).toEqual([
    'x86 ept-violation ? code 981',
  ]));

test('Xen, two VCPUs: two machines', () => {
  const vcpu = (cr3: string, eptp: string): string => `(XEN) *** Guest State ***
(XEN) CR0: actual=0x0000000080000033, shadow=0x0000000080000033, gh_mask=ffffffffffffffff
(XEN) CR3 = 0x${cr3}
(XEN) EFER = 0x0000000000000d00  PAT = 0x0007040600070406
(XEN) *** Host State ***
(XEN) CR0=000000008005003b CR3=00000001732dc000 CR4=00000000000026f0
(XEN) EPT pointer = 0x${eptp}  EPTP index = 0x0000
`;
  const { cpus } = sourceOf(
    vcpu('00000000002e9000', '0000000172a0b01e') + vcpu('00000000002ea000', '0000000172a0b01e'),
    'x',
  );
  expect(cpus.map(cpu => cpu.get('GUESTCR3')?.value)).toEqual([0x2e9000n, 0x2ea000n]);
});

test('KVM on AMD: the VMCB with its nested page fault', () => {
  const text = `[ 5.1] kvm_amd: VMCB Control Area:
[ 5.1] kvm_amd: exit_code:          00000400
[ 5.1] kvm_amd: exit_info1:         0000000100000006
[ 5.1] kvm_amd: exit_info2:         00000000fee00300
[ 5.1] kvm_amd: nested_ctl:         1
[ 5.1] kvm_amd: nested_cr3:         0000000112345000
[ 5.1] kvm_amd: VMCB State Save Area:
[ 5.1] kvm_amd: es:   s: 0000 a: 0000 l: ffffffff b: 0000000000000000
[ 5.1] kvm_amd: cpl:            0                efer:         0000000000001d01
[ 5.1] kvm_amd: cr0:            0000000080050033 cr2:          00007f0000001000
[ 5.1] kvm_amd: cr4:            00000000003506f0 cr3:          0000000001234000
[ 5.1] kvm_amd: gpat:           0407050600070106 dbgctl:       0000000000000000
`;
  expect(says(text)).toEqual([
    'x86 nested-page-fault fee00300 code 100000006',
    'NCR3=112345000',
    'GUESTEFER=1d01',
    'GUESTCR0=80050033',
    'GUESTCR4=3506f0',
    'GUESTCR3=1234000',
    'GUESTPAT=407050600070106',
  ]);
  expect(walks(text)).toEqual(['npt', 'guest through npt']);
});

test('without nested paging there is no root of it', () =>
  expect(says('VMCB Control Area:\nnested_ctl:         0\nnested_cr3:         0000000000000000\n')).toEqual(
    [],
  ));

test('Xen on AMD', () =>
  expect(
    says(`(XEN) Dumping guest's current state at svm_vmexit_handler...
(XEN) Size of VMCB = 4096, paddr = 0x0000000236e69000, vaddr = 0xffff830236e69000
(XEN) exitcode = 0x400 exitintinfo = 0
(XEN) exitinfo1 = 0x100000004 exitinfo2 = 0xfee00000
(XEN) np_enable = 0x1 guest_asid = 0x1
(XEN) CPL = 0 EFER = 0x1d00 star = 0 lstar = 0
(XEN) CR3 = 0x0000000001234000 CR4 = 0x00000000003506f0
(XEN) KernGSBase = 0x0000000000000000 PAT = 0x0007040600070406
(XEN) H_CR3 = 0x0000000112345000 CleanBits = 0
`),
  ).toEqual([
    'x86 nested-page-fault fee00000 code 100000004',
    'GUESTEFER=1d00',
    'GUESTCR3=1234000',
    'GUESTCR4=3506f0',
    'GUESTPAT=7040600070406',
    'NCR3=112345000',
  ]));
