/** How the answers of one architecture read, in the parts of the model. What both say alike stands in the files beside this. */
import type { KvmTypes } from '../../kvm/architecture.ts';
import type { AskedCap } from './cap.ts';
import type { Asked, Shown } from './predict.ts';
import type { TextAnswer } from './text.ts';

export interface PoliciesReport<T extends KvmTypes = KvmTypes> {
  /** The features of a CPU. */
  cpuText(cpu: T['cpu']): string;
  capAnswer(asked: readonly AskedCap<T>[]): TextAnswer;
  /** A policy with its rows. */
  policyRecord(policy: T['policy']): object;
}

export interface QuestionsReport<T extends KvmTypes = KvmTypes> {
  /** @param shown which of the conditions that were asked. One prediction alone is told in lines. */
  predictAnswer(predictions: readonly Asked<T['prediction']>[], shown: Shown): TextAnswer;
  /** An input that contradicts a property. */
  exampleText(example: object): string;
  /** What a migration changes, or where it fails. */
  migrationText(migration: T['migration']): string;
}
