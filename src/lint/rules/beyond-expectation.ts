import { arm, sdm } from '../../refs.ts';
import { lintRule } from '../rule.ts';

const RIGHTS = [
  ['r', 'read'],
  ['w', 'write'],
  ['x', 'execute'],
] as const;

export const beyondExpectation = lintRule({
  id: 'beyond-expectation',
  title: 'second stages that permit more than was asked',
  severity: 'error',
  needs: 'expectation',
  explain:
    'With expectations given (--expect-perm), a second stage that permits a guest more than they say is an error: a read-only slot that is writable, a hole that is mapped, device memory that is executable. Less is no trouble: hypervisors map on demand, write-protect for dirty logging, and take rights away for a while. Without expectations nothing can be said, because a hypervisor normally permits more than the guest’s own tables ask for.',
  refs: { arm64: [arm('section D8.4.2, Stage 2 permissions')], x86: [sdm('section "EPT Violations"')] },
  access: ({ first, rights, expected }) => {
    if (!expected || first.regime.input === 'va') return undefined;
    const extra = RIGHTS.filter(([key]) => !expected[key] && Object.values(rights).some(side => side[key]));
    if (extra.length === 0) return undefined;
    return {
      message: `${expected.perm} was asked, and ${extra.map(([, name]) => name).join(', ')} is permitted too`,
    };
  },
});
