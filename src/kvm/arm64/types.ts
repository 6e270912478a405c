/** What goes in and comes out of KVM on arm64. */
import type { KvmTypes } from '../architecture.ts';
import type { Arm64AuditSlot } from './audit.ts';
import type { Arm64Cap } from './cap.ts';
import type { GuestType } from './effective.ts';
import type { Arm64Migration } from './migrate.ts';
import type { Arm64Cpu, Arm64Mapping, Arm64Policy } from './model.ts';
import type { Arm64PredictInput, Arm64Prediction } from './predict.ts';

export interface Arm64Types extends KvmTypes {
  readonly policy: Arm64Policy;
  readonly cpu: Arm64Cpu;
  readonly mapping: Arm64Mapping;
  readonly predictInput: Arm64PredictInput;
  readonly prediction: Arm64Prediction;
  readonly type: GuestType;
  readonly guestType: GuestType;
  readonly migration: Arm64Migration;
  readonly cap: Arm64Cap;
  readonly auditSlot: Arm64AuditSlot;
}
