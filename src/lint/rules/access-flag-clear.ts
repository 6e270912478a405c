import { arm } from '../../refs.ts';
import { passingOn } from '../findings.ts';
import { lintRule } from '../rule.ts';

export const accessFlagClear = lintRule({
  id: 'access-flag-clear',
  title: 'leaves whose Access flag is clear',
  severity: 'note',
  explain:
    'AF is 0 and hardware does not set it: the first access takes an Access flag fault. Kernels use this to learn which pages are in use, so it is no defect by itself; in tables that were built once and for all (firmware, hypervisors at EL2) it is.',
  refs: { arm64: [arm('R_SWTYY')] },
  entry: passingOn('access-flag-clear'),
});
