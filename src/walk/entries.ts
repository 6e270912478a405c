/** Bare entries, top down, as somebody copied them from a kernel message or a debugger: a walk without a memory. */
import type { Context, Given } from '../text/context.ts';
import type { Regime } from './regime.ts';

/** A walk from bare entries: the tables that they would be in. */
export interface EntryStart {
  /** Its first table, wherever it lies, is that of the first entry. */
  readonly regime: Regime;
  /** Index into the regime's levels of the first entry. */
  readonly level: number;
  readonly assumed: readonly string[];
}

/** What somebody copied, top down, from a kernel message or a debugger. */
export interface Entries {
  /** Id of the family. */
  readonly family: string;
  readonly words: readonly bigint[];
  /** Settings of the family by name; `level` is the manual's level of the first entry. */
  readonly given: Given;
  /** What is known beside them: registers and facts that say how large the input is. */
  readonly context?: Context;
  /** The address that they translate. */
  readonly input?: bigint;
  /** The manual's level at which the hardware says that the walk ended. */
  readonly faultLevel?: number;
}
