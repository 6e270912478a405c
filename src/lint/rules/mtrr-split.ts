import { sdm } from '../../refs.ts';
import { lintRule } from '../rule.ts';

export const mtrrSplit = lintRule({
  id: 'mtrr-split',
  title: 'large pages over several MTRR types',
  severity: 'warning',
  explain:
    'One large page maps physical memory whose MTRRs say different types. Intel asks software to give each type pages of its own; where it does not, the processor may use any of the types for all of the page, and memory that should be uncached may end up in a cache. Below 4 MBytes the processor splits such pages by itself: a note.',
  refs: { x86: [sdm('section "Large Page Size Considerations"')] },
  access: ({ split }) =>
    split
      ? {
          message: split.low
            ? 'a large page over several MTRR types, which the processor splits'
            : 'a large page over several MTRR types',
          ...(split.low ? { severity: 'note' as const } : {}),
        }
      : undefined,
});
