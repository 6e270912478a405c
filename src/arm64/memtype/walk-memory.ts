/**
 * How the table walker itself reads memory: IRGN, ORGN and SH of TCR_ELx and VTCR_EL2, SCTLR_ELx.C and HCR_EL2.CD, and
 * what stage 2 makes of the tables of stage 1 [Arm ARM, section D7.5.5, HCR_EL2.PTW; ASL WalkMemAttrs].
 */
import type { Bit } from '../../bits/spec.ts';
import { type Answer, answer, citing } from '../../memtype/rule.ts';
import { arm, asl } from '../../refs.ts';
import {
  type AttributeFeatures,
  type Cacheability,
  type NormalMemory,
  policyOf,
} from '../values/attributes.ts';
import type { WalkAttributes } from '../values/codes.ts';
import { memoryName } from '../values/names.ts';
import { combineStages, stage1Only } from './combine.ts';
import { type HypervisorControls, NO_HYPERVISOR, type SystemControls, stage2On } from './control.ts';
import type { Effective, Stage1Meaning, Stage2Meaning } from './meaning.ts';

const walks = citing('arm64.WalkMemAttrs', asl('WalkMemAttrs'));
const onDevice = citing('arm64.StageOneWalkOnDevice', arm('HCR_EL2.PTW'));

/** IRGN and ORGN codes. */
const REGION: readonly Cacheability[] = ['NC', 'WBrw', 'WTr', 'WBr'];

type Ok = Extract<Stage1Meaning, { is: 'ok' }>;

/** The type that IRGN, ORGN and SH ask for; `cacheable` is SCTLR_ELx.C, or HCR_EL2.CD = 0 for stage 2 walks. */
export function walkMemAttrs(
  { irgn, orgn, sh }: WalkAttributes,
  features: AttributeFeatures,
  cacheable: boolean,
  [control, uncached]: readonly [control: string, value: Bit] = ['SCTLR.C', 0],
): Answer<Ok> {
  const inner = cacheable ? (REGION[irgn & 3] ?? 'NC') : 'NC';
  const outer = cacheable ? (REGION[orgn & 3] ?? 'NC') : 'NC';
  const writeBack = policyOf(inner) === 'WB' && policyOf(outer) === 'WB';
  const xs = features.xs ? (writeBack ? 0 : 1) : null;
  const memory: NormalMemory = { type: 'normal', outer, inner, xs, tagged: 0 };
  return answer(
    { is: 'ok', memory, sh },
    walks(cacheable ? { IRGN: irgn, ORGN: orgn } : { [control]: uncached }, memoryName(memory)),
  );
}

/** What a walk meets: a type, or the fault that HCR_EL2.PTW asks for. */
export type WalkMemory = Effective | { readonly is: 'fault'; readonly why: 'stage-1-walk-on-device' };

/** The stage 2 walker's own accesses. */
export function stage2WalkMemory(
  walk: WalkAttributes,
  hcr: HypervisorControls,
  features: AttributeFeatures,
): Answer<WalkMemory> {
  const type = walkMemAttrs(walk, features, hcr.cd === 0, ['HCR_EL2.CD', 1]);
  const only = stage1Only(type.value);
  return answer(only.value, ...type.why, ...only.why);
}

/** The stage 1 walker's accesses, through stage 2 where it is on. `stage2` is asked for the page that holds the table. */
export function stage1WalkMemory(
  walk: WalkAttributes,
  sctlr: SystemControls,
  features: AttributeFeatures,
  hcr: HypervisorControls = NO_HYPERVISOR,
  stage2?: () => Answer<Stage2Meaning>,
): Answer<WalkMemory> {
  const first = walkMemAttrs(walk, features, sctlr.c === 1);
  if (!stage2On(hcr) || !stage2) {
    const only = stage1Only(first.value);
    return answer(only.value, ...first.why, ...only.why);
  }
  const second = stage2();
  const both = combineStages(first.value, second.value, { nonCacheable: hcr.cd, control: 'HCR_EL2.CD' });
  const why = [...first.why, ...second.why, ...both.why];
  if (both.value.is !== 'ok' || both.value.memory.type !== 'device') return answer(both.value, ...why);
  if (hcr.ptw)
    return answer(
      { is: 'fault', why: 'stage-1-walk-on-device' },
      ...why,
      onDevice({ 'HCR_EL2.PTW': 1 }, 'stage 2 Permission fault'),
    );
  const memory: NormalMemory = {
    type: 'normal',
    outer: 'NC',
    inner: 'NC',
    xs: both.value.memory.xs,
    tagged: 0,
  };
  return answer(
    { ...both.value, memory, sh: ['OSH'] },
    ...why,
    onDevice({ 'HCR_EL2.PTW': 0 }, memoryName(memory)),
  );
}
