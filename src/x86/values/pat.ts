/** Well-known values of IA32_PAT, by who writes them. */
import type { Word } from '../../bits/word.ts';

/** Well-known settings of IA32_PAT. */
export const PATS = {
  /** After power-up and reset [SDM, Table "Memory Type Setting of PAT Entries Following a Power-up or Reset"]. */
  reset: 0x0007_0406_0007_0406n,
  /** Linux since 4.2 [Linux 6.12, arch/x86/mm/pat/memtype.c, pat_bp_init]. */
  linux: 0x0407_0506_0007_0106n,
  /** Windows on every processor with a PAT. */
  windows: 0x0007_0106_0007_0106n,
  /** Linux on processors whose PAT bit does not work. */
  'linux-errata': 0x0007_0106_0007_0106n,
  xen: 0x0000_0501_0007_0406n,
} as const satisfies Readonly<Record<string, Word>>;
