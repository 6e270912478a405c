/** What an architecture knows of faults: the part of the contract that `explain` and `lookUp` ask. */
import type { Fault } from '../text/model.ts';
import type { Candidate } from '../walk/candidate.ts';
import type { Regime } from '../walk/regime.ts';
import type { Step, Translation } from '../walk/translate.ts';
import type { Access, Claim, Controls } from './claim.ts';
import type { Case, Reason, Suspect, SuspectKind } from './reason.ts';

export interface FaultRules {
  /** Id of the architecture. */
  readonly id: string;
  /** Families whose entries a walk reads, by the short names that people give them. */
  readonly entries: Readonly<Record<string, string>>;
  /** A fault that a kernel reported of itself; undefined where its registers are not all there. */
  claim(fault: Fault): Claim | undefined;
  /** What the hardware reported, in one line: `protection, write, user mode (error code 0x7)`. */
  reported(fault: Fault): string | undefined;
  /**
   * Is this first stage that of the level that took the fault?
   * @param el the exception level, where the architecture has such
   */
  tookIt(candidate: Candidate, el: number): boolean;
  /** What in one entry of a walk denies the access, one phrase each: `R/W = 0: read-only`. */
  denials(step: Step, regime: Regime, access: Access, controls: Controls): readonly string[];
  /** Why the processor refuses the address before it reads any table, or undefined. */
  keptOut(claim: Claim, walk: Translation, controls: Controls): string | undefined;
  /** What reasons and suspects of this architecture there can be. */
  readonly kinds: readonly SuspectKind[];
  /** Why an access faulted that every entry permits, certain reasons first. */
  reasons(at: Case): readonly Reason[];
  /** Where no entries are known: what is behind a fault that entries need not be the reason of. */
  withoutEntries(claim: Claim): readonly string[];
  /** What is behind a denied access that is no mistake: dirty tracking. */
  behindDenial(claim: Claim, walk: Translation): readonly Suspect[];
  /** What an entry that faults though it is valid is guilty of. */
  faulty(step: Step, regime: Regime): 'misconfiguration' | 'reserved-bit' | 'permission' | 'address-size';
}
