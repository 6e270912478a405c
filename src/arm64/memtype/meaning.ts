/** What a descriptor asks for at each stage, and what comes out in the end. */
import type { Bit } from '../../bits/spec.ts';
import type { Agreement } from '../../memtype/agreement.ts';
import { type Memory, policyOf, type Stage2Wish } from '../values/attributes.ts';
import { alwaysOuter, type Shareability, type ShareabilityDoubt } from './shareability.ts';

/** Stage 1: a memory type, or nothing that one could rely on. */
export type Stage1Meaning =
  | {
      readonly is: 'ok';
      readonly memory: Memory;
      /** SH as code; 0b01 is reserved. With DS = 1 it comes from TCR_ELx.SHn. */
      readonly sh: number;
    }
  | { readonly is: 'unpredictable'; readonly why: 'mair' };

/** Stage 2: what MemAttr asks to be done with stage 1's type, and what stands beside it. */
export type Stage2Meaning =
  | {
      readonly is: 'ok';
      readonly wish: Stage2Wish;
      /** Tag accesses to Tagged memory fault (FEAT_MTE_PERM). */
      readonly noTagAccess: Bit;
      /** SH as code. With DS = 1 it is VTCR_EL2.SH0. */
      readonly sh: number;
      /** FnXS: XS of the result is 0. */
      readonly fnXS: Bit;
      /** MemAttr[3] is RES0 (FWB = 1 without FEAT_MTE_PERM) but set; the answer ignores it. */
      readonly res0Set: Bit;
    }
  | { readonly is: 'reserved'; readonly why: 's2-memattr' };

/** The effective memory type, or why there is no certain one. */
export type Effective =
  | {
      readonly is: 'ok';
      readonly memory: Memory;
      /** Every permitted outcome; one element where it is certain. */
      readonly sh: readonly Shareability[];
      readonly doubts: readonly ShareabilityDoubt[];
      readonly noTagAccess: Bit;
      readonly res0Set: Bit;
    }
  | { readonly is: 'unpredictable'; readonly why: 'mair' }
  | { readonly is: 'reserved'; readonly why: 's2-memattr' }
  | { readonly is: 'constrained-unpredictable'; readonly why: 'ifetch-from-device' };

/** What aliases must agree on. Several permitted shareabilities are none to agree on. */
export const agreement = ({ memory, sh }: Extract<Effective, { readonly is: 'ok' }>): Agreement => ({
  type: stage1Type(memory),
  kind: memory.type === 'device' ? 'device' : 'memory',
  ...(sh.length === 1 && sh[0] ? { shareability: sh[0] } : {}),
  cached: !alwaysOuter(memory),
});

/** The type as far as aliases must agree on it [Arm ARM, "Mismatched memory attributes"]: allocation hints may differ. */
export function stage1Type(memory: Memory): string {
  if (memory.type === 'device') return `Device-${memory.device}`;
  const [outer, inner] = [policyOf(memory.outer), policyOf(memory.inner)];
  return `Normal ${outer === inner ? outer : `o${outer} i${inner}`}`;
}

/** What stage 2 asks for, as far as aliases must agree on it. */
export function stage2Type(wish: Stage2Wish): string {
  switch (wish.is) {
    case 'device':
      return `Device-${wish.device}`;
    case 'normal':
      return `Normal ${wish.outer === wish.inner ? wish.outer : `o${wish.outer} i${wish.inner}`}`;
    default:
      return wish.is;
  }
}
