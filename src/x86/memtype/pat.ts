/** What the PAT says of an access [SDM, "Selecting a Memory Type from the PAT"; APM, "PAT Indexing"]. */
import type { Word } from '../../bits/word.ts';
import { type Answer, answer, citing } from '../../memtype/rule.ts';
import { sdm } from '../../refs.ts';
import { patIndex, patTypes } from '../registers/attributes.ts';
import type { MemoryType, PatType } from '../values/attributes.ts';

const entry = citing('x86.pat.entry', sdm('section "Selecting a Memory Type from the PAT"'));
const pagingOff = citing('x86.pat.paging-off', sdm('section "EPT and Memory Typing"'));
const noPat = citing(
  'x86.no-pat',
  sdm('section "Selecting Memory Types for Pentium Pro and Pentium II Processors"'),
);

/** The type at an index of the PAT; `reserved` where the entry holds no legal type, which no processor lets happen. */
export const patEntry = (pat: Word, index: number): Answer<PatType | 'reserved'> => {
  const type = patTypes(pat)[index] ?? 'reserved';
  return answer(type, entry({ index }, type));
};

/** The PAT's type for a page: its PAT, PCD and PWT select the entry. */
export const patOfPage = (
  pat: Word,
  bits: { readonly pat: number; readonly pcd: number; readonly pwt: number },
): Answer<PatType | 'reserved'> => {
  const index = patIndex(bits);
  const type = patTypes(pat)[index] ?? 'reserved';
  const { pcd, pwt } = bits;
  return answer(type, entry({ PAT: bits.pat, PCD: pcd, PWT: pwt, index }, type));
};

/** With CR0.PG = 0 there are no page attributes: as if the PAT said WB. */
export const noPaging: Answer<PatType> = answer('WB', pagingOff({ 'CR0.PG': 0 }, 'WB'));

/** Processors without a PAT: PCD and PWT act on the MTRR type [SDM, Table "Effective Page-Level Memory Type"…]. */
export function withoutPat(pcd: number, pwt: number, mtrr: MemoryType): Answer<MemoryType> {
  const type = pcd ? 'UC' : pwt && mtrr === 'WB' ? 'WT' : mtrr;
  return answer(type, noPat({ PCD: pcd, PWT: pwt, MTRR: mtrr }, type));
}
