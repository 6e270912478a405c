/** KVM_CHECK_EXTENSION(KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED) on a VM and on /dev/kvm. */
import { errnoNumber } from '../errno.ts';
import { type Grade, strongest } from '../evidence.ts';
import type { Arm64Cpu, Arm64Policy, Capability } from './model.ts';

export const CACHEABLE_PFNMAP_CAP = 'KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED';

export interface CapAnswer {
  readonly known: boolean;
  /** On a VM file descriptor: 1 supported, 0 not (or not known). */
  readonly vmFd: number;
  /** On /dev/kvm: -EINVAL where the name is known, 0 where it is not. */
  readonly sysFd: number;
  readonly number?: number;
  readonly evidence: Capability['evidence'];
}

export function cacheablePfnmapCap(policy: Arm64Policy, cpu: Arm64Cpu): CapAnswer {
  const { known, number, evidence } = policy.cacheablePfnmapCap;
  if (!known) return { known, vmFd: 0, sysFd: 0, evidence };
  return {
    known,
    vmFd: cpu.fwb && cpu.dic ? 1 : 0,
    sysFd: errnoNumber('EINVAL'),
    ...(number === undefined ? {} : { number }),
    evidence,
  };
}

export interface Arm64Cap extends CapAnswer {
  readonly cap: string;
  readonly grade: Grade;
}

/** What a VMM is told of the policy's capabilities on this CPU. */
export function cap(policy: Arm64Policy, cpu: Arm64Cpu): readonly Arm64Cap[] {
  const answer = cacheablePfnmapCap(policy, cpu);
  return [{ cap: CACHEABLE_PFNMAP_CAP, ...answer, grade: strongest(answer.evidence.map(e => e.grade)) }];
}
