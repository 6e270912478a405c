/**
 * What an access gets: the platform’s attributes of the physical address (PMA), with what the page asks for (PBMT) over
 * them [chapter "Svpbmt Extension for Page-Based Memory Types"].
 */
import { type Answer, answer, citing, rule } from '../../../../src/memtype/rule.ts';
import { type Stage1Settings, stage1Page } from '../descriptors/stage1.ts';
import { pma, svpbmt } from '../refs.ts';
import { PBMT, type Pbmt } from '../values/pbmt.ts';

/** What the platform says of an address: main memory, I/O, or nothing there. */
export type Pma = 'memory' | 'io' | 'vacant';
export const PMAS = ['memory', 'io', 'vacant'] as const;

/** What an access is in the end. */
export type Effective =
  | {
      readonly is: 'type';
      /** `memory`: cacheable main memory. `nc`: main memory past the caches. `io`: strongly ordered. */
      readonly type: 'memory' | 'nc' | 'io';
      /** Fences count it as I/O and as main memory, because page and platform differ. */
      readonly both: boolean;
    }
  /** Nothing is there: access fault. */
  | { readonly is: 'vacant' }
  /** The entry is reserved: page fault. */
  | { readonly is: 'reserved' };

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

export const TYPES = { memory: 'main memory', nc: 'NC', io: 'IO' } as const;
/** A type in the few words of a record. */
export const nameOf = (effective: Effective): string =>
  effective.is === 'type' ? TYPES[effective.type] : effective.is === 'vacant' ? 'vacant' : 'reserved';

/** The rule on a leaf, under the attributes of the memory that it maps. */
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
