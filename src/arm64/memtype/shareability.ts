/**
 * Shareability [Arm ARM, section D8.6.7, Table D8-103; ASL S2CombineS1Shareability, EffectiveShareability]. An answer is
 * the set of what the manual permits: one name where it is certain, more where a field is reserved or the choice is
 * IMPLEMENTATION DEFINED.
 */
import { arm } from '../../refs.ts';
import { isNonCacheable, type Memory } from '../values/attributes.ts';

/** Least shared first: the later one wins a combination. */
export const SHAREABILITIES = ['NSH', 'ISH', 'OSH'] as const;
export type Shareability = (typeof SHAREABILITIES)[number];

/** Why there is more than one outcome. */
export type ShareabilityDoubt = 's1-sh-reserved' | 's2-sh-reserved' | 's1-normalization-impdef';

export interface ShareabilitySet {
  /** Every permitted outcome, least shared first. */
  readonly sh: readonly Shareability[];
  /** Empty where there is only one. */
  readonly doubts: readonly ShareabilityDoubt[];
}

/** SH[1:0]: 0b01 is reserved and may act as any allocated value [Arm ARM, section K1.2.19]. */
export const fromField = (code: number): readonly Shareability[] =>
  code === 0b00 ? ['NSH'] : code === 0b10 ? ['OSH'] : code === 0b11 ? ['ISH'] : SHAREABILITIES;
export const isReservedField = (code: number): boolean => code === 0b01;

/** Device and fully Non-cacheable memory is Outer Shareable, whatever any SH field says [Arm ARM, R_WLQYW, R_PYFVQ]. */
export const alwaysOuter = (memory: Memory): boolean => memory.type === 'device' || isNonCacheable(memory);
export const ALWAYS_OUTER = arm('R_PYFVQ, Effective shareability');

/** A set in order, with doubts only where they show. */
export function outcomes(
  possible: Iterable<Shareability>,
  doubts: readonly ShareabilityDoubt[],
): ShareabilitySet {
  const set = new Set(possible);
  const sh = SHAREABILITIES.filter(name => set.has(name));
  return { sh, doubts: sh.length > 1 ? doubts : [] };
}

/** The more shared of two [ASL S2CombineS1Shareability]. */
const wider = (a: Shareability, b: Shareability): Shareability =>
  SHAREABILITIES.indexOf(a) > SHAREABILITIES.indexOf(b) ? a : b;

/** Every outcome of combining any of these with any of those. */
export const combined = (
  first: readonly Shareability[],
  second: readonly Shareability[],
): readonly Shareability[] => first.flatMap(a => second.map(b => wider(a, b)));
