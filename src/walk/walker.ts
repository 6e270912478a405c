/**
 * Walks: every table below a regime's roots, as coalesced ranges.
 *
 * Two walkers give the same result. The fast one (`fast.ts`) hands leaf tables to the kernels; the exact one (`exact.ts`)
 * looks at every entry by itself, and answers what the fast one declines.
 */
import type { AddressSpace } from '../image/address-space.ts';
import { walkExactly } from './exact.ts';
import { walkFast } from './fast.ts';
import type { Regime } from './regime.ts';
import type { WalkOptions, WalkResult } from './result.ts';

export * from './result.ts';

/** Walk every root of a regime. Reads the image by page; returns what it found and what it could not reach. */
export const walk = (regime: Regime, memory: AddressSpace, options: WalkOptions = {}): WalkResult =>
  walkFast(regime, memory, options) ?? walkExactly(regime, memory, options);
