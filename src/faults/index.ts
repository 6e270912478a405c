/** Faults explained: a claim of the hardware, and `explain` or `lookUp` to hold it against tables. */
export { type Abort, abortClaim } from './arm64.ts';
export type { AccessKind, Cause, Claim } from './claim.ts';
export { ENTRY_FAMILIES, type EntryFamily, type EntryWalk, walkEntries } from './entries.ts';
export { type Looked, lookUp } from './look.ts';
export { type Explanation, explain, type StepVerdict } from './verdict.ts';
export { eptMisconfigurationClaim, eptViolationClaim, nestedFaultClaim, pageFaultClaim } from './x86.ts';
