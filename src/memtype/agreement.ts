/** What every mapping of the same memory must agree on. */

/**
 * What kind of memory a type makes: `memory` may be read ahead, and its accesses merged and reordered; `device` is the Device
 * of arm64, which alone does not keep instructions from being fetched; `strong` is UC, which permits none of it.
 */
export type MemoryKind = 'memory' | 'device' | 'strong';

/** A type without what aliases may differ in: allocation hints, transience, XS, tags. */
export interface Agreement {
  /** `Normal WB`, `Device-nGnRE`, `UC`. */
  readonly type: string;
  readonly kind: MemoryKind;
  /** Absent where the manual allows several, and on x86. */
  readonly shareability?: string;
  /** May caches hold it? */
  readonly cached: boolean;
}
