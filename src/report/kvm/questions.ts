/** How answers about each architecture read. */
import type { ArchitectureId } from '../../kvm/architecture.ts';
import type { QuestionsReport } from './architecture.ts';
import { arm64Questions } from './arm64-questions.ts';
import { x86Questions } from './x86-questions.ts';

export const QUESTIONS_REPORT: Readonly<Record<ArchitectureId, QuestionsReport>> = {
  arm64: arm64Questions,
  x86: x86Questions,
};
