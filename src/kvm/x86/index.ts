/** KVM on x86. */
import type { KvmArchitecture } from '../architecture.ts';
import { audits } from './audits.ts';
import { questions } from './questions.ts';
import type { X86Types } from './types.ts';

export const x86 = { ...questions, ...audits } as const satisfies KvmArchitecture<X86Types>;
