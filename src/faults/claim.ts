/** What the hardware said of a fault, in one shape for every architecture and stage. */
import type { Finding } from '../bits/codec.ts';

/**
 * Why the access failed, as far as tables can explain it. `outside`: something that no entry decides (an external abort,
 * a protection key, a tag check…). `unsaid`: the hardware says that some entry is the reason, and not how. `unknown`: what
 * the hardware said is not known.
 */
export type Cause =
  | 'not-present'
  | 'permission'
  | 'access-flag'
  | 'address-size'
  | 'reserved-bit'
  | 'misconfiguration'
  | 'unsaid'
  | 'unknown'
  | 'outside';

export type AccessKind = 'read' | 'write' | 'fetch';

/** Who made an access. */
export type By = 'privileged' | 'unprivileged';

/** An access, as far as rights in entries can deny it. */
export interface Access {
  readonly access: AccessKind;
  /** Undefined: what is denied to both levels. */
  readonly by?: By | undefined;
  /** An access to a shadow stack: other rights are asked. */
  readonly shadowStack?: boolean;
}

/** A register by its name, where somebody gave it. */
export type Controls = (register: string) => bigint | undefined;

export interface Claim {
  /** Where it stands: `ESR_EL1 = 0x96000004`. */
  readonly source: string;
  /** Id of the architecture. */
  readonly architecture: string;
  readonly stage: 1 | 2;
  /** The family of the entries of the stage that faulted. */
  readonly family: string;
  /** The address that the faulting stage could not translate, where it is known. */
  readonly input?: bigint;
  /** The virtual address of the access, where it is known beside that. */
  readonly va?: bigint;
  readonly cause: Cause;
  /** What else the same syndrome may mean: what emulators report, errata. */
  readonly orCause?: Cause;
  /** The manual's level, where the hardware says it. */
  readonly level?: number;
  readonly access: AccessKind;
  /** Undefined: the hardware does not say. */
  readonly by?: By;
  /** The access in words: `a write at EL0`, `an instruction fetch by the supervisor`. */
  readonly text: string;
  /** A second stage failed on an access to the first stage's tables. */
  readonly onWalk: boolean;
  /** The cause in the manual's words, with the level where the hardware says it. */
  readonly says: string;
  /** Rights that the hardware found in the entries (EPT violations). */
  readonly entries?: { readonly r: boolean; readonly w: boolean; readonly x: boolean };
  /** The fields of the syndrome or error code, by their keys. */
  readonly bits?: Readonly<Record<string, number>>;
  /** An access to a shadow stack. */
  readonly shadowStack?: boolean;
  /** The regime whose own level made the access, where the syndrome tells: `EL2`. */
  readonly regime?: string;
  /** What else is worth knowing: addresses that are not valid, bits that are not about the tables. */
  readonly remarks: readonly string[];
  readonly findings: readonly Finding[];
}

/** An architecture's words for who made an access. `plain`: `a write`; `what`: the same without its article. */
export type WhoText = (by: By, plain: string, what: string) => string;

/** A claim whose access is put in words. */
export function worded(claim: Omit<Claim, 'text'>, who: WhoText): Claim {
  const { access, by, onWalk } = claim;
  const plain = access === 'fetch' ? 'an instruction fetch' : `a ${access}`;
  const made = by === undefined ? plain : who(by, plain, access === 'fetch' ? 'instruction fetch' : access);
  return { ...claim, text: `${made}${onWalk ? ', for a table of stage 1' : ''}` };
}

/** A claim of which nothing is known but the address: the entries alone are judged. */
export const claimWithout = (
  missing: string,
  about: Pick<Claim, 'architecture' | 'family' | 'stage' | 'source'>,
  input: bigint | undefined,
): Claim => ({
  ...about,
  ...(input === undefined ? {} : { input }),
  cause: 'unknown',
  access: 'read',
  text: 'a read',
  onWalk: false,
  says: `not known: the text has no ${missing}`,
  remarks: ['the entries alone are judged'],
  findings: [],
});
