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
    says: /^1 address-size: TTBR beyond IPS ≠ missing/,
    rule: 'A TTBR with address bits beyond IPS or PS is an Address size fault, level 0, before memory is read [AArch64.S1Walk].',
  },
  {
    architecture: 'arm64',
    says: /^1 address-size: output beyond IPS ≠ (mapped|\w+ at stage 2)/,
    rule: 'The whole output address counts, with the bits that the input gives it, not the base of the block alone [AArch64.S1Walk, StageOA].',
  },
  {
    architecture: 'arm64',
    says: /^stage 1 off; /,
    rule: 'SCTLR_ELx.M = 0 or HCR_EL2.DC = 1: the address goes on as it is, beyond PAMax it is an Address size fault of level 0 [AArch64.S1DisabledOutput]; stage 2 follows.',
  },
  {
    architecture: 'arm64',
    says: /^2 \S+ of the walker: .*≠ (missing|outside|invalid|fault|mapped)/,
    rule: 'A table that stage 2 does not give to the walker is a fault of stage 2 with S1PTW = 1 [AArch64.S1Walk, AArch64.S2CheckPermissions].',
  },
  {
    architecture: 'x86',
    says: /WP = 0; allowed write ≠ rights deny it/,
    rule: 'With CR0.WP = 0 R/W denies a supervisor nothing [SDM, "Determination of Access Rights"].',
  },
  {
    architecture: 'x86',
    says: /^ept; .*of the walker: .*≠ (missing|outside|invalid|fault|mapped)/,
    rule: 'A table that EPT does not give to the walker is an EPT violation or misconfiguration of that read; with EPTP[6] = 1 it is a write too [SDM, "EPT Violations"].',
  },
  {
    architecture: 'x86',
    says: /^npt; .*of the walker: .*≠ (missing|outside|invalid|fault|mapped)/,
    rule: 'Tables of a guest are read as a user writes: R/W = 1 and U/S = 1 in every nested entry, unless read-only guest page tables are on [APM, "Nested Table Walk"].',
  },
  {
    architecture: 'x86',
    says: /^npt.*2 (not-present|reserved-bit): NPT: .*≠ fault at stage 2/,
    rule: 'Rights are looked at when the walk is over: an entry below U/S = 0 that is not present or has a reserved bit is what the fault tells [APM, "Nested versus Guest Page Faults"].',
  },
  {
    architecture: 'x86',
    says: /^npt.*GMET; allowed ≠ fault at stage 2/,
    rule: 'With GMET a guest supervisor executes pages with U/S = 0 [APM, "Guest Mode Execute Trap"].',
  },
];
