/** Page faults by scause and stval [section "Supervisor Cause (scause) Register", "Supervisor Trap Value (stval) Register"]. */
import { hex } from '../../../../src/bits/word.ts';
import { type AccessKind, type Claim, type WhoText, worded } from '../../../../src/faults/claim.ts';
import { scause } from '../registers/fault.ts';

const who: WhoText = (by, plain) => `${plain}${by === 'privileged' ? ' in S-mode' : ' in U-mode'}`;

const accessOf = (says: string): AccessKind =>
  says.startsWith('instruction') ? 'fetch' : says.startsWith('store') ? 'write' : 'read';

/** The processor says which access it was; not which entry is the reason, nor who made it. */
export function pageFaultClaim(cause: bigint, stval: bigint): Claim {
  const { facts, findings } = scause.read(cause, {});
  const { says } = facts;
  return worded(
    {
      source: `scause = ${hex(cause)}, stval = ${hex(stval)}`,
      ...{ architecture: 'riscv', stage: 1, family: 'riscv.pte', input: stval },
      cause: says.endsWith('page fault') ? 'unsaid' : 'outside',
      access: accessOf(says),
      onWalk: false,
      says,
      remarks: [],
      findings,
    },
    who,
  );
}
