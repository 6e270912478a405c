/** What was recorded of KVM on x86. */
import type { KvmAudits } from '../architecture.ts';
import { audit } from './audit.ts';
import { policies } from './policies.ts';
import { owns, slotOf } from './recorded.ts';
import type { X86Types } from './types.ts';

export const audits = { ...policies, owns, slotOf, audit } as const satisfies KvmAudits<X86Types>;
