/** Every kind of word there is: descriptors, then registers. */
import { erase, type Family } from '../../../src/bits/family.ts';
import { stage1 } from './descriptors/stage1.ts';
import { menvcfg, sstatus } from './registers/control.ts';
import { scause } from './registers/fault.ts';
import { satp } from './registers/roots.ts';

export const families: readonly Family[] = [erase(stage1), satp, menvcfg, sstatus, scause];
