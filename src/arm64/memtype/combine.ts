/**
 * Both stages together [Arm ARM, sections D8.6.5 and D8.6.6, Table D8-101; ASL S2CombineS1MemAttrs,
 * AArch64_S2ApplyFWBMemAttrs]. Stage 2 never contributes hints; XS and tags follow stage 1.
 */
import type { Bit } from '../../bits/spec.ts';
import { type Answer, answer, citing, type Reason } from '../../memtype/rule.ts';
import { arm, asl } from '../../refs.ts';
import type { Stage2Wish } from '../values/attributes.ts';
import {
  CACHE_POLICIES,
  type Cacheability,
  type CachePolicy,
  DEVICE_TYPES,
  type DeviceType,
  half,
  hintsOf,
  isWriteBack,
  type Memory,
  type NormalMemory,
  policyOf,
} from '../values/attributes.ts';
import { memoryName, wishName } from '../values/names.ts';
import type { Effective, Stage1Meaning, Stage2Meaning } from './meaning.ts';
import {
  ALWAYS_OUTER,
  alwaysOuter,
  combined,
  fromField,
  isReservedField,
  outcomes,
  type ShareabilityDoubt,
  type ShareabilitySet,
} from './shareability.ts';

/** HCR_EL2.CD for data, HCR_EL2.ID for fetches: Normal memory of stage 2 becomes Non-cacheable. */
export interface Stage2Override {
  readonly nonCacheable: Bit;
  /** The control bit's name, for the reasons. */
  readonly control?: 'HCR_EL2.CD' | 'HCR_EL2.ID';
}
const NO_OVERRIDE: Stage2Override = { nonCacheable: 0 };

const combine = citing('arm64.S2CombineS1MemAttrs', asl('S2CombineS1MemAttrs'));
const applyFwb = citing('arm64.S2ApplyFWBMemAttrs', asl('AArch64_S2ApplyFWBMemAttrs'));
const effective = citing('arm64.EffectiveShareability', asl('EffectiveShareability'));
const override = citing('arm64.S2CacheOverride', arm('section D7.5.5, HCR_EL2.{CD, ID}'));

/** The stronger of two Device types: nGnRnE first. */
const stronger = (a: DeviceType, b: DeviceType): DeviceType =>
  DEVICE_TYPES.indexOf(a) < DEVICE_TYPES.indexOf(b) ? a : b;
/** The weaker of two cache policies: NC beats WT beats WB. */
const weaker = (a: CachePolicy, b: CachePolicy): CachePolicy =>
  CACHE_POLICIES.indexOf(a) < CACHE_POLICIES.indexOf(b) ? a : b;

/** FWB = 0, one half: the weaker policy, and stage 1's hints as long as anything is cached. */
const halves = (s1: Cacheability, s2: CachePolicy): Cacheability =>
  half(weaker(policyOf(s1), s2), hintsOf(s1));
/** FWB = 1, force Write-Back, one half: a cacheable half keeps its hints, a Non-cacheable one becomes WB RWA. */
const forcedHalf = (s1: Cacheability): Cacheability => (s1 === 'NC' ? 'WBrw' : half('WB', hintsOf(s1)));

/** The result without XS and tags. */
type Shape =
  | { readonly type: 'device'; readonly device: DeviceType }
  | { readonly type: 'normal'; readonly outer: Cacheability; readonly inner: Cacheability };

function shapeOf(s1: Memory, wish: Stage2Wish): Shape {
  switch (wish.is) {
    case 'device': // stronger than stage 1's, or stage 1 is Normal [R_TNHFM, R_GSDKZ]
      return {
        type: 'device',
        device: s1.type === 'device' ? stronger(s1.device, wish.device) : wish.device,
      };
    case 'normal':
      return s1.type === 'device'
        ? s1
        : { type: 'normal', outer: halves(s1.outer, wish.outer), inner: halves(s1.inner, wish.inner) };
    case 'force-nc':
      return s1.type === 'device' ? s1 : { type: 'normal', outer: 'NC', inner: 'NC' };
    case 'force-wb':
      return s1.type === 'device'
        ? { type: 'normal', outer: 'WBrw', inner: 'WBrw' }
        : { type: 'normal', outer: forcedHalf(s1.outer), inner: forcedHalf(s1.inner) };
    case 'stage1':
      return s1;
  }
}

/** XS and tags of a result [Arm ARM, section D8.7.4; ASL S2MemTagType]. */
function finished(shape: Shape, s1: Memory, fnXS: Bit): Memory {
  if (shape.type === 'device') return { type: 'device', device: shape.device, xs: xsOf(s1, fnXS), tagged: 0 };
  const { outer, inner } = shape;
  const normal: NormalMemory = { type: 'normal', outer, inner, xs: xsOf(s1, fnXS), tagged: 0 };
  const taggable = outer === 'WBrw' && inner === 'WBrw';
  return {
    ...normal,
    xs: isWriteBack(normal) && s1.xs !== null ? 0 : normal.xs,
    tagged: taggable ? s1.tagged : 0,
  };
}
const xsOf = (s1: Memory, fnXS: Bit): Bit | null => (s1.xs === null ? null : fnXS ? 0 : s1.xs);

/** Everything Normal Non-cacheable, tags gone, XS kept. */
const nonCacheable = (xs: Bit | null): NormalMemory => ({
  type: 'normal',
  outer: 'NC',
  inner: 'NC',
  xs,
  tagged: 0,
});

