/**
 * One access, judged: allowed, or the fault that the hardware takes, in the order of its checks. Stage by stage: what keeps
 * the address out before any table is read, the tables themselves (each of which a second stage must let the walker read),
 * the rights of the entries, and what stands beside them in registers.
 */
import type { AddressSpace } from '../image/address-space.ts';
import type { Space } from '../walk/space.ts';
import { type Step, type Translation, translate } from '../walk/translate.ts';
import type { AccessKind, By, Cause, Claim, Controls } from './claim.ts';
import { fieldsOf } from './rights.ts';
import type { FaultRules } from './rules.ts';
import { explain } from './verdict.ts';

export interface AskedAccess {
  readonly access: AccessKind;
  readonly by: By;
  readonly shadowStack?: boolean;
}

/** A fault: of which stage, where, why. */
export interface AccessFault {
  readonly stage: 1 | 2;
  /** The second stage denied the walker a table of the first. */
  readonly onWalk: boolean;
  readonly cause: Cause | 'unknown' | 'on-purpose';
  /** The manual's level of the entry that denies it; absent where no entry does. */
  readonly level?: number;
  /** One sentence. */
  readonly says: string;
}

export interface JudgedAccess {
  readonly asked: AskedAccess;
  readonly fault?: AccessFault;
  /** Bits that hardware sets in entries on the way: `level 1 A`. */
  readonly sets: readonly string[];
  /** What may deny it though nothing that is known does: a control that was not given. */
  readonly unless: readonly string[];
}

/** What the hardware would say of the access, so that the rules of faults can be asked. */
const claimOf = (
  { access, by, shadowStack }: AskedAccess,
  { regime }: Translation,
  input: bigint,
  onWalk: boolean,
): Claim => ({
  source: '',
  architecture: regime.arch,
  stage: regime.stage,
  family: '',
  input,
  cause: 'permission',
  access,
  ...(onWalk ? {} : { by }),
  ...(shadowStack && !onWalk ? { shadowStack: true } : {}),
  text: `a ${access}`,
  onWalk,
  says: '',
  remarks: [],
  findings: [],
});

interface Stage {
  readonly fault?: AccessFault;
  readonly unless: readonly string[];
}

function judgeStage(
  asked: AskedAccess,
  walk: Translation,
  rules: FaultRules,
  controls: Controls,
  onWalk: boolean,
): Stage {
  const claim = claimOf(asked, walk, walk.input, onWalk);
  const out = rules.keptOut({ ...claim, cause: 'not-present', level: 0 }, walk, controls);
  if (out !== undefined)
    return {
      fault: {
        stage: walk.regime.stage,
        onWalk,
        cause: 'not-present',
        level: walk.steps[0]?.name ?? 0,
        says: out,
      },
      unless: [],
    };
  const { finds, verdict, suspects, steps } = explain(claim, walk, rules, controls);
  if (finds === 'fine')
    return { unless: suspects.flatMap(({ id, says }) => (id === 'stale-tlb' ? [] : [says])) };
  const guilty = steps.find(({ guilty }) => guilty)?.step;
  return {
    fault: {
      stage: walk.regime.stage,
      onWalk,
      cause: finds === 'no-address' ? 'unknown' : finds,
      ...(guilty ? { level: guilty.name } : {}),
      says: verdict,
    },
    unless: [],
  };
}

/** Flags that hardware sets on the way of an access that is allowed. */
function setsOf(walk: Translation, { access }: AskedAccess): string[] {
  const stage = walk.regime.stage === 2 ? 'stage 2 ' : '';
  return walk.steps.flatMap((step: Step) => {
    const d = fieldsOf(step);
    const flags = [
      ...(d.a === 0 ? ['A'] : []),
      ...(d.af === 0 && step.kind === 'leaf' ? ['AF'] : []),
      ...(access === 'write' && step.kind === 'leaf' && d.d === 0 ? ['D'] : []),
    ];
    return flags.map(flag => `${stage}level ${step.name} ${flag}`);
  });
}

/** What a walk does to the tables that it reads, as the second stage sees it. */
const ofWalker = ({ regime }: Translation): AskedAccess => ({
  access: regime.walksWrite ? 'write' : 'read',
  by: 'unprivileged',
});

/**
 * @param pointer the address as software holds it
 * @param controls registers of the moment of the access, by name
 */
export function judgeAccess(
  space: Space,
  image: AddressSpace,
  pointer: bigint,
  asked: AskedAccess,
  rules: FaultRules,
  controls: Controls,
): JudgedAccess {
  const { candidate, memory, second } = space;
  const first = translate(candidate.regime, memory, pointer, asked.access === 'fetch');
  // a walker's own reads come first, table by table from the root
  if (second) {
    for (const step of first.steps) {
      const table = translate(second.candidate.regime, image, BigInt(step.at));
      const { fault } = judgeStage(ofWalker(table), table, rules, controls, true);
      if (fault) return { asked, fault, sets: [], unless: [] };
    }
    if (first.outcome === 'hidden-by-second-stage') {
      const table = translate(second.candidate.regime, image, BigInt(first.table ?? 0));
      const { fault } = judgeStage(ofWalker(table), table, rules, controls, true);
      const says = fault?.says ?? first.reason;
      const hidden = { stage: 2, onWalk: true, cause: 'permission', ...fault, says } as const;
      return { asked, fault: hidden, sets: [], unless: [] };
    }
  }
  const own = judgeStage(asked, first, rules, controls, false);
  if (own.fault || first.outcome !== 'mapped' || !second)
    return { asked, ...own, sets: own.fault ? [] : setsOf(first, asked) };
  const behind = translate(second.candidate.regime, image, first.output);
  const next = judgeStage(asked, behind, rules, controls, false);
  return {
    asked,
    ...(next.fault ? { fault: next.fault } : {}),
    sets: next.fault ? setsOf(first, asked) : [...setsOf(first, asked), ...setsOf(behind, asked)],
    unless: [...own.unless, ...next.unless],
  };
}
