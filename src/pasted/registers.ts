/** Registers that stand in text, by the names of `text/registers.ts`. */
import { registers as families } from '../arch/families.ts';
import type { Family } from '../bits/family.ts';

/** Register families by every name that a text gives them, in capitals. */
const byName = new Map<string, Family>();
for (const family of families)
  for (const name of [family.id.slice(family.id.indexOf('.') + 1), ...(family.aliases ?? [])]) {
    const plain = name.toUpperCase();
    if (!byName.has(plain)) byName.set(plain, family);
  }

/** The layout of a register; undefined where none is kept of it. MSRs may be named without `IA32_`, a guest's are its host's. */
export function registerFamily(name: string): Family | undefined {
  const plain = name.replace(/^GUEST(?=CR|EFER|PAT)/, '');
  return byName.get(plain) ?? byName.get(`IA32_${plain}`);
}

/** Does a register bear on translation, though no layout is kept of it? */
export const bearsOnTranslation = (name: string): boolean =>
  /^(?:CR[0-4]|EFER|ESR|FAR|[VH]?TTBR|EPTP|NCR3|MTRR)/.test(name);

/** Does a register hold the address of a table where walks begin? */
export const holdsRoot = (name: string): boolean =>
  /^(?:CR3|VS?TTBR_EL2|TTBR[01]_EL[1-3]|EPTP|NCR3)$/.test(name);

/** Registers that say nothing which the fault beside them does not say. */
export const tellsOfFault = (name: string): boolean => /^(?:ESR|FAR)_EL1$|^CR[0-4]$/.test(name);
