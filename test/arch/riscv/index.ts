/**
 * RISC-V: Sv39 and Sv48 with Svpbmt and Svnapot. The ruler of the house: it implements the contract of `arch/` in earnest,
 * from the privileged specification, and ships to nobody. What it needs and the house has not is missing in the house.
 */
import type { Architecture } from '../../../src/arch/architecture.ts';
import { erase, type Family } from '../../../src/bits/family.ts';
import { stage1 } from './descriptors/stage1.ts';
import { faults } from './faults/index.ts';
import { names } from './names.ts';
import { menvcfg, sstatus } from './registers/control.ts';
import { scause } from './registers/fault.ts';
import { satp } from './registers/roots.ts';
import { types } from './walk/asked.ts';
import { walks } from './walk/index.ts';

/** Every kind of word there is: descriptors, then registers. */
export const families: readonly Family[] = [erase(stage1), satp, menvcfg, sstatus, scause];

export const architecture: Architecture = { ...names, families, ...walks, faults, types };
