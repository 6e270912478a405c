import { arm, sdm } from '../../refs.ts';
import { passingOn } from '../findings.ts';
import { lintRule } from '../rule.ts';

export const blockMisaligned = lintRule({
  id: 'block-misaligned',
  title: 'blocks and large pages off their alignment',
  severity: 'warning',
  explain:
    'Address bits below the size of a block or large page are set. They are reserved: arm64 may ignore them, so that the block starts lower than whoever wrote it thinks; x86 takes a fault (an error). The usual cause is an address that was never aligned, or a bit of another level’s layout: PAT of a 4-KByte page is bit 7, of a large page bit 12.',
  refs: { arm64: [arm('Table D8-52')], x86: [sdm('section "Page-Fault Exceptions"')] },
  entry: passingOn('block-misaligned'),
});
