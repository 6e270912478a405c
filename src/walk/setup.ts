/** A walk that can begin, from registers: what `arm64/walk/setup.ts` and `x86/walk/setup.ts` answer. */

/** A combination of controls that translates nothing, or nothing certain. */
export interface Refusal<R extends string> {
  readonly valid: false;
  readonly reason: R;
  /** The sentence for people. */
  readonly explain: string;
}

/**
 * The regime that the control registers imply, the first table, and the settings under which every entry is read; or why
 * no walk can begin. `R`: regimes, valid and refused; `T`: what the root register says; `S`: settings of an entry.
 */
export type Setup<R extends { readonly valid: boolean }, T, S> =
  | {
      readonly valid: true;
      readonly regime: Extract<R, { readonly valid: true }>;
      readonly root: T;
      /** Everything but the level. One object: readings are cached per settings object. */
      readonly settings: Partial<Omit<S, 'level'>>;
    }
  | {
      readonly valid: false;
      readonly regime: Extract<R, { readonly valid: false }>;
      readonly explain: string;
    };
