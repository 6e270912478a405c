/** The address spaces of either architecture that a set of registers gives. */

import { type Machine as Arm64Machine, candidates as arm64Candidates } from '../arm64/walk/roots.ts';
import type { Candidate, Candidates, RegisterValues } from '../walk/candidate.ts';
import { type Machine as X86Machine, candidates as x86Candidates } from '../x86/walk/roots.ts';

export type Architecture = 'arm64' | 'x86';

/** What the registers do not hold. */
export interface Machine extends Arm64Machine, X86Machine {}

/** Which architecture the names belong to; undefined where they say nothing. */
export function architectureOf(registers: RegisterValues): Architecture | undefined {
  for (const name of registers.keys()) {
    if (/^(V?TTBR\d?|V?TCR|MAIR|SCTLR|HCR)_EL\d/.test(name)) return 'arm64';
    if (/^(CR[034]|N?CR3|EPTP)$/.test(name)) return 'x86';
  }
  return undefined;
}

/** Every regime that the registers give, for one CPU. */
export function candidatesOf(
  registers: RegisterValues,
  architecture: Architecture,
  machine: Machine = {},
): Candidates {
  return architecture === 'arm64' ? arm64Candidates(registers, machine) : x86Candidates(registers, machine);
}

/** The candidates of several CPUs, each regime once: CPUs of one machine share most of them. */
export function candidatesOfAll(
  cpus: readonly RegisterValues[],
  architecture: Architecture,
  machine: Machine = {},
): Candidates & { readonly found: readonly (Candidate & { readonly cpu: number })[] } {
  const found: (Candidate & { cpu: number })[] = [];
  const refused: Candidates['refused'][number][] = [];
  cpus.forEach((registers, cpu) => {
    const own = candidatesOf(registers, architecture, machine);
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
    const key = `${candidate.regime.id} ${candidate.regime.title} ${JSON.stringify(candidate.regime.roots)} ${through}`;
    const twin = names.get(key);
    names.set(`name ${candidate.name}`, twin ?? candidate.name);
    if (twin !== undefined) continue;
    names.set(key, candidate.name);
    kept.push(candidate.through === undefined ? candidate : { ...candidate, through });
  }
  return kept;
}
