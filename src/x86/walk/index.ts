/** x86's translations: the part of the contract that walks need. */
import type { Walks } from '../../arch/architecture.ts';
import { startOf } from './entries.ts';
import { kernelRoot } from './kernel-root.ts';
import { guess, levelNamed, revealed } from './revealed.ts';
import { type Machine, x86Candidates } from './roots.ts';
import { judgeX86, x86Species } from './scan.ts';
import { x86Stated } from './stated.ts';

export type { Machine } from './roots.ts';

/** Above it, address bits count as reserved where nothing says how wide the processor's addresses are. */
const USUAL_WIDTH = 46;

export const walks: Walks<Machine> = {
  id: 'x86',
  candidates: x86Candidates,
  // the kernel of a 64-bit machine walks no small trees
  species: (machine, header) =>
    x86Species(machine?.maxphyaddr ?? USUAL_WIDTH).filter(
      ({ id }) => header !== 'x86-64' || (id !== 'x86.32bit' && id !== 'x86.pae'),
    ),
  joined: roots => roots,
  judge: judgeX86,
  kernelRoot,
  revealed,
  levelNamed,
  guess,
  startOf,
  stated: x86Stated,
};
