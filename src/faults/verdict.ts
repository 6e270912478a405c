/** A fault, held against the tables: which entry explains it, or none does. */
import { hex } from '../bits/word.ts';
import type { Candidate } from '../walk/candidate.ts';
import { type EntryKind, type Regime, softwareNote } from '../walk/regime.ts';
import type { Step, Translation } from '../walk/translate.ts';
import { accessText, type Cause, type Claim } from './claim.ts';
import { type Denial, denials } from './denials.ts';

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
  readonly suspects: readonly string[];
}

const CAUSE: Readonly<Record<Cause, string>> = {
  'not-present': 'an entry that is not present',
  permission: 'rights',
  'access-flag': 'a clear Access flag',
  'address-size': 'an address beyond the physical address size',
  'reserved-bit': 'a reserved bit',
  misconfiguration: 'a misconfigured entry',
  outside: 'something that no entry decides',
};

const STALE =
  'a stale TLB entry: was the entry changed without invalidating the TLB, or only after the fault was taken?';

/** Hold the claim against the walk of the stage that faulted. */
export function explain(claim: Claim, walk: Translation, candidate?: Pick<Candidate, 'from'>): Explanation {
  const found = keptOut(claim, walk, candidate) ?? find(claim, walk);
  const { finds, guilty, verdict } = found;
  const suspects = [...(found.suspects ?? []), ...suspectsOf(claim, walk, finds, candidate)];
  const steps = walk.steps.map((step): StepVerdict => {
    const denied = (found.denied ?? []).filter(denial => denial.step === step).map(({ bit }) => bit);
    const says = [...describe(step, walk), ...denied];
    return { step, says, guilty: step === guilty || denied.length > 0 };
  });
  const held = agreement(claim, finds, guilty ?? found.denied?.at(-1)?.step);
  return { finds, verdict, steps, suspects, ...held };
}

interface Found {
  readonly finds: Explanation['finds'];
  readonly verdict: string;
  readonly guilty?: Step;
  readonly denied?: readonly Denial[];
  readonly suspects?: readonly string[];
}

/** E0PD0 and E0PD1 of a TCR_ELx with two ranges [Arm ARM, TCR_EL1]. */
const E0PD = [55n, 56n] as const;

/** EL0 kept out of a half of the address space: a level 0 Translation fault, whatever the tables say. */
function keptOut(
  { architecture, stage, by, cause, level }: Claim,
  { regime, input }: Translation,
  candidate: Pick<Candidate, 'from'> | undefined,
): Found | undefined {
  if (
    architecture !== 'arm64' ||
    stage !== 1 ||
    by !== 'unprivileged' ||
    cause !== 'not-present' ||
    level !== 0
  )
    return undefined;
  const upper = (input >> 55n) & 1n ? 1 : 0;
  const name = ['TCR_EL1', 'TCR_EL2'].find(register => registerOf(candidate, register) !== undefined);
  const tcr = name === undefined ? undefined : registerOf(candidate, name);
  if (regime.id !== 'arm64.stage1' || tcr === undefined || !((tcr >> E0PD[upper]) & 1n)) return undefined;
  return {
    finds: 'not-present',
    verdict: `${name}.E0PD${upper} = 1 keeps EL0 out of this half of the address space: a level 0 Translation fault, whatever the tables say`,
  };
}

function find(claim: Claim, walk: Translation): Found {
  const last = walk.steps.at(-1);
  const at = (step: Step): string => `the level ${step.name} entry`;
  switch (walk.outcome) {
    case 'outside':
      return {
        finds: 'not-present',
        verdict: `${hex(walk.input)} is outside the addresses that these tables translate`,
        suspects: [
          'a pointer that is not one: a tag or a hash in the upper bits, an address of another regime',
        ],
      };
    case 'missing':
      return { finds: 'unknown', verdict: `${walk.reason}: the rest of the walk cannot be read` };
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
      return faulty(walk, last as Step);
    case 'mapped':
      return mapped(claim, walk, last as Step);
  }
}

const errors = ({ reading }: Step): readonly string[] =>
  reading.findings.filter(({ severity }) => severity === 'error').map(({ message }) => message);

/** An entry that is valid and still faults. */
function faulty(walk: Translation, step: Step): Found {
  const { facts } = step.reading;
  const why = errors(step).join('; ');
  if (facts.mmio !== undefined)
    return {
      finds: 'on-purpose',
      guilty: step,
      verdict: `the level ${step.name} entry is KVM’s cached MMIO and faults on purpose: ${noteOf(step, walk.regime) ?? ''}`,
    };
  const cause: Cause = facts.addressSizeFault
    ? 'address-size'
    : walk.regime.id === 'x86.ept'
      ? 'misconfiguration'
      : facts.userFault && !facts.reservedFault
        ? 'permission'
        : 'reserved-bit';
  return { finds: cause, guilty: step, verdict: `the level ${step.name} entry faults: ${why}` };
}

