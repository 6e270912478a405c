/**
 * RISC-V: Sv39 and Sv48 with Svpbmt and Svnapot. The ruler of the house: it implements the contract of `arch/` in earnest,
 * from the privileged specification, and ships to nobody. What it needs and the house has not is missing in the house.
 */
import type { Architecture } from '../../../src/arch/architecture.ts';
import { families } from './families.ts';
import { faults } from './faults/index.ts';
import { names } from './names.ts';
import { types } from './walk/asked.ts';
import { live } from './walk/live.ts';
import { search } from './walk/search.ts';

export const architecture: Architecture = { ...names, families, ...search, faults, live, types };
