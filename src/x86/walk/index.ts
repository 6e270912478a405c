/** x86's translations: the part of the contract that walks need. */
import type { Walks } from '../../arch/architecture.ts';
import { startOf } from './entries.ts';
import { kernelRoot } from './kernel-root.ts';
import { guess, levelNamed, revealed } from './revealed.ts';
import { candidates, type Machine } from './roots.ts';
import { judge, species } from './scan.ts';
import { stated } from './stated.ts';

export type { Machine } from './roots.ts';

export const walks: Walks<Machine> = {
  id: 'x86',
  candidates,
  // the kernel of a 64-bit machine walks no small trees
  species: (machine, header) =>
    species(machine).filter(({ id }) => header !== 'x86-64' || (id !== 'x86.32bit' && id !== 'x86.pae')),
  joined: roots => roots,
  judge,
  kernelRoot,
  revealed,
  levelNamed,
  guess,
  startOf,
  stated,
};
