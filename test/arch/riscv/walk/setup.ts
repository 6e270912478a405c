/** From registers to everything that a walk needs. What they do not say of the processor is left at its default. */
import type { Setup } from '../../../../src/walk/setup.ts';
import type { Stage1Settings } from '../descriptors/stage1.ts';
import { type SatpFacts, satp } from '../registers/roots.ts';
import { type Stage1ControlRegisters, type Stage1Regime, stage1Regime } from './regime.ts';

/** What the registers do not say: the processor. */
export type Processor = Partial<Pick<Stage1Settings, 'napot'>>;

export interface Stage1Registers extends Stage1ControlRegisters {
  readonly processor?: Processor;
}

export function stage1Setup(registers: Stage1Registers): Setup<Stage1Regime, SatpFacts, Stage1Settings> {
  const regime = stage1Regime(registers);
  if (!regime.valid) return { valid: false, regime, explain: regime.explain };
  const { mode, pbmt, adue } = regime;
  return {
    ...{ valid: true, regime, root: satp.read(registers.satp, {}).facts },
    settings: { ...registers.processor, mode, pbmt, adue },
  };
}
