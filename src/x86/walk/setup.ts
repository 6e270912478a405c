/**
 * From registers to everything that a walk needs: the regime, the first table, and the settings under which every entry of
 * it is read. What the registers do not say of the processor is left at its default.
 */
import { settle } from '../../bits/settings.ts';
import type { Word } from '../../bits/word.ts';
import type { Setup } from '../../walk/setup.ts';
import { type NptSettings, nptSettings } from '../descriptors/npt.ts';
import { type Stage1Settings, stage1Settings } from '../descriptors/stage1.ts';
import type { Stage2Settings } from '../descriptors/stage2.ts';
import { nptRoot, type RootTable, stage1Root, stage2Root } from '../registers/roots.ts';
import {
  type NptRegime,
  nptRegime,
  type Stage1ControlRegisters,
  type Stage1Regime,
  type Stage2ControlRegisters,
  type Stage2Regime,
  stage1Regime,
  stage2Regime,
} from './regime.ts';

/** What the registers do not say: the processor. */
export type Processor = Partial<
  Pick<Stage1Settings, 'maxphyaddr' | 'pse36' | 'gbpages' | 'vendor' | 'cBit' | 'sBit' | 'pat'>
>;

export interface Stage1Registers extends Omit<Stage1ControlRegisters, 'vendor'> {
  readonly cr3: Word;
  readonly processor?: Processor;
}

/** Ordinary paging by CR0, CR3, CR4 and EFER. */
export function stage1Setup(registers: Stage1Registers): Setup<Stage1Regime, RootTable, Stage1Settings> {
  const { cr3, processor = {} } = registers;
  const { level: _, ...base } = settle(stage1Settings, processor);
  const regime = stage1Regime({ ...registers, vendor: base.vendor });
  if (!regime.valid) return { valid: false, regime, explain: regime.explain };
  const { mode, pcide, nxe, pse, cet } = regime;
  const { maxphyaddr, cBit, sBit } = base;
  return {
    valid: true,
    regime,
    root: stage1Root(cr3, { mode, pcide, maxphyaddr, cBit, sBit }),
    settings: { ...base, mode, nxe, pse, cet },
  };
}

export interface Stage2Registers extends Stage2ControlRegisters {
  /** Execution controls and capabilities that change how entries are read. */
  readonly entries?: Partial<Omit<Stage2Settings, 'level' | 'ad' | 'sss' | 'maxphyaddr'>>;
}

/** EPT by its pointer. */
export function stage2Setup(registers: Stage2Registers): Setup<Stage2Regime, RootTable, Stage2Settings> {
  const { eptp, capabilities = {}, entries } = registers;
  const regime = stage2Regime(registers);
  const { maxphyaddr } = capabilities;
  return {
    valid: true,
    regime,
    root: stage2Root(eptp, capabilities),
    settings: {
      ...entries,
      ...(maxphyaddr === undefined ? {} : { maxphyaddr }),
      ad: regime.ad,
      sss: regime.sss,
    },
  };
}

export interface NptRegisters extends Omit<Stage1ControlRegisters, 'vendor'> {
  readonly ncr3: Word;
  readonly processor?: Omit<Processor, 'vendor' | 'sBit'>;
  /** Of the VMCB. */
  readonly controls?: Partial<Pick<NptSettings, 'gmet' | 'sss'>>;
}

/** Nested paging by nCR3 under the host's CR0, CR4 and EFER at VMRUN. */
export function nptSetup(registers: NptRegisters): Setup<NptRegime, RootTable, NptSettings> {
  const { ncr3, processor = {}, controls = {} } = registers;
  const { level: _, ...base } = settle(nptSettings, { ...processor, ...controls });
  const regime = nptRegime(registers);
  const { mode, nxe, pse } = regime;
  const { maxphyaddr, cBit } = base;
  return {
    valid: true,
    regime,
    root: nptRoot(ncr3, { mode, maxphyaddr, cBit }),
    settings: { ...base, mode, nxe, pse },
  };
}
