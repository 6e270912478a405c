import { arm, sdm } from '../../refs.ts';
import { lintRule } from '../rule.ts';
import { type Certain, cacheability, certain, disagreements, typeName, types } from './aliases.ts';

export const aliasType = lintRule({
  id: 'alias-type',
  title: 'the same page mapped with different memory types',
  severity: 'warning',
  explain:
    'One physical page is reached with different types that agree on whether caches may hold it: Normal Non-cacheable and Device, WC and UC, Write-Back and Write-Through. No stale data comes of it, but ordering, merging and early acknowledgement are then only those that the weakest type promises. Two Device types (nGnRnE and nGnRE) are a note. Mappings that differ in cacheability are reported by alias-cacheability.',
  refs: {
    arm64: [arm('section B2.11, Mismatched memory attributes')],
    x86: [sdm('section "Programming the PAT"')],
  },
  pages: uses => {
    const known = certain(uses).filter(({ agreement }) => agreement.type !== undefined);
    const conflict = (of: readonly Certain[]): boolean => cacheability(of).size === 1 && types(of).size > 1;
    if (cacheability(known).size > 1) return undefined;
    const devices = (of: readonly Certain[]) => of.every(({ agreement }) => agreement.kind === 'device');
    return disagreements(known, conflict, typeName).map(verdict =>
      devices(verdict.uses) ? { ...verdict, severity: 'note' } : verdict,
    );
  },
});
