/** KVM on arm64. */
import type { KvmArchitecture } from '../architecture.ts';
import { audits } from './audits.ts';
import { leak } from './leak.ts';
import { questions } from './questions.ts';
import type { Arm64Types } from './types.ts';

export const arm64 = { ...questions, ...audits, leak } as const satisfies KvmArchitecture<Arm64Types> & {
  readonly leak: typeof leak;
};