const ACCESS_FLAG = 'access-flag-clear';

function mapped(claim: Claim, walk: Translation, leaf: Step): Found {
  const flag = leaf.reading.findings.find(({ id }) => id === ACCESS_FLAG);
  if (flag)
    return {
      finds: 'access-flag',
      guilty: leaf,
      verdict: `the level ${leaf.name} entry has AF = 0, and hardware does not set it`,
    };
  const denied = denials(walk, claim.access, claim.by);
  if (denied.length > 0) {
    const parts = denied.map(({ step, bit }) => `level ${step.name} ${bit}`);
    return { finds: 'permission', denied, verdict: `not permitted: ${parts.join('; ')}` };
  }
  return { finds: 'fine', verdict: `the entries are fine: they permit ${accessText(claim)}` };
}

/** What else may have denied the access, likeliest first. */
function suspectsOf(
  claim: Claim,
  walk: Translation,
  finds: Explanation['finds'],
  candidate: Pick<Candidate, 'from'> | undefined,
): readonly string[] {
  if (finds === 'permission') return claim.architecture === 'arm64' ? dirty(walk, claim) : [];
  if (finds !== 'fine') return [];
  switch (claim.cause) {
    case 'outside':
      return [`what the hardware named: ${claim.says}`];
    case 'permission':
      return [...besideTables(claim, walk, candidate), STALE];
    case 'reserved-bit':
    case 'misconfiguration':
      return [...narrower(walk), STALE];
    default:
      return [STALE];
  }
}

/** Address bits that are reserved where the processor has fewer than was taken for granted. */
function narrower({ regime, steps }: Translation): readonly string[] {
  if (!regime.id.startsWith('x86.')) return [];
  return steps.flatMap(step => {
    const address = step.word & 0x000f_ffff_0000_0000n;
    if (address === 0n) return [];
    const top = address.toString(2).length - 1;
    return [`MAXPHYADDR: bit ${top} of the level ${step.name} entry is reserved where it is ${top} or less`];
  });
}

/** Controls of the moment of access that may deny what the tables permit. */
function besideTables(
  { architecture, stage, by, access }: Claim,
  walk: Translation,
  candidate: Pick<Candidate, 'from'> | undefined,
): readonly string[] {
  if (stage === 2) return [];
  const user = isUser(walk);
  if (architecture === 'arm64') {
    if (by === 'unprivileged') return ['TCR_ELx.E0PD: EL0 may be kept from this half of the address space'];
    return access !== 'fetch' && user
      ? ['PSTATE.PAN: the page is accessible at EL0, and PAN denies privileged data accesses to such pages']
      : [];
  }
  if (by !== 'privileged' || !user) return [];
  const cr4 = registerOf(candidate, 'CR4');
  const [name, position, text] =
    access === 'fetch'
      ? (['CR4.SMEP', 20n, 'the supervisor must not execute pages of the user'] as const)
      : ([
          'CR4.SMAP',
          21n,
          'the supervisor must not access pages of the user unless EFLAGS.AC is set',
        ] as const);
  if (cr4 === undefined) return [`${name}: ${text}`];
  return (cr4 >> position) & 1n ? [`${name} = 1: ${text}`] : [];
}

/** A write to a page that Linux or hardware keeps clean by making it read-only. */
function dirty({ steps }: Translation, { access }: Claim): readonly string[] {
  const software = steps.at(-1)?.reading.facts.software;
  return access === 'write' && JSON.stringify(software ?? '').includes('writable, clean')
    ? [
        'dirty tracking: Linux’s software bits say that the page is writable and clean, so this fault is how it becomes dirty',
      ]
    : [];
}

/** May user mode use the page, as far as the tables go? */
const isUser = (walk: Translation): boolean =>
  walk.outcome === 'mapped' &&
  denials(walk, 'read', 'unprivileged').length + (walk.regime.id === 'x86.ept' ? 1 : 0) === 0;

/** `NAME=0x…` of a candidate’s evidence. */
const registerOf = (candidate: Pick<Candidate, 'from'> | undefined, name: string): bigint | undefined => {
  const text = candidate?.from.find(part => part.startsWith(`${name}=`));
  return text === undefined ? undefined : BigInt(text.slice(name.length + 1));
};

function agreement(
  claim: Claim,
  finds: Explanation['finds'],
  guilty: Step | undefined,
): Pick<Explanation, 'agrees' | 'doubt'> {
  if (finds === 'unknown' || finds === 'no-address' || claim.cause === 'outside') return {};
  if (finds === 'on-purpose') {
    const agrees = claim.cause === 'misconfiguration' || claim.cause === 'reserved-bit';
    return agrees ? { agrees } : { agrees, doubt: changed(claim, 'an entry that faults on purpose') };
  }
  if (finds === 'fine') return { agrees: false };
  const sameLevel = claim.level === undefined || guilty === undefined || guilty.name === claim.level;
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
