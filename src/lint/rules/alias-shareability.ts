import { arm } from '../../refs.ts';
import { lintRule } from '../rule.ts';
import { type Certain, certain, disagreements, typeName, types } from './aliases.ts';

export const aliasShareability = lintRule({
  id: 'alias-shareability',
  title: 'the same page mapped with different shareability',
  severity: 'warning',
  explain:
    'One physical page is reached as the same cached type but with different shareability: Non-shareable here, Inner Shareable there. Coherence between processors is then only what the least shared mapping promises, and exclusive accesses through different mappings need not see each other. arm64 only. Device and Non-cacheable memory is always Outer Shareable and cannot differ.',
  refs: { arm64: [arm('section B2.11, Mismatched memory attributes'), arm('Table D8-103')] },
  pages: uses => {
    const known = certain(uses).filter(({ agreement }) => agreement.shareability !== undefined);
    const shares = (of: readonly Certain[]): number =>
      new Set(of.map(({ agreement }) => agreement.shareability)).size;
    if (types(known).size > 1) return undefined;
    return disagreements(
      known,
      of => shares(of) > 1,
      use => `${typeName(use)} ${use.agreement.shareability}`,
    );
  },
});
