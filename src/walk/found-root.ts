/** Where a translation begins, with the evidence. */

import type { RegisterValues } from './candidate.ts';

/** Who says that a walk begins here. */
export type RootSource = 'registers' | 'vmcoreinfo' | 'structure';

export interface FoundRoot {
  /** 0 to 1. Registers whose tables are sound are near 1; structure alone stays below. */
  readonly confidence: number;
  /** `arm64.stage2`, `x86.4level`… */
  readonly kind: string;
  /** One line: which tables these are. */
  readonly title: string;
  /** Bytes, in the memory named by `memory`. */
  readonly address: bigint;
  /** Entries of the first table: all concatenated ones together, or fewer than a table. */
  readonly entries: number;
  /** `physical`, or the second stage whose input addresses these are: `cpu0.stage2`. */
  readonly memory: string;
  readonly sources: readonly RootSource[];
  /** How registers call it: `cpu0.el1.ttbr0`. */
  readonly names: readonly string[];
  /** Sentences, the strongest first. */
  readonly evidence: readonly string[];
  readonly assumed: readonly string[];
  /** Options of `memattr walk` that walk it; empty where the registers given already do. */
  readonly options: readonly string[];
  /** The same as registers; absent where the registers given already do. */
  readonly registers?: RegisterValues;
  readonly tables: number;
  readonly leaves: number;
  /** Pointers to tables that the image does not hold. */
  readonly missing: number;
}

export interface Roots {
  /** The surest first. */
  readonly found: readonly FoundRoot[];
  /** Pages searched, in every memory; what a bound cut off. */
  readonly pages: number;
  readonly stopped: readonly string[];
}
