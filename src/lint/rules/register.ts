import { arm, sdm } from '../../refs.ts';
import { lintRule } from '../rule.ts';

export const register = lintRule({
  id: 'register',
  title: 'registers of a translation that are not right',
  severity: 'error',
  explain:
    'What the base and control registers of a translation say against themselves: reserved bits of CR3 or EPTP, a base address off its alignment, a paging mode that cannot be. The reports are those that reading the register by itself gives (memattr reg).',
  refs: { arm64: [arm('section D8.2.4')], x86: [sdm('section "Paging Modes and Control Bits"')] },
});
