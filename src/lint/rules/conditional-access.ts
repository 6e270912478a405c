import { arm } from '../../refs.ts';
import { passingOn } from '../findings.ts';
import { lintRule } from '../rule.ts';

export const conditionalAccess = lintRule({
  id: 'conditional-access',
  title: 'leaves that deny some accesses by more than their permissions',
  severity: 'note',
  explain:
    'A write to a clean entry faults where hardware does not manage the dirty state, a permission overlay that is not known may take rights away, AssuredOnly and NoTagAccess deny some accesses only. Software that knows of it handles these faults; where nobody expects them they look like a stale TLB entry.',
  refs: { arm64: [arm('R_BRFGY'), arm('Table D8-72'), arm('R_JSXRX')] },
  entry: passingOn('conditional-access'),
});
