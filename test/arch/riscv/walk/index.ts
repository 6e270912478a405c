/** The translations: the part of the contract that walks need. */
import type { Walks } from '../../../../src/arch/architecture.ts';
import { startOf } from './entries.ts';
import { guess, levelNamed, revealed } from './revealed.ts';
import { candidates, type Machine, nested } from './roots.ts';
import { stated } from './stated.ts';

export type { Machine } from './roots.ts';

export const walks: Walks<Machine> = {
  id: 'riscv',
  candidates,
  nested,
  revealed,
  levelNamed,
  guess,
  startOf,
  stated,
};
