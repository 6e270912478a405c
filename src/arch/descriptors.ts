/**
 * The families of table entries. Apart from the registers, because `decode` starts with these and most words are one of
 * them: reading their modules takes a third of the time that all families take.
 */
import { arm64Descriptors } from '../arm64/descriptors/families.ts';
import { eraseAll, type Family } from '../bits/family.ts';
import { npt } from '../x86/descriptors/npt.ts';
import { stage1 as x86Stage1 } from '../x86/descriptors/stage1.ts';
import { sppt, stage2 as x86Stage2 } from '../x86/descriptors/stage2.ts';

export const descriptors: readonly Family[] = eraseAll([
  ...arm64Descriptors,
  x86Stage1,
  x86Stage2,
  npt,
  sppt,
]);
