/** Everything x86: the families of words that it knows, and the typed functions behind them, room by room. */
import type { Architecture } from '../arch/architecture.ts';
import { all } from './families.ts';
import { faults } from './faults/index.ts';
import { names } from './names.ts';
import { types } from './walk/asked.ts';
import { live } from './walk/live.ts';
import { search } from './walk/search.ts';

export * as descriptors from './descriptors/index.ts';
// what one entry needs, without its room
export { type NptReading, type NptSettings, nptSettings, readNpt } from './descriptors/npt.ts';
export { readStage1, type Stage1Reading, type Stage1Settings, stage1Settings } from './descriptors/stage1.ts';
export { readStage2, type Stage2Reading, type Stage2Settings, stage2Settings } from './descriptors/stage2.ts';
export * as families from './families.ts';
export * as memtype from './memtype/index.ts';
export * as registers from './registers/index.ts';
export { PAGE_SIZE } from './values/address.ts';
export * as walk from './walk/index.ts';

/** x86, whole: what everything above the architectures asks. */
export const architecture: Architecture = { ...names, families: all, ...search, faults, live, types };
