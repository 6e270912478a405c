/**
 * The descriptor families by name, each loaded when it is asked for: reading one format costs a third of what it costs to
 * load them all.
 */
import { names as arm64 } from '../arm64/descriptors/names.ts';
import type { Family } from '../bits/family.ts';
import { names as x86 } from '../x86/descriptors/names.ts';

interface Entry extends Pick<Family, 'id' | 'aliases'> {
  readonly load: () => Promise<Family>;
}

// each family is exact in its own settings; tables of families are not
const entry = (names: Pick<Family, 'id' | 'aliases'>, load: () => Promise<unknown>): Entry => ({
  ...names,
  load: load as () => Promise<Family>,
});

/** In the order of `descriptors.ts`. */
export const descriptorIndex: readonly Entry[] = [
  entry(arm64.stage1, async () => (await import('../arm64/descriptors/stage1.ts')).stage1),
  entry(arm64.stage2, async () => (await import('../arm64/descriptors/stage2.ts')).stage2),
  entry(x86.stage1, async () => (await import('../x86/descriptors/stage1.ts')).stage1),
  entry(x86.stage2, async () => (await import('../x86/descriptors/stage2.ts')).stage2),
  entry(x86.npt, async () => (await import('../x86/descriptors/npt.ts')).npt),
  entry(x86.sppt, async () => (await import('../x86/descriptors/stage2.ts')).sppt),
];
