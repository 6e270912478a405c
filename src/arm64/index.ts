/** Everything arm64: the families of words that it knows, and the typed functions behind them. */
import type { Family } from '../bits/family.ts';
import { stage1 } from './descriptors/stage1.ts';
import { stage2 } from './descriptors/stage2.ts';

export { readStage1, type Stage1Reading, type Stage1Settings, stage1Settings } from './descriptors/stage1.ts';
export { readStage2, type Stage2Reading, type Stage2Settings, stage2Settings } from './descriptors/stage2.ts';

/** Every family, descriptors first. */
export const arm64Families: readonly Family[] = [stage1 as unknown as Family, stage2 as unknown as Family];
