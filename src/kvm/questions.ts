/** What each architecture is asked. */
import type { KvmQuestions } from './architecture.ts';
import { questions as arm64 } from './arm64/questions.ts';
import { questions as x86 } from './x86/questions.ts';

/** In the order in which they are listed; the first is meant where nothing says otherwise. */
export const kvmQuestions: readonly [KvmQuestions, ...KvmQuestions[]] = [arm64, x86];
