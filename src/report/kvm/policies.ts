/** How what is known of each architecture reads. */
import type { ArchitectureId } from '../../kvm/architecture.ts';
import type { PoliciesReport } from './architecture.ts';
import { arm64Policies } from './arm64-policies.ts';
import { x86Policies } from './x86-policies.ts';

export const POLICIES_REPORT: Readonly<Record<ArchitectureId, PoliciesReport>> = {
  arm64: arm64Policies,
  x86: x86Policies,
};
