/** The root table of a kernel, as VMCOREINFO gives it away. */
import type { RegisterValues } from './candidate.ts';

export interface KernelRoot {
  /** The symbol of the root table: `swapper_pg_dir`, `init_top_pgt`. */
  readonly symbol: string;
  /** Its virtual address. */
  readonly virtual: bigint;
  /** Where it is, bytes. */
  readonly address: bigint;
  readonly evidence: string;
  /** Registers with which a processor would walk it. */
  readonly registers: RegisterValues;
  /** The same for another root of this kernel. */
  readonly registersOf: (root: bigint) => RegisterValues;
  /** The same as options of `memattr walk`. */
  readonly options: readonly string[];
}
