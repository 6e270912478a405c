import { arm, sdm } from '../../refs.ts';
import { lintRule } from '../rule.ts';

export const wxGuest = lintRule({
  id: 'wx-guest',
  title: 'guest memory that the second stage lets be written and executed',
  severity: 'note',
  explain:
    'Hypervisors give a guest all rights to its own memory and leave W^X to the guest’s own tables, so this is what one expects of ordinary guest RAM. It is worth a look where the hypervisor claims to enforce more, and for device memory, which nobody executes on purpose.',
  refs: { arm64: [arm('section D8.4.2, Stage 2 permissions')], x86: [sdm('section "EPT Violations"')] },
  entry: ({ regime, leaf }) => {
    if (!leaf || regime.input === 'va') return undefined;
    const both = Object.values(leaf.rights).some(({ w, x }) => w && x);
    return both ? { message: 'the guest may write and execute it' } : undefined;
  },
});
