/** What x86 knows of faults. */
import { hex } from '../../bits/word.ts';
import type { FaultRules } from '../../faults/rules.ts';
import {
  eptMisconfigurationClaim,
  eptViolationClaim,
  errorCodeText,
  nestedFaultClaim,
  pageFaultClaim,
} from './claims.ts';
import { denials } from './denials.ts';
import { REASONS } from './reason-kinds.ts';
import { reasons, withoutEntries } from './reasons.ts';

export const faults: FaultRules = {
  id: 'x86',
  entries: { pte: 'x86.pte', ept: 'x86.ept', npt: 'x86.npt' },
  claim({ address, errorCode, exit, linear }) {
    if (exit === 'ept-misconfiguration')
      return address === undefined ? undefined : eptMisconfigurationClaim(address);
    if (errorCode === undefined) return undefined;
    if (exit === 'ept-violation') return eptViolationClaim(errorCode, address, linear);
    return exit === 'nested-page-fault'
      ? nestedFaultClaim(errorCode, address)
      : pageFaultClaim(errorCode, address);
  },
  reported(fault) {
    const { errorCode, exit } = fault;
    if (exit !== undefined) return faults.claim(fault)?.says;
    return errorCode === undefined ? undefined : `${errorCodeText(errorCode)} (error code ${hex(errorCode)})`;
  },
  tookIt: () => true,
  denials,
  keptOut: () => undefined,
  kinds: Object.values(REASONS),
  reasons,
  withoutEntries,
  behindDenial: () => [],
  faulty({ reading: { facts } }, { id }) {
    if (id === 'x86.ept') return 'misconfiguration';
    return facts.userFault && !facts.reservedFault ? 'permission' : 'reserved-bit';
  },
};
