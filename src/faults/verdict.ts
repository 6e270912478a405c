/** A fault, held against the tables: which entry explains it, or none does. */
import { positions } from '../bits/format.ts';
import { hex } from '../bits/word.ts';
import { type EntryKind, type Regime, softwareNote } from '../walk/regime.ts';
import type { Step, Translation } from '../walk/translate.ts';
import type { Cause, Claim, Controls } from './claim.ts';
import { type Denial, denials } from './denials.ts';
import { type Reason, type Suspect, suspectKinds } from './reason.ts';
import type { FaultRules } from './rules.ts';

/** What one entry of the walk has to do with the fault. */
export interface StepVerdict {
  readonly step: Step;
  /** `points to the table at 0x…`, `R/W = 0: read-only`… one phrase each. */
  readonly says: readonly string[];
  /** Does this entry explain the fault? */
  readonly guilty: boolean;
}

export interface Explanation {
  /** What the tables say happens; `fine`: nothing, `unknown`: a table is not there to be read. */
  readonly finds: Cause | 'fine' | 'unknown' | 'on-purpose' | 'no-address';
  /** One sentence. */
  readonly verdict: string;
  /** Do the tables say what the hardware said? Undefined where one of them says nothing. */
  readonly agrees?: boolean;
  /** Where they do not: what that means. */
  readonly doubt?: string;
  readonly steps: readonly StepVerdict[];
  /** What to look at next, likeliest first. */
  readonly suspects: readonly Suspect[];
}

const CAUSE: Readonly<Record<Cause, string>> = {
  'not-present': 'an entry that is not present',
  permission: 'rights',
  'access-flag': 'a clear Access flag',
  'address-size': 'an address beyond the physical address size',
  'reserved-bit': 'a reserved bit',
  misconfiguration: 'a misconfigured entry',
  unsaid: 'an entry that does not let it pass',
  unknown: 'nothing that is known',
  outside: 'something that no entry decides',
};

/** What may be behind a fault in any architecture. */
export const SUSPECTS = suspectKinds({
  'stale-tlb': { means: 'The TLB may hold the entry as it was before it was changed.' },
  spurious: {
    means: 'No entry is misconfigured: another one was, the tables were changed since, or nothing is wrong.',
  },
  'overwritten-pointer': {
    means: 'The address is none that a kernel hands out: a poison, or what was written over it.',
  },
  'no-pointer': { means: 'No table can translate the address: it is not one, or one of another regime.' },
  named: { means: 'The hardware named a reason that no entry decides.' },
});

const STALE: Suspect = {
  ...SUSPECTS['stale-tlb'],
  says: 'a stale TLB entry: was the entry changed without invalidating the TLB, or only after the fault was taken?',
};

const SPURIOUS: Suspect = {
  ...SUSPECTS.spurious,
  says: 'another entry: none of these is misconfigured, so the tables were changed since, or the report is spurious',
};

/**
 * Hold the claim against the walk of the stage that faulted.
 * @param controls registers of the moment of the access
 */
export function explain(
  claim: Claim,
  walk: Translation,
  rules: FaultRules,
  controls: Controls = () => undefined,
): Explanation {
  const met = keptOut(claim, walk, rules, controls) ?? find(claim, walk, rules, controls);
  const reasons = rules.reasons({ claim, walk, controls, user: isUser(walk, rules, controls) });
  const found = decided(claim, met, reasons);
  const { finds, guilty } = found;
  const suspects = [...(found.suspects ?? []), ...suspectsOf(claim, walk, found, rules, reasons)];
  const verdict =
    claim.cause === 'unknown' && found.finds === 'not-present'
      ? `${found.verdict}, so any access faults`
      : found.verdict;
  const steps = walk.steps.map((step): StepVerdict => {
    const denied = (found.denied ?? []).filter(denial => denial.step === step).map(({ bit }) => bit);
    const says = [...describe(step, walk), ...denied];
    return { step, says, guilty: step === guilty || denied.length > 0 };
  });
  const held = found.by ? { agrees: true } : agreement(claim, finds, guilty ?? found.denied?.at(-1)?.step);
  return { finds, verdict, steps, suspects, ...held };
}

