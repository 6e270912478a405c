/** What is known of KVM on x86. */
import type { KvmPolicies } from '../architecture.ts';
import { cap } from './cap.ts';
import { cpuOf, PROFILES, parseCpu } from './cpu.ts';
import { X86_ERAS } from './eras/index.ts';
import type { X86Types } from './types.ts';

export const policies = {
  id: 'x86',
  eras: X86_ERAS,
  cases: [],
  cpus: PROFILES,
  parseCpu,
  cpuOf,
  functionsOf: ({ ept }) => [{ name: 'EPT leaf', rows: ept }],
  cap,
} as const satisfies KvmPolicies<X86Types>;
