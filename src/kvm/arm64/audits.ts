/** What was recorded of KVM on arm64. */
import type { KvmAudits } from '../architecture.ts';
import { audit } from './audit.ts';
import { policies } from './policies.ts';
import { owns, slotOf } from './recorded.ts';
import type { Arm64Types } from './types.ts';

export const audits = { ...policies, owns, slotOf, audit } as const satisfies KvmAudits<Arm64Types>;
