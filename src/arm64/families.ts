/** Every kind of arm64 word there is, by name. */
import { eraseAll, type Family } from '../bits/family.ts';
import { descriptors, stage1, stage2 } from './descriptors/families.ts';
import { mair, mair2 } from './registers/attributes.ts';
import { hcr, hcrx, scr, sctlrEl1, sctlrEl2, sctlrEl3, tcr2El1, tcr2El2 } from './registers/control.ts';
import { esr, hpfar, mfar, par } from './registers/fault.ts';
import { ctr, isar1, mmfr0, mmfr1, mmfr2, mmfr3, mmfr4, pfr0, pfr1, pfr2 } from './registers/features.ts';
import { pir, por, s2pir, s2por } from './registers/permissions.ts';
import { ttbr, vttbr } from './registers/roots.ts';
import { spsr } from './registers/state.ts';
import { stage1Controls, stage2Controls } from './registers/translation.ts';
import { stage1Regime, stage2Regime } from './walk/regime.ts';

export const { tcrEl1, tcrEl2, tcrEl3 } = stage1Controls(stage1Regime);
export const { vtcr, vstcr } = stage2Controls(stage2Regime);
export {
  ctr,
  esr,
  hcr,
  hcrx,
  hpfar,
  isar1,
  mair,
  mair2,
  mfar,
  mmfr0,
  mmfr1,
  mmfr2,
  mmfr3,
  mmfr4,
  par,
  pfr0,
  pfr1,
  pfr2,
  pir,
  por,
  s2pir,
  s2por,
  scr,
  sctlrEl1,
  sctlrEl2,
  sctlrEl3,
  spsr,
  stage1,
  stage2,
  tcr2El1,
  tcr2El2,
  ttbr,
  vttbr,
};

/** Every family, descriptors first. */
export const all: readonly Family[] = eraseAll([
  ...descriptors,
  mair,
  mair2,
  tcrEl1,
  tcrEl2,
  tcrEl3,
  tcr2El1,
  tcr2El2,
  vtcr,
  vstcr,
  ttbr,
  vttbr,
  hcr,
  hcrx,
  scr,
  sctlrEl1,
  sctlrEl2,
  sctlrEl3,
  pir,
  por,
  s2pir,
  s2por,
  spsr,
  par,
  esr,
  hpfar,
  mfar,
  ctr,
  mmfr0,
  mmfr1,
  mmfr2,
  mmfr3,
  mmfr4,
  pfr0,
  pfr1,
  pfr2,
  isar1,
]);
