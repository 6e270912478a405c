/** What an entry asks for at each stage, and what comes out in the end. */
import type { Agreement } from '../../memtype/agreement.ts';
import { type EffectiveType, type MemoryType, type PatType, plainType } from '../values/attributes.ts';

/** Stage 1: what the PAT says of an access: a type, an illegal entry (which WRMSR refuses), or nothing that the manual states. */
export type Stage1Meaning = PatType | 'reserved' | 'unspecified';

/** Stage 2: what an EPT leaf wants: its type alone (IPAT), or its type with the guest's PAT. */
export type Stage2Meaning =
  | { readonly is: 'override'; readonly type: MemoryType }
  | { readonly is: 'combine'; readonly type: MemoryType }
  | { readonly is: 'misconfigured' };

/** The effective type, or why there is none. */
export type Effective =
  | { readonly is: 'type'; readonly type: EffectiveType }
  /** MTRRs that overlap in a way that the manual leaves undefined. */
  | { readonly is: 'undefined'; readonly conflict: readonly MemoryType[] }
  /** An illegal value somewhere: an entry of the PAT, an MTRR, CR0. `what` names it. */
  | { readonly is: 'illegal'; readonly what: string }
  /** The EPT entry is misconfigured: there is no access. */
  | { readonly is: 'misconfigured' }
  /** The manual does not say. */
  | { readonly is: 'unspecified'; readonly what: string };

export const typed = (type: EffectiveType): Effective => ({ is: 'type', type });
export const illegal = (what: string): Effective => ({ is: 'illegal', what });

/** Where the PAT gives no type there is no effective one. */
export const isNoType = (says: Stage1Meaning): says is 'reserved' | 'unspecified' =>
  says === 'reserved' || says === 'unspecified';
export const noType = (says: 'reserved' | 'unspecified', what: string): Effective =>
  says === 'reserved' ? illegal(what) : { is: 'unspecified', what };

/** CD and WC+ are how UC and WC come about, not other types. */
export const agreement = (type: EffectiveType): Agreement => {
  const plain = plainType(type);
  return {
    type: plain,
    kind: plain === 'UC' ? 'strong' : 'memory',
    cached: plain !== 'UC' && plain !== 'WC',
  };
};
