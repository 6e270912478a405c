/**
 * What an access gets: the platform’s attributes of the physical address (PMA), with what the page asks for (PBMT) over
 * them [chapter "Svpbmt Extension for Page-Based Memory Types"].
 */
import { type Answer, answer, citing } from '../../../../src/memtype/rule.ts';
import { pma, svpbmt } from '../refs.ts';
import type { Pbmt } from '../values/attributes.ts';
import { type Effective, type Pma, TYPES } from './meaning.ts';

const overPma = citing('riscv.pbmt', svpbmt);
const platform = citing('riscv.pma', pma);

/** PBMT over PMA. */
export function effective(pbmt: Pbmt | 'reserved', attributes: Pma): Answer<Effective> {
  const operands = { PMA: attributes, PBMT: pbmt };
  const typed = (type: 'memory' | 'nc' | 'io', both: boolean, note?: string): Answer<Effective> =>
    answer({ is: 'type', type, both }, overPma(operands, TYPES[type], { note }));
  if (pbmt === 'reserved') return answer({ is: 'reserved' }, overPma(operands, 'page fault'));
  if (attributes === 'vacant')
    return answer(
      { is: 'vacant' },
      platform(operands, 'access fault', { note: 'PBMT does not override it' }),
    );
  switch (pbmt) {
    case 'PMA':
      return answer(
        { is: 'type', type: attributes, both: false },
        platform(operands, TYPES[attributes], { note: 'the page asks for nothing' }),
      );
    case 'NC':
      return typed('nc', attributes === 'io', attributes === 'io' ? BOTH : undefined);
    case 'IO':
      return typed('io', attributes === 'memory', attributes === 'memory' ? BOTH : undefined);
  }
}
const BOTH = 'I/O and main memory for fences, .aq and .rl';