/** A certain reason is the verdict where the entries are none. */
function decided(claim: Claim, found: Found, reasons: readonly Reason[]): Found {
  // what the hardware names beside the entries was met whether or not they deny the access, too
  const beside = found.finds === 'fine' || (found.finds === 'permission' && claim.cause === 'outside');
  const by = beside ? reasons.find(({ certain }) => certain) : undefined;
  const finds = claim.cause === 'unsaid' ? 'permission' : claim.cause;
  return by ? { finds, verdict: by.says, by } : found;
}

/** An address of which the system that took the fault says that no table translates it. */
export const explainOutside = (claim: Claim, address: bigint): Explanation => ({
  finds: 'not-present',
  verdict: `${hex(address)} lies between the addresses of the tables: none translates it`,
  steps: [],
  suspects: [
    {
      ...SUSPECTS['overwritten-pointer'],
      says: 'a pointer that was overwritten, or a poison value: Linux writes such into entries of lists that it deletes',
    },
  ],
  ...agreement(claim, 'not-present', undefined),
});

interface Found {
  readonly finds: Explanation['finds'];
  readonly verdict: string;
  readonly guilty?: Step;
  readonly denied?: readonly Denial[];
  readonly suspects?: readonly Suspect[];
  /** The reason that decided it beside the entries. */
  readonly by?: Reason;
}

/** A fault before any table was read. */
function keptOut(claim: Claim, walk: Translation, rules: FaultRules, controls: Controls): Found | undefined {
  const verdict = rules.keptOut(claim, walk, controls);
  return verdict === undefined ? undefined : { finds: 'not-present', verdict };
}

function find(claim: Claim, walk: Translation, rules: FaultRules, controls: Controls): Found {
  const last = walk.steps.at(-1);
  const at = (step: Step): string => `the level ${step.name} entry`;
  switch (walk.outcome) {
    case 'outside':
      return {
        finds: 'not-present',
        verdict: walk.regime.roots[0]?.canonical
          ? walk.reason
          : `${hex(walk.input)} is outside the addresses that these tables translate`,
        suspects: [
          {
            ...SUSPECTS['no-pointer'],
            says: 'a pointer that is not one: a tag or a hash in the upper bits, an address of another regime',
          },
        ],
      };
    case 'missing':
      return { finds: 'unknown', verdict: `${walk.reason}: the rest of the walk cannot be read` };
    case 'hidden-by-second-stage':
      return { finds: 'unknown', verdict: `${walk.reason}: the fault is one of the second stage` };
    case 'invalid': {
      const step = last as Step;
      const note = noteOf(step, walk.regime);
      return {
        finds: 'not-present',
        guilty: step,
        verdict: `${at(step)} is ${step.word === 0n ? '0: nothing is mapped' : 'not valid'}${note ? ` (${note})` : ''}`,
      };
    }
    case 'fault':
      // a root that is no address: no entry is read
      return last ? faulty(walk, last, rules) : { finds: 'address-size', verdict: walk.reason };
    case 'mapped':
      return mapped(claim, walk, last as Step, rules, controls);
  }
}

const errors = ({ reading }: Step): readonly string[] =>
  reading.findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);

/** An entry that is valid and still faults. */
function faulty(walk: Translation, step: Step, rules: FaultRules): Found {
  const { facts } = step.reading;
  const why = errors(step).join('; ');
  if (facts.mmio !== undefined)
    return {
      finds: 'on-purpose',
      guilty: step,
      verdict: `the level ${step.name} entry is KVM’s cached MMIO and faults on purpose: ${noteOf(step, walk.regime) ?? ''}`,
    };
  const cause = rules.faulty(step, walk.regime);
  return { finds: cause, guilty: step, verdict: `the level ${step.name} entry faults: ${why}` };
}

const ACCESS_FLAG = 'access-flag-clear';

/** The manual's name of the field that a finding is about. */
const nameAt = ({ reading }: Step, bits: string): string =>
  reading.format.rows.find(({ pieces }) => positions(pieces) === bits)?.name ?? `bit ${bits}`;

