import { arm, sdm } from '../../refs.ts';
import { passingOn } from '../findings.ts';
import { lintRule } from '../rule.ts';

export const reservedEncoding = lintRule({
  id: 'reserved-encoding',
  title: 'reserved encodings',
  severity: 'error',
  explain:
    'A field holds a value that the architecture reserves (MemAttr, SH, the PAT), the descriptor type is reserved at this level, or AttrIndx selects a byte of MAIR_ELx that has no meaning. The result is UNPREDICTABLE, or the entry counts as invalid.',
  refs: {
    arm64: [arm('section D8.3, VMSAv8-64 descriptor formats')],
    x86: [sdm('Table "Memory Types That Can Be Encoded With PAT"')],
  },
  entry: passingOn('reserved-encoding'),
});
