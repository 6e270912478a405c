/** What every architecture knows of faults. */
import { faults as arm64 } from '../arm64/faults/index.ts';
import type { FaultRules } from '../faults/rules.ts';
import { faults as x86 } from '../x86/faults/index.ts';
import type { ArchitectureId } from './architecture.ts';

export const architectureFaults: readonly FaultRules[] = [arm64, x86];

/** @throws TypeError where no architecture is called so: ids come from claims and texts. */
export function faultsOf(id: ArchitectureId): FaultRules {
  const found = architectureFaults.find(one => one.id === id);
  if (!found) throw new TypeError(`no architecture ${id}`);
  return found;
}
