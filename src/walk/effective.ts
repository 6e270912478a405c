/**
 * What an access gets in the end: every stage's leaf, combined by the architecture's rules. One interface for both
 * architectures; `arm64/walk/effective.ts` and `x86/walk/effective.ts` implement it over `memtype/`.
 */
import type { Reading } from '../bits/family.ts';
import type { Frame } from '../image/frames.ts';
import type { Agreement } from '../memtype/agreement.ts';
import type { Reason } from '../memtype/rule.ts';
import type { Access, Rights } from './regime.ts';

/** One stage's leaf: its reading, and what the tables above handed down. */
export interface StageLeaf {
  readonly reading: Reading;
  /** Index into the regime's levels. */
  readonly level: number;
  readonly inherited: number;
}

/** What the combination of leaves gives. Rights are combined by `both`, whatever the architecture. */
export interface EffectiveView {
  /** The effective memory type in the manual's words; several outcomes as `{A, B}`; or why there is none. */
  readonly type: string;
  /** Is the type one certain answer? Sets, reserved encodings and undefined overlaps are not. */
  readonly certain: boolean;
  /** Who decided the type: `stage 1`, `stage 2`, `both stages`, `PAT`, `MTRR`, `EPT`… */
  readonly decidedBy: string;
  /** Every rule that had a say, in order. */
  readonly why: readonly Reason[];
  /** What every mapping of the same memory must agree on; absent where the type is not certain. */
  readonly agreement?: Agreement;
}

/** A run of output frames in which the answer does not depend on the address. */
export interface OutputRun {
  readonly frames: Frame;
  /** Equal for runs with the same answer, so that answers are remembered. */
  readonly key: string;
}

export interface EffectiveRules {
  /** What decides beside the leaves and their regimes, as plain data: with equal controls every answer is equal. */
  readonly controls: unknown;
  /** Cut a run of output frames where something beside the leaves (an MTRR) changes. Most regimes have one run. */
  runs(frame: Frame, frames: Frame): readonly OutputRun[];
  /** `frame` is the first output frame of the run. */
  effective(first: StageLeaf, second: StageLeaf | undefined, frame: Frame, frames: Frame): EffectiveView;
}

/** The whole run, where no register beside the leaves has a say. */
export const oneRun = (frames: Frame): readonly OutputRun[] => [{ frames, key: '' }];

const RIGHTS = [
  ['r', 'read'],
  ['w', 'write'],
  ['x', 'execute'],
] as const;

/**
 * What both stages permit, and what one of them took away: `EL0 write: stage 2`.
 * @param byPage where the second stage tells apart who executes: what counts is whose page the first stage makes it, not who it is
 */
export function both(
  first: Rights,
  second: Rights,
  byPage = false,
): { readonly rights: Rights; readonly denied: readonly string[] } {
  const denied: string[] = [];
  const lowest = Object.keys(first).at(-1) ?? '';
  const { r = false, w = false, x = false } = first[lowest] ?? {};
  const asked = byPage && (r || w || x) ? lowest : undefined;
  const rights = Object.entries(first).map(([who, own]): [string, Access] => {
    const other = second[asked ?? who] ?? { r: false, w: false, x: false };
    for (const [key, name] of RIGHTS)
      if (own[key] !== other[key]) denied.push(`${who} ${name}: stage ${own[key] ? 2 : 1}`);
    return [who, { r: own.r && other.r, w: own.w && other.w, x: own.x && other.x }];
  });
  return { rights: Object.fromEntries(rights), denied };
}
