/**
 * The effective memory type of one access: stage 1 as its controls leave it, stage 2 if it is on, with every rule that had
 * a say.
 */
import type { Bit } from '../../bits/spec.ts';
import { type Answer, answer } from '../../memtype/rule.ts';
import type { AttributeFeatures } from '../values/attributes.ts';
import { combineStages, stage1Only } from './combine.ts';
import {
  type Access,
  FETCH_FROM_DEVICE,
  fetchFromDevice,
  type HypervisorControls,
  NO_HYPERVISOR,
  type SystemControls,
  stage1Output,
  stage2On,
} from './control.ts';
import type { Effective, Stage1Meaning, Stage2Meaning } from './meaning.ts';
import { s1DecodeMemAttrs } from './stage1.ts';
import { s2DecodeMemAttrs } from './stage2.ts';

/** What both stages say, as functions: they are asked only where their stage is on. */
export interface Stages {
  readonly stage1: () => Answer<Stage1Meaning>;
  readonly stage2: () => Answer<Stage2Meaning>;
}

/** The controls of an access. EL2, EL2&0 and EL3 have no hypervisor above them. */
export interface Circumstances {
  readonly access: Access;
  readonly hcr?: HypervisorControls;
  readonly sctlr: SystemControls;
  readonly features: AttributeFeatures;
}

/** The effective type where the meanings of both stages are known. */
export function effectiveOf(
  { access, hcr = NO_HYPERVISOR, sctlr, features }: Circumstances,
  { stage1, stage2 }: Stages,
): Answer<Effective> {
  const first = stage1Output(access, hcr, sctlr, features, stage1);
  if (first.value.is === 'constrained-unpredictable') return answer(first.value, ...first.why);
  if (!stage2On(hcr)) {
    const only = stage1Only(first.value);
    return checked(access, answer(only.value, ...first.why, ...only.why));
  }
  const second = stage2();
  const both = combineStages(first.value, second.value, {
    nonCacheable: access === 'data' ? hcr.cd : hcr.id,
    control: access === 'data' ? 'HCR_EL2.CD' : 'HCR_EL2.ID',
  });
  return checked(access, answer(both.value, ...first.why, ...second.why, ...both.why));
}

/** A fetch that ends in Device memory has no certain outcome. */
function checked(access: Access, result: Answer<Effective>): Answer<Effective> {
  const device = result.value.is === 'ok' && result.value.memory.type === 'device';
  return access === 'ifetch' && device
    ? answer(FETCH_FROM_DEVICE, ...result.why, fetchFromDevice('result'))
    : result;
}

/** One combination, as people have it: bytes and fields, no descriptors. */
export interface Question extends Circumstances {
  /** The MAIR byte that AttrIndx selects. */
  readonly mair: number;
  /** SH[1:0] of stage 1 (with DS = 1: TCR_ELx.SHn). */
  readonly s1sh: number;
  /** MemAttr[3:0]. */
  readonly s2attr: number;
  /** SH[1:0] of stage 2 (with DS = 1: VTCR_EL2.SH0). */
  readonly s2sh: number;
  readonly fnxs: Bit;
  /** FEAT_MTE_PERM: other MemAttr encodings. */
  readonly mtePerm: Bit;
}

/** The effective type of one combination, with its reasons. */
export const effective = (q: Question): Answer<Effective> =>
  effectiveOf(q, {
    stage1: () => s1DecodeMemAttrs(q.mair, q.s1sh, q.features),
    stage2: () => s2DecodeMemAttrs(q.s2attr, q.s2sh, q.fnxs, { fwb: q.hcr?.fwb ?? 0, mtePerm: q.mtePerm }),
  });
