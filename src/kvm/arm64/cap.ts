/** KVM_CHECK_EXTENSION(KVM_CAP_ARM_CACHEABLE_PFNMAP_SUPPORTED) on a VM and on /dev/kvm. */
import { type Arm64Cpu, type Arm64Policy, type Capability, ERRNO } from './model.ts';

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
    sysFd: -ERRNO.EINVAL,
    ...(number === undefined ? {} : { number }),
    evidence,
  };
}
