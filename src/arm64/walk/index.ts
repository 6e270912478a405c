/** arm64's translations: the part of the contract that walks need. */
import type { Walks } from '../../arch/architecture.ts';
import type { Features } from '../registers/features.ts';
import { startOf } from './entries.ts';
import { kernelRoot } from './kernel-root.ts';
import { guess, levelNamed, revealed } from './revealed.ts';
import { arm64Candidates } from './roots.ts';
import { arm64Species, concatenated, judgeArm64 } from './scan.ts';
import { arm64Stated } from './stated.ts';

/** What the registers do not hold. */
export interface Machine {
  /** The features that ID registers would state, where those are not given. */
  readonly features?: Features;
}

export const walks: Walks<Machine> = {
  id: 'arm64',
  candidates: (registers, { features } = {}) => arm64Candidates(registers, features),
  species: () => arm64Species,
  joined: concatenated,
  judge: judgeArm64,
  kernelRoot,
  revealed,
  levelNamed,
  guess,
  startOf,
  stated: arm64Stated,
};
