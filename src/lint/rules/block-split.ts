import { arm } from '../../refs.ts';
import { passingOn } from '../findings.ts';
import { lintRule } from '../rule.ts';

export const blockSplit = lintRule({
  id: 'block-split',
  title: 'blocks that are being split or joined',
  severity: 'note',
  explain:
    'nT is set: the block may be held in the TLB only as if it were not there, so that software can change its size without break-before-make. Accesses may take a Translation fault as long as it stands.',
  refs: { arm64: [arm('R_MRRPW')] },
  entry: passingOn('block-split'),
});
