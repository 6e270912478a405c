/** The architectures whose KVM is modelled. */
import type { ArchitectureId, KvmArchitecture } from './architecture.ts';
import { arm64 } from './arm64/index.ts';
import { x86 } from './x86/index.ts';

export const KVM: Readonly<Record<ArchitectureId, KvmArchitecture>> = { arm64, x86 };

/** In the order in which they are listed. */
export const ARCHITECTURES: readonly KvmArchitecture[] = [arm64, x86];
