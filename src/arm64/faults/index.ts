/** What arm64 knows of faults. */
import { decode } from '../../bits/codec.ts';
import { hex } from '../../bits/word.ts';
import type { Claim, Controls } from '../../faults/claim.ts';
import type { Suspect } from '../../faults/reason.ts';
import type { FaultRules } from '../../faults/rules.ts';
import type { Translation } from '../../walk/translate.ts';
import { keptClean, type SoftwareReading } from '../descriptors/software.ts';
import { tcrEl1Format, tcrEl2HostFormat } from '../registers/control.ts';
import { upperRange } from '../values/address.ts';
import { abortClaim, statusText } from './claims.ts';
import { denials } from './denials.ts';
import { REASONS } from './reason-kinds.ts';
import { reasons, withoutEntries } from './reasons.ts';

/** EL0 kept out of a half of the address space: a level 0 Translation fault, whatever the tables say [Arm ARM, FEAT_E0PD]. */
function keptOut(claim: Claim, { input, regime }: Translation, controls: Controls): string | undefined {
  const { stage, by, cause, level } = claim;
  if (stage !== 1 || by !== 'unprivileged' || cause !== 'not-present' || level !== 0) return undefined;
  if (regime.stage !== 1) return undefined;
  const upper = upperRange(input);
  const name = ['TCR_EL1', 'TCR_EL2'].find(register => controls(register) !== undefined);
  const word = name === undefined ? undefined : controls(name);
  if (word === undefined) return undefined;
  const tcr = decode(name === 'TCR_EL1' ? tcrEl1Format : tcrEl2HostFormat, word);
  return tcr[upper ? 'e0pd1' : 'e0pd0']
    ? `${name}.E0PD${upper} = 1 keeps EL0 out of this half of the address space: a level 0 Translation fault, whatever the tables say`
    : undefined;
}

/** A write to a page that Linux or hardware keeps clean by making it read-only. */
function behindDenial({ access }: Claim, walk: Translation): readonly Suspect[] {
  if (access !== 'write' || walk.outcome !== 'mapped') return [];
  const { word, reading } = walk.leaf;
  const { Linux } = (reading.facts.software ?? {}) as SoftwareReading;
  return Linux !== undefined && keptClean(word)
    ? [
        {
          ...REASONS['dirty-tracking'],
          says: 'dirty tracking: Linux’s software bits say that the page is writable and clean, so this fault is how it becomes dirty',
        },
      ]
    : [];
}

export const faults: FaultRules = {
  id: 'arm64',
  entries: { stage1: 'arm64.stage1', s1: 'arm64.stage1', stage2: 'arm64.stage2', s2: 'arm64.stage2' },
  claim: ({ address: far, esr, hpfar, el = 1 }) =>
    esr === undefined ? undefined : abortClaim({ esr, far, hpfar, el, stage2: hpfar !== undefined }),
  reported: ({ esr }) => (esr === undefined ? undefined : `${statusText(esr)} (ESR ${hex(esr)})`),
  tookIt: ({ name }, el) => Number(/(?:^|\.)el(\d)/.exec(name)?.[1] ?? 0) === el,
  denials,
  keptOut,
  kinds: Object.values(REASONS),
  reasons,
  withoutEntries,
  behindDenial,
  faulty: ({ reading: { facts } }) => (facts.addressSizeFault ? 'address-size' : 'reserved-bit'),
};
