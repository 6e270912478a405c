import type { ArchitectureId } from '../../kvm/architecture.ts';
import type { KvmReport } from './architecture.ts';
import { arm64Report } from './arm64.ts';
import { x86Report } from './x86.ts';

export const KVM_REPORT: Readonly<Record<ArchitectureId, KvmReport>> = { arm64: arm64Report, x86: x86Report };
