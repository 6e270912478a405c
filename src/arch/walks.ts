/** The translations of every architecture that a set of registers gives. */
import { type Machine as Arm64Machine, walks as arm64 } from '../arm64/walk/index.ts';
import { type Candidate, type Candidates, type RegisterValues, readingKey } from '../walk/candidate.ts';
import { type Machine as X86Machine, walks as x86 } from '../x86/walk/index.ts';
import type { ArchitectureId, Walks } from './architecture.ts';

/** What the registers do not hold: each architecture reads its own. */
export interface Machine extends Arm64Machine, X86Machine {}

export const architectureWalks: readonly Walks[] = [arm64, x86];

/** @throws TypeError where no architecture is called so: ids come from `architectureOf` and from regimes. */
export function walksOf(id: ArchitectureId, among: readonly Walks[] = architectureWalks): Walks {
  const found = among.find(one => one.id === id);
  if (!found) throw new TypeError(`no architecture ${id}`);
  return found;
}

/** Every regime that the registers give, for one CPU. */
export const candidatesOf = (
  registers: RegisterValues,
  architecture: ArchitectureId,
  machine: Machine = {},
): Candidates => walksOf(architecture).candidates(registers, machine);

/** The candidates of several CPUs, each regime once: CPUs of one machine share most of them. */
export function candidatesOfAll(
  cpus: readonly RegisterValues[],
  architecture: ArchitectureId,
  machine: object = {},
  among: readonly Walks[] = architectureWalks,
): Omit<Candidates, 'found'> & { readonly found: readonly (Candidate & { readonly cpu: number })[] } {
  const found: (Candidate & { cpu: number })[] = [];
  const refused: Candidates['refused'][number][] = [];
  const { candidates } = walksOf(architecture, among);
  const before = new Map<string, Candidates>();
  cpus.forEach((registers, cpu) => {
    // CPUs with the same registers have the same translations, which are those of the first: dumps of thousands of CPUs have many such
    const key = [...registers].flat().join();
    const twin = before.get(key);
    const own = twin ? { found: [], refused: twin.refused } : candidates(registers, machine);
    if (!twin) before.set(key, own);
    const suffix = cpus.length > 1 ? `cpu${cpu}.` : '';
    for (const candidate of own.found) {
      const through = candidate.through === undefined ? {} : { through: suffix + candidate.through };
      found.push({ ...candidate, name: suffix + candidate.name, cpu, ...through });
    }
    for (const { name, reason } of own.refused) refused.push({ name: suffix + name, reason });
  });
  return { found: distinct(found), refused };
}

/** The first of each regime: the same tables under the same controls, reached through the same second stage. */
function distinct<C extends Candidate>(candidates: readonly C[]): C[] {
  const names = new Map<string, string>();
  const kept: C[] = [];
  for (const candidate of candidates) {
    const through =
      candidate.through === undefined ? '' : (names.get(`name ${candidate.through}`) ?? candidate.through);
    const key = [readingKey(candidate), JSON.stringify(candidate.regime.roots), through].join(' ');
    const twin = names.get(key);
    names.set(`name ${candidate.name}`, twin ?? candidate.name);
    if (twin !== undefined) continue;
    names.set(key, candidate.name);
    kept.push(candidate.through === undefined ? candidate : { ...candidate, through });
  }
  return kept;
}
