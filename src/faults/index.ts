/** Faults explained: a claim of the hardware, and `explain` or `lookUp` to hold it against tables. */

export { type AccessFault, type AskedAccess, type JudgedAccess, judgeAccess } from './access.ts';
export type { Access, AccessKind, By, Cause, Claim, Controls } from './claim.ts';
export { type EntryWalk, walkEntries } from './entries.ts';
export { type Looked, lookUp } from './look.ts';
export type { FaultRules } from './rules.ts';
export { type Explanation, explain, type StepVerdict } from './verdict.ts';
