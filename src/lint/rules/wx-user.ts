import { arm, sdm } from '../../refs.ts';
import { lintRule, unprivileged } from '../rule.ts';

export const wxUser = lintRule({
  id: 'wx-user',
  title: 'memory that user mode may write and execute',
  severity: 'warning',
  explain:
    'A page that EL0 or user mode may both write and execute turns any stray write into code. Interpreters that compile at run time, and old programs with an executable stack, map such pages on purpose. Rights are those of the leaf after every table above it. Where the paging mode has no execute-never bit all that is writable is executable: a note.',
  refs: { arm64: [arm('section D8.4.1, Stage 1 permissions')], x86: [sdm('section "Access Rights"')] },
  entry: entry => {
    const { regime, leaf } = entry;
    if (!leaf || regime.input !== 'va') return undefined;
    const user = unprivileged(leaf.rights);
    if (!user?.w || !user.x) return undefined;
    const message = `writable and executable at ${user.name}`;
    return entry.regime.cannotForbid
      ? { message: `${message}, as everything in this mode`, severity: 'note' }
      : { message };
  },
});
