/**
 * The effective memory type of arm64 leaves as a walk needs it: the rules of `memtype/` under the registers of one CPU,
 * for data accesses.
 */
import type { Answer } from '../../memtype/rule.ts';
import { apply } from '../../memtype/rule.ts';
import { type EffectiveRules, type EffectiveView, oneRun, type StageLeaf } from '../../walk/effective.ts';
import type { Stage1Settings } from '../descriptors/stage1.ts';
import type { Stage2Settings } from '../descriptors/stage2.ts';
import {
  type HypervisorControls,
  hypervisorControls,
  NO_HYPERVISOR,
  stage2On,
  systemControls,
} from '../memtype/control.ts';
import { effectiveOf } from '../memtype/effective.ts';
import { agreement, type Effective, type Stage1Meaning, type Stage2Meaning } from '../memtype/meaning.ts';
import { stage1 as stage1Rule } from '../memtype/stage1.ts';
import { stage2 as stage2Rule } from '../memtype/stage2.ts';
import { sameMemory } from '../values/attributes.ts';
import { memoryName } from '../values/names.ts';

/** A regime that no hypervisor stands above: EL2, EL2&0 and EL3. */
export interface Stage1Registers {
  readonly sctlr: bigint;
  readonly mair: bigint;
  readonly mair2: bigint;
  /** TCR_ELx.SHn of the range: shareability where descriptors have none (DS = 1). */
  readonly sh1: number;
  /** Settings by shared level index. */
  readonly stage1: (level: number) => Stage1Settings;
}

export const stage1Effective = (registers: Stage1Registers): EffectiveRules =>
  effectiveRules(registers, NO_HYPERVISOR);

/** EL1&0: HCR_EL2 has a say, and stage 2 where it is on. */
export interface Stage2Registers extends Stage1Registers {
  readonly hcr: bigint;
  /** VTCR_EL2.SH0: shareability where descriptors have none (DS = 1). */
  readonly sh2: number;
  readonly stage2?: (level: number) => Stage2Settings;
}

export const stage2Effective = ({ hcr, ...registers }: Stage2Registers): EffectiveRules =>
  effectiveRules(registers, hypervisorControls(hcr));

function effectiveRules(
  registers: Stage1Registers & Partial<Pick<Stage2Registers, 'sh2' | 'stage2'>>,
  hcr: HypervisorControls,
): EffectiveRules {
  const { mair, mair2, sh1, sh2 = 0 } = registers;
  const sctlr = systemControls(registers.sctlr);
  const first = ({ reading, level }: StageLeaf): Answer<Stage1Meaning> => {
    const settings = registers.stage1(level);
    const { xs, mte2 } = settings;
    return apply(stage1Rule, reading.raw, { settings, mair, mair2, walkSh: sh1, xs, mte2 });
  };
  const second = ({ reading, level }: StageLeaf): Answer<Stage2Meaning> => {
    const settings = registers.stage2?.(level) as Stage2Settings;
    return apply(stage2Rule, reading.raw, {
      settings,
      walkSh: sh2,
      fwb: settings.fwb,
      mtePerm: settings.mtePerm,
    });
  };
  return {
    controls: { mair, mair2, sh1, sh2, sctlr, hcr },
    runs: (_frame, frames) => oneRun(frames),
    effective: (s1, s2) => {
      const { xs, mte2 } = registers.stage1(s1.level);
      // a walk that has no second stage behind it is a walk without stage 2, whatever HCR_EL2 says
      const controls = s2 ? hcr : { ...hcr, vm: 0 as const, dc: 0 as const };
      const stage1 = first(s1);
      const stage2 = s2 && second(s2);
      const result = effectiveOf(
        { access: 'data', hcr: controls, sctlr, features: { xs, mte2 } },
        { stage1: () => stage1, stage2: () => stage2 as Answer<Stage2Meaning> },
      );
      return effectiveView(
        result,
        decider(result.value, stage1.value, stage2On(controls) ? stage2?.value : undefined),
      );
    },
  };
}

/** An answer in the few words of a record: type and shareability, whether it is certain, whose wish it is. */
export function effectiveView({ value, why }: Answer<Effective>, decidedBy: string): EffectiveView {
  if (value.is !== 'ok')
    return { type: `${NO_TYPE[value.is]} (${value.why})`, certain: false, decidedBy, why };
  const sh = value.sh.length === 1 ? value.sh[0] : `{${value.sh.join(', ')}}`;
  return {
    type: `${memoryName(value.memory)}, ${sh}`,
    certain: value.sh.length === 1,
    decidedBy,
    why,
    agreement: agreement(value),
  };
}
const NO_TYPE = {
  unpredictable: 'UNPREDICTABLE',
  reserved: 'reserved',
  'constrained-unpredictable': 'CONSTRAINED UNPREDICTABLE',
} as const;

/** Whose wish the result is. `s2` only where stage 2 is on. */
export function decider(result: Effective, s1: Stage1Meaning, s2?: Stage2Meaning): string {
  if (result.is !== 'ok') return result.why === 'mair' ? 'stage 1' : 'stage 2';
  const { memory } = result;
  const kept = s1.is === 'ok' && sameMemory(s1.memory, memory);
  if (s2 === undefined) return kept ? 'stage 1' : 'control registers';
  if (s2.is !== 'ok') return 'stage 2';
  const { wish } = s2;
  switch (wish.is) {
    case 'stage1':
      return 'stage 1';
    case 'force-wb':
      return kept ? 'both stages' : 'stage 2';
    case 'device':
      return kept
        ? memory.type === 'device' && memory.device === wish.device
          ? 'both stages'
          : 'stage 1'
        : 'stage 2';
    default:
      return kept ? 'stage 1' : 'stage 2';
  }
}
