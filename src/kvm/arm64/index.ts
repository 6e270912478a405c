/** KVM on arm64. */
import type { KnownCase, KvmArchitecture, KvmTypes } from '../architecture.ts';
import type { Row } from '../policy.ts';
import { type Arm64AuditSlot, audit } from './audit.ts';
import { type Arm64Cap, cap } from './cap.ts';
import { PROFILES, parseCpu } from './cpu.ts';
import { diff } from './diff.ts';
import { type GuestType, parseGuestType } from './effective.ts';
import { ARM64_ERAS } from './eras/index.ts';
import { IDEAS, PROPOSALS } from './eras/proposals.ts';
import { FACTS } from './facts.ts';
import { SPECIAL_CASES } from './gmem.ts';
import { inverse } from './inverse.ts';
import { leak } from './leak.ts';
import { mappingOf } from './mapping.ts';
import { type Arm64Migration, migrate } from './migrate.ts';
import type { Arm64Cpu, Arm64Mapping, Arm64Policy } from './model.ts';
import { type Arm64PredictInput, type Arm64Prediction, predict } from './predict.ts';
import { owns, slotOf } from './recorded.ts';
import { OUTCOME_FACTS, PROPERTIES, search } from './search.ts';

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

const CASES: readonly KnownCase[] = [
  ...PROPOSALS.map(({ id, title, evidence }) => ({
    id,
    kind: 'proposal' as const,
    covers: 'never a patch',
    title,
    grade: 'T' as const,
    evidence,
  })),
  ...IDEAS.map(({ name, rule, source }) => ({
    id: name,
    kind: 'proposal' as const,
    covers: 'an idea, not a condition',
    title: rule,
    grade: 'T' as const,
    evidence: [{ grade: 'T' as const, source }],
  })),
  ...SPECIAL_CASES.map(({ id, says, grade, evidence }) => ({
    id,
    kind: 'case' as const,
    covers: 'see the text',
    title: says,
    grade,
    evidence,
  })),
];

export const arm64 = {
  id: 'arm64',
  eras: ARM64_ERAS,
  cases: CASES,
  cpus: PROFILES,
  parseCpu,
  functionsOf: ({ slot, vma, fault }) => [
    { name: 'slot', rows: slot },
    { name: 'each VMA', rows: vma },
    { name: 'fault', rows: fault as readonly Row<unknown, string>[] },
  ],
  mappingOf,
  predict,
  diff,
  facts: { properties: PROPERTIES, outcomes: OUTCOME_FACTS, inputs: FACTS },
  search,
  parseType: parseGuestType,
  parseGuestType,
  inverse,
  migrate,
  leak,
  cap,
  owns,
  slotOf,
  audit,
} as const satisfies KvmArchitecture<Arm64Types> & { readonly leak: typeof leak };
