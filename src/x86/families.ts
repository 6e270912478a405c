/** Every kind of x86 word there is, by name. */
import { eraseAll, type Family } from '../bits/family.ts';
import { descriptors, npt, sppt, stage1, stage2 } from './descriptors/families.ts';
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
import { pkru } from './registers/permissions.ts';
import { cr3, eptp } from './registers/roots.ts';
import { rflags } from './registers/state.ts';

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
  pkru,
  rflags,
  smrrPhysBase,
  smrrPhysMask,
  sppt,
  stage1,
  stage2,
  syscfg,
  topMem,
};

/** Every family, descriptors first. */
export const all: readonly Family[] = eraseAll([
  ...descriptors,
  cr0,
  cr3,
  cr4,
  efer,
  eptp,
  eptVpidCap,
  pat,
  pkru,
  rflags,
  mtrrCap,
  mtrrDefType,
  mtrrFixed,
  mtrrPhysBase,
  mtrrPhysMask,
  smrrPhysBase,
  smrrPhysMask,
  syscfg,
  topMem,
  iorrBase,
  iorrMask,
  pageFaultCode,
  eptViolation,
  nestedFault,
]);
