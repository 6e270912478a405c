/** What the hardware said of a fault, in one shape for every architecture and stage. */
import type { Finding } from '../bits/codec.ts';

/**
 * Why the access failed, as far as tables can explain it. `outside`: something that no entry decides (an external abort,
 * a protection key, a tag check…).
 */
export type Cause =
  | 'not-present'
  | 'permission'
  | 'access-flag'
  | 'address-size'
  | 'reserved-bit'
  | 'misconfiguration'
  | 'outside';

export type AccessKind = 'read' | 'write' | 'fetch';

export interface Claim {
  /** Where it stands: `ESR_EL1 = 0x96000004`. */
  readonly source: string;
  readonly architecture: 'arm64' | 'x86';
  readonly stage: 1 | 2;
  /** The address that the faulting stage could not translate, where it is known. */
  readonly input?: bigint;
  /** The virtual address of the access, where it is known beside that. */
  readonly va?: bigint;
  readonly cause: Cause;
  /** The manual's level, where the hardware says it. */
  readonly level?: number;
  readonly access: AccessKind;
  /** Undefined: the hardware does not say. */
  readonly by?: 'privileged' | 'unprivileged';
  /** A second stage failed on an access to the first stage's tables. */
  readonly onWalk: boolean;
  /** The cause in the manual's words. */
  readonly says: string;
  /** Rights that the hardware found in the entries (EPT violations). */
  readonly entries?: { readonly r: boolean; readonly w: boolean; readonly x: boolean };
  /** What else is worth knowing: addresses that are not valid, bits that are not about the tables. */
  readonly remarks: readonly string[];
  readonly findings: readonly Finding[];
}

/** `a write at EL0`, `an instruction fetch by the supervisor`. */
export function accessText({ access, by, architecture, onWalk }: Claim): string {
  const what = access === 'fetch' ? 'instruction fetch' : access;
  const plain = access === 'fetch' ? 'an instruction fetch' : `a ${access}`;
  const table = onWalk ? ', for a table of stage 1' : '';
  if (by === undefined) return plain + table;
  if (architecture === 'arm64')
    return (by === 'privileged' ? `a privileged ${what}` : `${plain} at EL0`) + table;
  return `${plain}${by === 'privileged' ? ' by the supervisor' : ' in user mode'}${table}`;
}
