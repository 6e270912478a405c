import { apm } from '../../refs.ts';
import { passingOn } from '../findings.ts';
import { lintRule } from '../rule.ts';

export const nptSupervisor = lintRule({
  id: 'npt-supervisor',
  title: 'nested paging entries without user access',
  severity: 'error',
  explain:
    'Every access that nested paging translates counts as a user access, so an entry with U/S = 0 faults whatever the guest does. The usual cause is a host page table used as a nested one.',
  refs: { x86: [apm('section "Nested Paging"')] },
  entry: passingOn('npt-supervisor'),
});
