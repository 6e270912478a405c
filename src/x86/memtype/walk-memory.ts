/**
 * Memory type of the processor's own accesses to paging structures [SDM, "Paging and Memory Typing When the PAT is
 * Supported"]: PCD and PWT of what points to a table, never a PAT bit, so that only the first four entries of the PAT can
 * be selected. Combine the answer with the MTRR type, EPT leaf or nested leaf of the table's address, as for data.
 */
import type { Word } from '../../bits/word.ts';
import { type Answer, answer, citing } from '../../memtype/rule.ts';
import { sdm } from '../../refs.ts';
import { patTypes } from '../registers/attributes.ts';
import type { Stage1Meaning } from './meaning.ts';

const TYPING = sdm('section "Paging and Memory Typing When the PAT is Supported"');
const paePdptes = citing('x86.walk.pae-pdptes', TYPING);
const rootWithPcide = citing('x86.walk.root-pcide', TYPING);
const root = citing('x86.walk.root', TYPING);
const table = citing('x86.walk.table', TYPING);

/** What points to the table that is accessed. */
export type TablePointer =
  /** CR3: the root table, or the page directory of 32-bit paging. */
  | { readonly from: 'CR3'; readonly pcide: number; readonly pcd?: number; readonly pwt?: number }
  /** The entry above, or the PDPTE register in PAE paging. */
  | { readonly from: 'entry'; readonly pcd: number; readonly pwt: number }
  /** MOV CR3 in PAE paging loads the PDPTEs: CR3 has no PCD and PWT there. */
  | { readonly from: 'PAE CR3' };

/** The PAT's type for an access to a table; `unspecified` for the load of PAE PDPTEs. */
export function patOfTable(pat: Word, pointer: TablePointer): Answer<Stage1Meaning> {
  if (pointer.from === 'PAE CR3')
    return answer(
      'unspecified',
      paePdptes({ from: pointer.from }, 'unspecified', { note: 'CR3 has no PCD and PWT in PAE paging' }),
    );
  if (pointer.from === 'CR3' && pointer.pcide) {
    const type = patTypes(pat)[0] ?? 'reserved';
    const operands = { from: 'CR3', 'CR4.PCIDE': 1, index: 0 };
    return answer(type, rootWithPcide(operands, type));
  }
  const { from, pcd = 0, pwt = 0 } = pointer;
  const index = 2 * pcd + pwt;
  const type = patTypes(pat)[index] ?? 'reserved';
  const selected = from === 'CR3' ? root : table;
  return answer(type, selected({ from, PCD: pcd, PWT: pwt, index }, type));
}
