/**
 * What a leaf says in the words of the tools that print page tables, so that their text can be compared with a walk.
 * `arm64/walk/stated.ts` and `x86/walk/stated.ts` answer it.
 */
import type { Reading } from '../bits/family.ts';
import type { Attributes } from '../text/model.ts';
import type { LeafView } from './regime.ts';

export interface StatedLeaf {
  readonly reading: Reading;
  /** After the tables above. */
  readonly view: LeafView;
  /** The manual's level number. */
  readonly level: number;
}

/** `combined`: rights after the tables above, as `info mem` prints them; else those of the entry alone. */
export type Stated = (leaf: StatedLeaf, combined: boolean) => Attributes;
