/** Where x86's translations are when no register says it: the part of the contract that a search for roots needs. */
import type { Searches } from '../../arch/architecture.ts';
import { walks } from './index.ts';
import { kernelRoot } from './kernel-root.ts';
import type { Machine } from './roots.ts';
import { joined, judge, species } from './scan.ts';

export const search: Searches<Machine> = {
  ...walks,
  // the kernel of a 64-bit machine walks no small trees
  species: (machine, header) =>
    species(machine).filter(({ id }) => header !== 'x86-64' || (id !== 'x86.32bit' && id !== 'x86.pae')),
  joined,
  judge,
  kernelRoot,
};
