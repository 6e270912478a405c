/** What every mapping of the same memory must agree on. */

/** A type without what aliases may differ in: allocation hints, transience, XS, tags. */
export interface Agreement {
  /** `Normal WB`, `Device-nGnRE`, `UC`. */
  readonly type: string;
  /** Absent where the manual allows several, and on x86. */
  readonly shareability?: string;
  /** May caches hold it? */
  readonly cached: boolean;
}
