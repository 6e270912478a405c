/** What is known of KVM on arm64. */
import type { KnownCase, KvmPolicies } from '../architecture.ts';
import type { Row } from '../policy.ts';
import { cap } from './cap.ts';
import { cpuOf, PROFILES, parseCpu } from './cpu.ts';
import { ARM64_ERAS } from './eras/index.ts';
import { IDEAS, PROPOSALS } from './eras/proposals.ts';
import { SPECIAL_CASES } from './gmem.ts';
import type { Arm64Types } from './types.ts';

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

export const policies = {
  id: 'arm64',
  eras: ARM64_ERAS,
  cases: CASES,
  cpus: PROFILES,
  parseCpu,
  cpuOf,
  functionsOf: ({ slot, vma, fault }) => [
    { name: 'slot', rows: slot },
    { name: 'each VMA', rows: vma },
    { name: 'fault', rows: fault as readonly Row<unknown, string>[] },
  ],
  cap,
} as const satisfies KvmPolicies<Arm64Types>;
