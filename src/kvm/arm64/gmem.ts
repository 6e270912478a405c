/** guest_memfd, pKVM and realm rows: the paths that never look at a VMA type. */
import { type Evidence, type Grade, inferred, mail, measured, source } from '../evidence.ts';
import type { ProtBit } from './model.ts';
import { ACCESSES, type Access, type Arm64Cpu, type FaultOutcome } from './model.ts';
import { maintenance, permissions, setProt, WITH_NC } from './prot.ts';

/** gmem_abort(): one leaf for one access of a guest_memfd slot, or undefined where the access never reaches it. */
export function gmemFault(access: Access, readonly: boolean, cpu: Arm64Cpu): FaultOutcome | undefined {
  // A store to a read-only slot is an MMIO exit, not a stage-2 mapping.
  if (access === 'write' && readonly) return undefined;
  const prot = new Set<ProtBit>(['R']);
  if (!readonly) prot.add('W');
  if (access === 'exec' || cpu.dic) prot.add('X');
  const leaf = setProt(WITH_NC, cpu.fwb, prot);
  if (!leaf.ok) throw new Error('a NORMAL leaf is always accepted');
  return {
    r: 'map',
    p: permissions(prot),
    t: leaf.t,
    a: leaf.a,
    ...maintenance(leaf.t, prot.has('X'), cpu.fwb, cpu.dic),
    size: '4K',
  };
}

export function gmemFaults(readonly: boolean, cpu: Arm64Cpu): Partial<Record<Access, FaultOutcome>> {
  const out: Partial<Record<Access, FaultOutcome>> = {};
  for (const access of ACCESSES) {
    const fault = gmemFault(access, readonly, cpu);
    if (fault !== undefined) out[access] = fault;
  }
  return out;
}

export const GMEM_EVIDENCE: readonly Evidence[] = [
  source('7.0-generation arch/arm64/kvm/mmu.c gmem_abort()'),
  inferred('that 6.18 arm64 already has it'),
];

/** The cases that are not one function's table; printed by `eras` and named by predict. */
export const SPECIAL_CASES: readonly {
  id: string;
  says: string;
  grade: Grade;
  evidence: readonly Evidence[];
}[] = [
  {
    id: 'guest_memfd',
    says: 'NORMAL, 4K, read-write unless the slot is read-only, X on a fetch or with DIC; the slot must be mappable guest_memfd, else EINVAL; no VMA type is read.',
    grade: 'S',
    evidence: GMEM_EVIDENCE,
  },
  {
    id: 'pkvm-protected-vm',
    says: 'NORMAL RWX, 4K, the page pinned; anonymous or swap-backed memory only, else EIO, so never raw page frames.',
    grade: 'T',
    evidence: [mail('published notes on pkvm_mem_abort()')],
  },
  {
    id: 'pkvm-ordinary-vm',
    says: 'As user_mem_abort(), mapped by EL2; a cacheable mapping of a page frame outside kernel memory fails with -EPERM, a Device or Normal-NC one with -EINVAL.',
    grade: 'M',
    evidence: [measured('Linux 6.18.2 on arm64, kvm-arm.mode=protected')],
  },
  {
    id: 'cca-realm-unprotected',
    says: 'The FWB encodings 6, 5 and 1 whatever the host has; read-write. The series is under review in 2026.',
    grade: 'T',
    evidence: [mail('KVM arm64 realm support, under review in 2026')],
  },
];
