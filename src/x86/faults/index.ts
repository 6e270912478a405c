/** What x86 knows of faults. */
import { decode } from '../../bits/codec.ts';
import { hex } from '../../bits/word.ts';
import type { Claim, Controls } from '../../faults/claim.ts';
import { fieldsOf } from '../../faults/rights.ts';
import type { FaultRules } from '../../faults/rules.ts';
import type { Translation } from '../../walk/translate.ts';
import { cr4Layout } from '../registers/control.ts';
import {
  eptMisconfigurationClaim,
  eptViolationClaim,
  errorCodeText,
  nestedFaultClaim,
  pageFaultClaim,
} from './claims.ts';
import { denials } from './denials.ts';

/** What keeps the supervisor from pages of the user [SDM, "Determination of Access Rights"]. */
function besideTables({ by, access }: Claim, user: boolean, controls: Controls): readonly string[] {
  if (by !== 'privileged' || !user) return [];
  const word = controls('CR4');
  const cr4 = word === undefined ? undefined : decode(cr4Layout, word);
  const [name, on, text] =
    access === 'fetch'
      ? ['CR4.SMEP', cr4?.smep, 'the supervisor must not execute pages of the user']
      : ['CR4.SMAP', cr4?.smap, 'the supervisor must not access pages of the user unless EFLAGS.AC is set'];
  if (on === undefined) return [`${name}: ${text}`];
  return on ? [`${name} = 1: ${text}`] : [];
}

/** Address bits above these are reserved on some processor there is [SDM, MAXPHYADDR]. */
const SMALLEST_WIDTH = 32;

/** Address bits that are reserved where the processor has fewer than was taken for granted. */
const narrower = ({ steps }: Translation): readonly string[] =>
  steps.flatMap(step => {
    const { oa, next } = fieldsOf(step);
    const top = BigInt(oa ?? next ?? 0).toString(2).length - 1;
    if (top < SMALLEST_WIDTH) return [];
    return [`MAXPHYADDR: bit ${top} of the level ${step.name} entry is reserved where it is ${top} or less`];
  });

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
  besideTables,
  behindDenial: () => [],
  narrower,
  faulty({ reading: { facts } }, { id }) {
    if (id === 'x86.ept') return 'misconfiguration';
    return facts.userFault && !facts.reservedFault ? 'permission' : 'reserved-bit';
  },
};
