/** What is known of each architecture. */
import type { KvmPolicies } from './architecture.ts';
import { policies as arm64 } from './arm64/policies.ts';
import { policies as x86 } from './x86/policies.ts';

/** In the order in which they are listed; the first is meant where nothing says otherwise. */
export const kvmPolicies: readonly [KvmPolicies, ...KvmPolicies[]] = [arm64, x86];
