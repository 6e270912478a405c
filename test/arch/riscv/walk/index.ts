/** The translations: the part of the contract that walks need. */
import type { Walks } from '../../../../src/arch/architecture.ts';
import { startOf } from './entries.ts';
import { kernelRoot } from './kernel-root.ts';
import { guess, levelNamed, revealed } from './revealed.ts';
import { candidates, type Machine, nested } from './roots.ts';
import { judge, species } from './scan.ts';
import { stated } from './stated.ts';

export type { Machine } from './roots.ts';

export const walks: Walks<Machine> = {
  id: 'riscv',
  candidates,
  species,
  joined: roots => roots,
  judge,
  nested,
  kernelRoot,
  revealed,
  levelNamed,
  guess,
  startOf,
  stated,
};
