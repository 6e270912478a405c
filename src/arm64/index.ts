/** Everything arm64: the families of words that it knows, and the typed functions behind them. */
import type { Architecture } from '../arch/architecture.ts';
import { eraseAll, type Family } from '../bits/family.ts';
import { arm64Descriptors } from './descriptors/families.ts';
import { faults } from './faults/index.ts';
import { names } from './names.ts';
import { mair, mair2 } from './registers/attributes.ts';
import { esr, hpfar, par } from './registers/fault.ts';
import { ctr, mmfr0, mmfr1, mmfr2, mmfr3, mmfr4 } from './registers/features.ts';
import { pir, s2pir } from './registers/permissions.ts';
import { ttbrFamily, vttbrFamily } from './registers/roots.ts';
import { types } from './walk/asked.ts';
import {
  hcr,
  sctlrEl1,
  sctlrEl2,
  sctlrEl3,
  tcr2El1,
  tcr2El2,
  tcrEl1,
  tcrEl2,
  tcrEl3,
  vstcr,
  vtcr,
} from './walk/controls.ts';
import { walks } from './walk/index.ts';

export { readStage1, type Stage1Reading, type Stage1Settings, stage1Settings } from './descriptors/stage1.ts';
export { readStage2, type Stage2Reading, type Stage2Settings, stage2Settings } from './descriptors/stage2.ts';
export { combineStages, stage1Only } from './memtype/combine.ts';
export {
  type Access,
  type HypervisorControls,
  hypervisorControls,
  NO_HYPERVISOR,
  type SystemControls,
  systemControls,
} from './memtype/control.ts';
export { effective as resolve, effectiveOf, type Question } from './memtype/effective.ts';
export type { Effective, Stage1Meaning, Stage2Meaning } from './memtype/meaning.ts';
export { parAttr, parSh } from './memtype/par.ts';
export { s1DecodeMemAttrs } from './memtype/stage1.ts';
export { s2DecodeMemAttrs } from './memtype/stage2.ts';
export { stage1WalkMemory, stage2WalkMemory } from './memtype/walk-memory.ts';
export { FEATURE_SETS, type Features, featuresOf } from './registers/features.ts';
export { type RootTable, stage1Root, stage2Root } from './registers/roots.ts';
export { decodeAttr, type Memory } from './values/attributes.ts';
export { memoryName } from './values/names.ts';
export { type Stage1Regime, type Stage2Regime, stage1Regime, stage2Regime } from './walk/regime.ts';
export { stage1Setup, stage2Setup } from './walk/setup.ts';

/** Every family, descriptors first. */
export const arm64Families: readonly Family[] = eraseAll([
  ...arm64Descriptors,
  mair,
  mair2,
  tcrEl1,
  tcrEl2,
  tcrEl3,
  tcr2El1,
  tcr2El2,
  vtcr,
  vstcr,
  ttbrFamily,
  vttbrFamily,
  hcr,
  sctlrEl1,
  sctlrEl2,
  sctlrEl3,
  pir,
  s2pir,
  par,
  esr,
  hpfar,
  ctr,
  mmfr0,
  mmfr1,
  mmfr2,
  mmfr3,
  mmfr4,
]);

/** arm64, whole: what everything above the architectures asks. */
export const architecture: Architecture = { ...names, families: arm64Families, ...walks, faults, types };
