import { arm, sdm } from '../../refs.ts';
import { lintRule } from '../rule.ts';

export const recursiveTable = lintRule({
  id: 'recursive-table',
  title: 'tables that contain themselves',
  severity: 'note',
  explain:
    'An entry leads to a table on its own way down, so that tables appear as pages of their own address space. Windows and small kernels map their tables this way on purpose. In a tree that was not built so it means that an entry is damaged, or that the root is not one.',
  refs: { arm64: [arm('section D8.2, Translation process')], x86: [sdm('chapter "Paging"')] },
  loop: ({ level }) => ({ message: `a level ${level.name} entry leads to a table above it` }),
});
