/** What KVM on arm64 is asked. */
import type { KvmQuestions } from '../architecture.ts';
import { diff } from './diff.ts';
import { parseGuestType } from './effective.ts';
import { FACTS } from './facts.ts';
import { inverse } from './inverse.ts';
import { mappingOf } from './mapping.ts';
import { migrate } from './migrate.ts';
import { policies } from './policies.ts';
import { predict } from './predict.ts';
import { OUTCOME_FACTS, PROPERTIES, search } from './search.ts';
import type { Arm64Types } from './types.ts';

export const questions = {
  ...policies,
  mappingOf,
  predict,
  diff,
  facts: { properties: PROPERTIES, outcomes: OUTCOME_FACTS, inputs: FACTS },
  search,
  parseType: parseGuestType,
  parseGuestType,
  inverse,
  migrate,
} as const satisfies KvmQuestions<Arm64Types>;
