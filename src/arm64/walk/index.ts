/** arm64's translations: the part of the contract that walks need. */
import type { Walks } from '../../arch/architecture.ts';
import { startOf } from './entries.ts';
import { guess, levelNamed, revealed } from './revealed.ts';
import { candidates, type Machine, nested } from './roots.ts';
import { stated } from './stated.ts';

export { decider, effectiveView, stage1Effective, stage2Effective } from './effective.ts';
export { type Stage1Regime, type Stage2Regime, stage1Regime, stage2Regime } from './regime.ts';
export { candidates, type Machine } from './roots.ts';
export { judge, species } from './scan.ts';
export { stage1Setup, stage2Setup } from './setup.ts';
export { stated } from './stated.ts';
export { stage1Tables, stage2Tables } from './tables.ts';

export const walks: Walks<Machine> = {
  id: 'arm64',
  candidates,
  nested,
  revealed,
  levelNamed,
  guess,
  startOf,
  stated,
};