/** Combine the stages. `s2.wish` already tells FWB = 0 from FWB = 1. */
export function combineStages(
  s1: Stage1Meaning,
  s2: Stage2Meaning,
  { nonCacheable: off, control = 'HCR_EL2.CD' }: Stage2Override = NO_OVERRIDE,
): Answer<Effective> {
  if (s1.is !== 'ok') return answer(s1);
  if (s2.is !== 'ok') return answer(s2);
  const reasons: Reason[] = [];
  let { wish } = s2;
  if (off && wish.is === 'normal') {
    // FWB = 0: the override replaces what stage 2 brings to the combination
    wish = { is: 'normal', outer: 'NC', inner: 'NC' };
    reasons.push(override({ [control]: 1 }, "stage 2's Normal memory is taken as Non-cacheable"));
  }
  const shape = shapeOf(s1.memory, wish);
  let memory = finished(shape, s1.memory, s2.fnXS);
  reasons.push(combination(s1.memory, wish, memory));
  if (off && wish.is !== 'normal' && memory.type === 'normal') {
    // FWB = 1: the override replaces the combined type; XS was taken before
    const before = memoryName(memory);
    memory = nonCacheable(memory.xs);
    reasons.push(override({ [control]: 1, combined: before }, memoryName(memory)));
  }
  const { sh, doubts } = shareability(s1, s2, memory);
  reasons.push(
    alwaysOuter(memory)
      ? outerByType(memory)
      : effective({ 'stage 1 SH': s1.sh, 'stage 2 SH': s2.sh }, sh.join(' or '), {
          note: doubts.length > 0 ? doubts.map(doubt => DOUBTS[doubt]).join('; ') : undefined,
          ref: arm('Table D8-103'),
        }),
  );
  const noTagAccess: Bit = s2.noTagAccess && memory.tagged ? 1 : 0;
  return answer({ is: 'ok', memory, sh, doubts, noTagAccess, res0Set: s2.res0Set }, ...reasons);
}

const outerByType = (memory: Memory): Reason =>
  effective({ type: memoryName(memory) }, 'OSH', {
    note: 'Device and fully Non-cacheable memory is Outer Shareable, whatever SH says',
    ref: ALWAYS_OUTER,
  });

const DOUBTS: Readonly<Record<ShareabilityDoubt, string>> = {
  's1-sh-reserved': 'SH = 0b01 of stage 1 is reserved and may act as any other value',
  's2-sh-reserved': 'SH = 0b01 of stage 2 is reserved and may act as any other value',
  's1-normalization-impdef':
    'stage 1 Device and Non-cacheable may count as Outer Shareable before stage 2, IMPLEMENTATION DEFINED (R_NSCNC)',
};

/** What met what, and which sentence of the manual decides. */
function combination(s1: Memory, wish: Stage2Wish, result: Memory): Reason {
  const operands = { 'stage 1': memoryName(s1), 'stage 2': wishName(wish) };
  const device = s1.type === 'device';
  const name = memoryName(result);
  switch (wish.is) {
    case 'device':
      return combine(operands, name, {
        note: device ? 'the stronger Device type' : 'Device prevails over Normal',
        ref: arm('R_TNHFM, Table D8-97'),
      });
    case 'normal':
      return combine(operands, name, {
        note: device
          ? 'Device prevails over Normal'
          : "the weaker policy, inside and outside; allocation and transient hints are stage 1's",
        ref: arm('R_WYQVN'),
      });
    case 'force-nc':
      return applyFwb(operands, name, {
        note: device ? 'stage 1 Device stays' : 'Normal memory becomes Non-cacheable',
        ref: arm('Table D8-101'),
      });
    case 'force-wb':
      return applyFwb(operands, name, {
        note: device ? 'Write-Back is forced even on Device' : "stage 1's hints stay where it caches",
        ref: arm('R_RMTWN, R_THYXB, Table D8-101'),
      });
    case 'stage1':
      return applyFwb(operands, name, { note: 'stage 1 decides', ref: arm('Table D8-101') });
  }
}

/** The result's shareability. HCR_EL2.FWB plays no part [Arm ARM, I_CGGBV]. */
function shareability(
  s1: Extract<Stage1Meaning, { is: 'ok' }>,
  s2: Extract<Stage2Meaning, { is: 'ok' }>,
  memory: Memory,
): ShareabilitySet {
  if (alwaysOuter(memory)) return { sh: ['OSH'], doubts: [] };
  // Stage 1 may have been normalised to Outer Shareable before stage 2 saw it [Arm ARM, R_NSCNC]
  const normalised = alwaysOuter(s1.memory);
  const first = normalised ? ([...fromField(s1.sh), 'OSH'] as const) : fromField(s1.sh);
  const doubts: ShareabilityDoubt[] = [
    ...(isReservedField(s1.sh) ? (['s1-sh-reserved'] as const) : []),
    ...(isReservedField(s2.sh) ? (['s2-sh-reserved'] as const) : []),
    ...(normalised ? (['s1-normalization-impdef'] as const) : []),
  ];
  return outcomes(combined(first, fromField(s2.sh)), doubts);
}

/** Stage 1 alone: regimes without stage 2, or stage 2 off. */
export function stage1Only(s1: Stage1Meaning): Answer<Effective> {
  if (s1.is !== 'ok') return answer(s1);
  const { memory, sh: code } = s1;
  const certain = { is: 'ok', memory, noTagAccess: 0, res0Set: 0 } as const;
  if (alwaysOuter(memory)) return answer({ ...certain, sh: ['OSH'], doubts: [] }, outerByType(memory));
  const { sh, doubts } = outcomes(fromField(code), isReservedField(code) ? ['s1-sh-reserved'] : []);
  return answer(
    { ...certain, sh, doubts },
    effective({ 'stage 1 SH': code }, sh.join(' or '), {
      note: doubts.length > 0 ? DOUBTS['s1-sh-reserved'] : undefined,
      ref: arm('Table D8-102'),
    }),
  );
}
