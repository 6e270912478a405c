/** What was recorded of each architecture. */
import type { KvmAudits } from './architecture.ts';
import { audits as arm64 } from './arm64/audits.ts';
import { audits as x86 } from './x86/audits.ts';

/** In the order in which they are listed; the first is meant where nothing says otherwise. */
export const kvmAudits: readonly [KvmAudits, ...KvmAudits[]] = [arm64, x86];
