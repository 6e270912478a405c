/** KVM on x86. */
import type { KvmArchitecture, KvmTypes } from '../architecture.ts';
import { audit, type X86AuditSlot } from './audit.ts';
import { cap, type X86Cap } from './cap.ts';
import { PROFILES, parseCpu } from './cpu.ts';
import { diff } from './diff.ts';
import { type MtrrType, type PatType, parsePatType, parseType } from './effective.ts';
import { X86_ERAS } from './eras/index.ts';
import { inverse } from './inverse.ts';
import { mappingOf } from './mapping.ts';
import { migrate, type X86Migration, type X86MigrationInput } from './migrate.ts';
import type { X86Cpu, X86Policy } from './model.ts';
import { predict, type X86PredictInput, type X86Prediction } from './predict.ts';
import { owns, slotOf } from './recorded.ts';
import { OUTCOME_FACTS, search } from './search.ts';

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

export const x86 = {
  id: 'x86',
  eras: X86_ERAS,
  cases: [],
  cpus: PROFILES,
  parseCpu,
  functionsOf: ({ ept }) => [{ name: 'EPT leaf', rows: ept }],
  mappingOf,
  predict,
  diff,
  facts: { properties: [], outcomes: OUTCOME_FACTS, inputs: {} },
  search,
  parseType,
  parseGuestType: parsePatType,
  inverse,
  migrate,
  cap,
  owns,
  slotOf,
  audit,
} as const satisfies KvmArchitecture<X86Types>;
