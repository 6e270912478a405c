/** What is known of faults. */
import { decode } from '../../../../src/bits/codec.ts';
import { type Case, type Reason, suspectKinds } from '../../../../src/faults/reason.ts';
import type { FaultRules } from '../../../../src/faults/rules.ts';
import { sstatusFormat } from '../registers/control.ts';
import { scause } from '../registers/fault.ts';
import { pageFaultClaim } from './claims.ts';
import { denials } from './denials.ts';

const REASONS = suspectKinds({
  sum: {
    means: 'The supervisor must not access pages of the user while sstatus.SUM is clear.',
    ref: sstatusFormat.ref,
  },
});

/** What keeps the supervisor from data of the user [section "Supervisor Status (sstatus) Register"]. */
function reasons({ claim: { by, access }, user, controls }: Case): readonly Reason[] {
  if (by === 'unprivileged' || !user || access === 'fetch') return [];
  const word = controls('SSTATUS');
  const sum = word === undefined ? undefined : decode(sstatusFormat, word).sum;
  if (sum === 1) return [];
  return [
    {
      ...REASONS.sum,
      says: `sstatus.SUM${sum === 0 ? ' = 0' : ''}: the supervisor must not access pages of the user`,
      certain: sum === 0,
    },
  ];
}

export const faults: FaultRules = {
  id: 'riscv',
  entries: { pte: 'riscv.pte' },
  claim: ({ address, errorCode }) =>
    errorCode === undefined || address === undefined ? undefined : pageFaultClaim(errorCode, address),
  reported: ({ errorCode }) => (errorCode === undefined ? undefined : scause.read(errorCode, {}).facts.says),
  tookIt: () => true,
  denials,
  keptOut: (_claim, { outcome, regime }) =>
    outcome === 'outside'
      ? `the bits above the virtual address of ${regime.id} are not all alike`
      : undefined,
  kinds: Object.values(REASONS),
  reasons,
  withoutEntries: () => [],
  behindDenial: () => [],
  faulty: () => 'reserved-bit',
};
