/** Whole tables of combinations: for printing and for comparison. */
import { type Matrix, rowsOf } from '../../../../src/memtype/matrix.ts';
import { svpbmt } from '../refs.ts';
import { effective } from './effective.ts';
import { nameOf, PMAS } from './meaning.ts';

export const MATRICES: readonly Matrix[] = [
  {
    id: 'pbmt',
    title: 'Effective type by PMA and PBMT (+: I/O and main memory for fences)',
    ref: svpbmt,
    ...{ rowName: 'PMA', columnName: 'PBMT', columns: ['PMA', 'NC', 'IO'] },
    get rows() {
      return rowsOf(
        PMAS.map(pma => [pma, pma] as const),
        ['PMA', 'NC', 'IO'] as const,
        (pma, pbmt) => {
          const { value: is } = effective(pbmt, pma);
          return `${nameOf(is)}${is.is === 'type' && is.both ? '+' : ''}`;
        },
      );
    },
  },
];
