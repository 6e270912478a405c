/** The memory type of a leaf under the attributes of the memory that it maps, as a rule on its bits. */
import { rule } from '../../../../src/memtype/rule.ts';
import { type Stage1Settings, stage1Page } from '../descriptors/stage1.ts';
import { svpbmt } from '../refs.ts';
import { PBMT, type Pbmt } from '../values/attributes.ts';
import { effective } from './effective.ts';
import type { Pma } from './meaning.ts';

export const stage1 = rule({
  id: 'riscv.pbmt',
  ref: svpbmt,
  format: ({ settings }: { readonly settings: Stage1Settings; readonly pma: Pma }) => stage1Page(settings),
  reads: ['pbmt'],
  resolve: ({ pbmt = 0 }, { pma }) => {
    const asked = PBMT[pbmt];
    return effective(typeof asked === 'string' ? (asked as Pbmt) : 'reserved', pma);
  },
});
