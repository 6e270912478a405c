/** What KVM on x86 is asked. */
import type { KvmQuestions } from '../architecture.ts';
import { diff } from './diff.ts';
import { parsePatType, parseType } from './effective.ts';
import { inverse } from './inverse.ts';
import { mappingOf } from './mapping.ts';
import { migrate } from './migrate.ts';
import { policies } from './policies.ts';
import { predict } from './predict.ts';
import { OUTCOME_FACTS, search } from './search.ts';
import type { X86Types } from './types.ts';

export const questions = {
  ...policies,
  mappingOf,
  predict,
  diff,
  facts: { properties: [], outcomes: OUTCOME_FACTS, inputs: {} },
  search,
  parseType,
  parseGuestType: parsePatType,
  inverse,
  migrate,
} as const satisfies KvmQuestions<X86Types>;
