/** x86: paging entries, EPT, nested paging, registers, and the regimes they make. */
import type { Architecture } from '../arch/architecture.ts';
import type { Family } from '../bits/family.ts';
import { npt } from './descriptors/npt.ts';
import { stage1 } from './descriptors/stage1.ts';
import { sppt, stage2 } from './descriptors/stage2.ts';
import { faults } from './faults/index.ts';
import { names } from './names.ts';
import { pat } from './registers/attributes.ts';
import { cr0, cr4, efer } from './registers/control.ts';
import { eptViolation, nestedFault, pageFaultCode } from './registers/fault.ts';
import { eptVpidCap } from './registers/features.ts';
import {
  iorrBase,
  iorrMask,
  mtrrCap,
  mtrrDefType,
  mtrrFixed,
  mtrrPhysBase,
  mtrrPhysMask,
  smrrPhysBase,
  smrrPhysMask,
  syscfg,
  topMem,
} from './registers/mtrr.ts';
import { cr3, eptp } from './registers/roots.ts';
import { types } from './walk/asked.ts';
import { walks } from './walk/index.ts';

export { type NptReading, type NptSettings, nptSettings, readNpt } from './descriptors/npt.ts';
export * from './descriptors/software.ts';
export { readStage1, type Stage1Reading, type Stage1Settings, stage1Settings } from './descriptors/stage1.ts';
export { readStage2, type Stage2Reading, type Stage2Settings, stage2Settings } from './descriptors/stage2.ts';
export { patIndex, patTypes } from './registers/attributes.ts';
export { wrmsrAccepts } from './registers/mtrr.ts';
export { type Mode, PAGE_SIZE } from './values/address.ts';
export type { MemoryType, PatType } from './values/attributes.ts';
export { PATS } from './values/pat.ts';
export * from './values/permissions.ts';
export * from './walk/regime.ts';
export {
  cr0,
  cr3,
  cr4,
  efer,
  eptp,
  eptViolation,
  eptVpidCap,
  iorrBase,
  iorrMask,
  mtrrCap,
  mtrrDefType,
  mtrrFixed,
  mtrrPhysBase,
  mtrrPhysMask,
  nestedFault,
  npt,
  pageFaultCode,
  pat,
  smrrPhysBase,
  smrrPhysMask,
  sppt,
  stage1,
  stage2,
  syscfg,
  topMem,
};

/** Every kind of x86 word there is: descriptors, then registers. */
export const x86Families: readonly Family[] = [
  ...[stage1, stage2, npt, sppt],
  ...[cr0, cr3, cr4, efer, eptp, eptVpidCap, pat],
  ...[mtrrCap, mtrrDefType, mtrrFixed, mtrrPhysBase, mtrrPhysMask, smrrPhysBase, smrrPhysMask],
  ...[syscfg, topMem, iorrBase, iorrMask],
  ...[pageFaultCode, eptViolation, nestedFault],
];
export * as memtype from './memtype/index.ts';

/** x86, whole: what everything above the architectures asks. */
export const architecture: Architecture = { ...names, families: x86Families, ...walks, faults, types };
