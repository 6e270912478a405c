/** CPUs by name. */
import type { NamedCpu } from '../cpu.ts';
import { unknownName } from '../errors.ts';
import { inferred, mail, measured, source } from '../evidence.ts';
import type { X86Cpu } from './model.ts';

export const PROFILES: readonly NamedCpu<X86Cpu>[] = [
  {
    name: 'intel',
    cpu: { vendor: 'intel', selfSnoop: true, tdp: true },
    evidence: [inferred('Intel CPUs since about 2010 report self-snoop; some with errata hide it')],
  },
  {
    name: 'intel-no-self-snoop',
    cpu: { vendor: 'intel', selfSnoop: false, tdp: true },
    evidence: [source('arch/x86/kernel/cpu/intel.c: self-snoop errata')],
  },
  {
    name: 'intel-no-ept',
    cpu: { vendor: 'intel', selfSnoop: true, tdp: false },
    evidence: [measured('Linux 6.18.2 with kvm_intel.ept=0')],
  },
  {
    name: 'amd',
    cpu: { vendor: 'amd', selfSnoop: false, tdp: true },
    evidence: [measured('Linux 6.18.2 on an emulated EPYC with NPT')],
  },
  {
    name: 'tdx',
    cpu: { vendor: 'tdx', selfSnoop: true, tdp: true },
    evidence: [
      mail('"Always honor guest PAT on TDX enabled guests" v3 6/6 (4 Mar 2025): self-snoop is required'),
    ],
  },
];

export function parseCpu(text: string): NamedCpu<X86Cpu> {
  const profile = PROFILES.find(p => p.name === text.toLowerCase());
  if (profile) return profile;
  throw unknownName(
    'x86 CPU',
    text,
    PROFILES.map(p => p.name),
  );
}

/** The vendor: each has roots of second stages, and registers, that the other has not. */
export function cpuOf(registers: ReadonlyMap<string, bigint>): string | undefined {
  if (registers.has('NCR3') || registers.has('SYSCFG')) return 'amd';
  return registers.has('EPTP') || registers.has('IA32_VMX_EPT_VPID_CAP') ? 'intel' : undefined;
}
