/** Page-based memory types: what a page asks for [Table "Encodings for PBMT field in Sv39, Sv48, and Sv57 PTEs"]. */
import { reserved, type ValueTable } from '../../../../src/bits/spec.ts';

export type Pbmt = 'PMA' | 'NC' | 'IO';
/** By code. PMA: the page asks for nothing. */
export const PBMT: ValueTable = ['PMA', 'NC', 'IO', reserved('Reserved: page fault')];

const NAMES: Readonly<Record<string, readonly string[]>> = {
  PMA: ['pma', 'normal', 'none', 'wb', 'normal-wb'],
  NC: ['nc', 'non-cacheable', 'normal-nc', 'wc'],
  IO: ['io', 'device'],
};
/** The code for a type as people write it. */
export function parsePbmt(text: string): number | undefined {
  const name = Object.keys(NAMES).find(name => NAMES[name]?.includes(text.trim().toLowerCase()));
  return name === undefined ? undefined : PBMT.indexOf(name);
}