function mapped(claim: Claim, walk: Translation, leaf: Step, rules: FaultRules, controls: Controls): Found {
  const flag = leaf.reading.findings.find(({ id }) => id === ACCESS_FLAG);
  if (flag)
    return {
      finds: 'access-flag',
      guilty: leaf,
      verdict: `the level ${leaf.name} entry has ${nameAt(leaf, flag.bits)} = 0, and hardware does not set it`,
    };
  const denied = denials(walk, claim, rules, controls);
  if (denied.length > 0) {
    const parts = denied.map(({ step, bit }) => `level ${step.name} ${bit}`);
    return { finds: 'permission', denied, verdict: `not permitted: ${parts.join('; ')}` };
  }
  return { finds: 'fine', verdict: `the entries are fine: they permit ${claim.text}` };
}

/** What else may have denied the access, likeliest first; the TLB only where nothing else is left. */
function suspectsOf(
  claim: Claim,
  walk: Translation,
  { finds, by }: Found,
  rules: FaultRules,
  reasons: readonly Reason[],
): readonly Suspect[] {
  if (finds === 'permission' && !by) return rules.behindDenial(claim, walk);
  const left = reasons.filter(reason => reason !== by && (finds === 'unknown' || finds === 'fine'));
  if (finds !== 'fine' || claim.cause === 'unknown' || left.length > 0) return left;
  if (claim.cause === 'outside')
    return [{ ...SUSPECTS.named, says: `what the hardware named: ${claim.says}` }];
  return [claim.cause === 'misconfiguration' ? SPURIOUS : STALE];
}

/** May user mode use the page, as far as the tables go? */
const isUser = (walk: Translation, rules: FaultRules, controls: Controls): boolean =>
  walk.outcome === 'mapped' &&
  denials(walk, { access: 'read', by: 'unprivileged' }, rules, controls).length === 0;

function agreement(
  claim: Claim,
  finds: Explanation['finds'],
  guilty: Step | undefined,
): Pick<Explanation, 'agrees' | 'doubt'> {
  if (finds === 'unknown' || finds === 'no-address') return {};
  if (claim.cause === 'outside' || claim.cause === 'unknown') return {};
  if (finds === 'on-purpose') {
    const agrees = claim.cause === 'misconfiguration' || claim.cause === 'reserved-bit';
    return agrees ? { agrees } : { agrees, doubt: changed(claim, 'an entry that faults on purpose') };
  }
  if (finds === 'fine') return { agrees: false };
  if (claim.cause === 'unsaid') return { agrees: true };
  const sameLevel = claim.level === undefined || guilty === undefined || guilty.name === claim.level;
  if (finds === claim.orCause && sameLevel) return { agrees: true };
  if (finds === claim.cause && (sameLevel || claim.cause === 'permission')) return { agrees: true };
  const where = guilty ? ` at level ${guilty.name}` : '';
  return { agrees: false, doubt: changed(claim, `${CAUSE[finds]}${where}`) };
}

const changed = ({ cause, level }: Claim, now: string): string =>
  `the hardware met ${CAUSE[cause]}${level === undefined ? '' : ` at level ${level}`}, and the tables have ${now}: they were changed since, or these are not the tables that it walked`;

/** What an entry is, in a phrase or two. */
function describe(step: Step, walk: Translation): readonly string[] {
  const { reading, kind } = step;
  const { facts } = reading;
  const wrong = reading.findings.filter(({ severity }) => severity !== 'note').map(({ message }) => message);
  const what: Readonly<Record<EntryKind, () => string>> = {
    empty: () => 'empty',
    payload: () => noteOf(step, walk.regime) ?? 'not valid',
    table: () => `table at ${hex(facts.next as bigint)}`,
    leaf: () => leafText(step, walk),
    fault: () => noteOf(step, walk.regime) ?? 'faults',
  };
  return [what[kind](), ...wrong];
}

function leafText(step: Step, walk: Translation): string {
  if (walk.outcome !== 'mapped') return `${step.reading.kind}`;
  const { perm, type } = walk.regime.describe(step.reading, step.level, walk.inherited);
  return `maps ${hex(walk.output)}, ${perm} after the tables above, ${type}`;
}

const noteOf = (step: Step, regime: Regime): string | undefined =>
  regime.describePayload(step.reading, step.level).note ??
  softwareNote(step.reading.facts.software as Readonly<Record<string, string>> | undefined).note;
