/** What the PAT says of an access [SDM, "Selecting a Memory Type from the PAT"; APM, "PAT Indexing"]. */
import type { Word } from '../../bits/word.ts';
import { sdm } from '../../refs.ts';
import { patIndex, patTypes } from '../registers/attributes.ts';
import type { MemoryType, PatType } from '../values/attributes.ts';
import { type Answer, because } from './reason.ts';

const SELECT = sdm('section "Selecting a Memory Type from the PAT"');

/** What the PAT says of an access: a type, an illegal entry (which WRMSR refuses), or nothing that the manual states. */
export type PatSays = PatType | 'reserved' | 'unspecified';

/** The type at an index of the PAT; `reserved` where the entry holds no legal type, which no processor lets happen. */
export const patEntry = (pat: Word, index: number): Answer<PatType | 'reserved'> => {
  const type = patTypes(pat)[index] ?? 'reserved';
  return because(type, { rule: 'pat.entry', ref: SELECT, operands: { index }, result: type });
};

/** The PAT's type for a page: its PAT, PCD and PWT select the entry. */
export const patOfPage = (
  pat: Word,
  bits: { readonly pat: number; readonly pcd: number; readonly pwt: number },
): Answer<PatType | 'reserved'> => {
  const index = patIndex(bits);
  const type = patTypes(pat)[index] ?? 'reserved';
  const { pcd, pwt } = bits;
  return because(type, {
    rule: 'pat.entry',
    ref: SELECT,
    operands: { PAT: bits.pat, PCD: pcd, PWT: pwt, index },
    result: type,
  });
};

/** With CR0.PG = 0 there are no page attributes: as if the PAT said WB. */
export const noPaging: Answer<PatType> = because('WB', {
  rule: 'pat.paging-off',
  ref: sdm('section "EPT and Memory Typing"'),
  operands: { 'CR0.PG': 0 },
  result: 'WB',
});

/** Processors without a PAT: PCD and PWT act on the MTRR type [SDM, Table "Effective Page-Level Memory Type"…]. */
export function withoutPat(pcd: number, pwt: number, mtrr: MemoryType): Answer<MemoryType> {
  const type = pcd ? 'UC' : pwt && mtrr === 'WB' ? 'WT' : mtrr;
  return because(type, {
    rule: 'no-pat',
    ref: sdm('section "Selecting Memory Types for Pentium Pro and Pentium II Processors"'),
    operands: { PCD: pcd, PWT: pwt, MTRR: mtrr },
    result: type,
  });
}
