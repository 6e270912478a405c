import { arm, sdm } from '../../refs.ts';
import { lintRule, type Verdict } from '../rule.ts';

const LOOKS: Readonly<Record<string, string>> = {
  'looks-like-stage1': 'stage 1 or ordinary paging entries',
  'looks-like-stage2': 'stage 2 descriptors',
  'looks-like-ept': 'EPT entries',
  'looks-like-fwb': 'entries written for HCR_EL2.FWB = 1',
  'looks-like-root': 'entries of Root state (FEAT_RME)',
};

export const wrongRegime = lintRule({
  id: 'wrong-regime',
  title: 'tables that look as if they were written for another regime',
  severity: 'warning',
  explain:
    'Half of the leaves or more read better as entries of another kind: stage 1 for stage 2, EPT for ordinary paging, FWB = 1 for FWB = 0. Single entries may look so by chance; this many mean that the root, or a control register, does not belong to these tables, and that the other reports are about nothing.',
  refs: {
    arm64: [arm('Table D8-96'), arm('Table D8-100')],
    x86: [sdm('section "EPT Translation Mechanism"')],
  },
  space: ({ leaves, findings }) =>
    [...findings].flatMap(([id, count]): readonly Verdict[] => {
      const what = LOOKS[id];
      return what !== undefined && leaves > 0 && count * 2 >= leaves
        ? [{ message: `most leaves look like ${what}` }]
        : [];
    }),
});
