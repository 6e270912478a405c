/**
 * Where the library is known to say something else than the manuals. A row stands for one defect: it has to be met by random
 * cases, so that whoever mends it must take it out; a disagreement that no row explains fails the test.
 */

export interface KnownDefect {
  readonly architecture: 'arm64' | 'x86';
  /** Of what `compare` says: circumstances, the model's word ≠ the library's. */
  readonly says: RegExp;
  /** The manual's rule that the library does not follow yet. */
  readonly rule: string;
}

export const KNOWN: readonly KnownDefect[] = [
  {
    architecture: 'arm64',
    says: /^stage 1 off; /,
    rule: 'SCTLR_ELx.M = 0 or HCR_EL2.DC = 1: the address goes on as it is, beyond PAMax it is an Address size fault of level 0 [AArch64.S1DisabledOutput]; stage 2 follows.',
  },
];
