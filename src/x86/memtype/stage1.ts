/** Stage 1: what PAT, PCD and PWT of an entry select [SDM, "Selecting a Memory Type from the PAT"]. */
import type { Format } from '../../bits/format.ts';
import type { Bit, Row } from '../../bits/spec.ts';
import type { Word } from '../../bits/word.ts';
import { type Answer, rule } from '../../memtype/rule.ts';
import { sdm } from '../../refs.ts';
import { type Stage1Settings, stage1Page } from '../descriptors/stage1.ts';
import type { PatType } from '../values/attributes.ts';
import { patOfPage } from './pat.ts';

/** What the PAT's say on a page depends on besides the entry. */
export interface Stage1Types {
  /** The layout of the entry. */
  readonly settings: Stage1Settings;
  /** IA32_PAT. */
  readonly pat: Word;
}

/** The rule on an entry that maps a page: what the PAT says of it. */
export const stage1 = rule({
  id: 'x86.pat.entry',
  ref: sdm('section "Selecting a Memory Type from the PAT"'),
  format: ({ settings }: Stage1Types) => stage1Page(settings) as Format<PageBits>,
  reads: ['pat', 'pcd', 'pwt'],
  resolve: (bits, { pat }: Stage1Types): Answer<PatType | 'reserved'> => patOfPage(pat, bits),
});
/** Every layout of a page has these, though not at the same place. */
type PageBits = { readonly pat: Row<Bit>; readonly pcd: Row<Bit>; readonly pwt: Row<Bit> };
