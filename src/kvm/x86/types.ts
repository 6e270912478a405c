/** What goes in and comes out of KVM on x86. */
import type { KvmTypes } from '../architecture.ts';
import type { X86AuditSlot } from './audit.ts';
import type { X86Cap } from './cap.ts';
import type { MtrrType, PatType } from './effective.ts';
import type { X86Migration, X86MigrationInput } from './migrate.ts';
import type { X86Cpu, X86Policy } from './model.ts';
import type { X86PredictInput, X86Prediction } from './predict.ts';

export interface X86Types extends KvmTypes {
  readonly policy: X86Policy;
  readonly cpu: X86Cpu;
  readonly mapping: X86MigrationInput['mapping'];
  readonly predictInput: X86PredictInput;
  readonly prediction: X86Prediction;
  readonly type: MtrrType;
  readonly guestType: PatType;
  readonly migration: X86Migration;
  readonly cap: X86Cap;
  readonly auditSlot: X86AuditSlot;
}
