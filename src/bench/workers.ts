/**
 * Several threads against one, on a walk of an image in a file: by the wall, because that is what threads are for. The
 * threads are there already, as for the second walk of a program; equal results are made sure of first.
 */
import type { WalkResult } from '../walk/result.ts';
import type { Space } from '../walk/space.ts';
import { walk } from '../walk/walker.ts';
import { Crew, type CrewOptions } from '../workers/crew.ts';
import { openRecipe, type Recipe, spacesOfRecipe } from '../workers/recipe.ts';
import { measure, type Rounds, type Side, type Timing } from './measure.ts';
import { columnsOf } from './workloads.ts';

export interface ThreadTimes {
  readonly one: Timing;
  readonly several: Timing;
}

/** Of the wall's clock. */
const side = (name: string, work: () => unknown): Side => ({
  name,
  run: async () => {
    const start = performance.now();
    await work();
    return (performance.now() - start) * 1e6;
  },
});

/** The stage 2 tree of `leafTree` as the recipe of a raw image at `path`. */
export const rawTree = (path: string, root: number): Recipe => ({
  path,
  open: { base: 0n, format: 'raw' },
  registers: [
    new Map([
      ['VTTBR_EL2', BigInt(root)],
      ['VTCR_EL2', 0x8005_3590n],
      ['HCR_EL2', 1n],
    ]),
  ],
  architecture: 'arm64',
  machine: {},
});

/** The first space of a recipe, walked by one thread and by several. */
export async function timeThreads(
  recipe: Recipe,
  rounds: Rounds,
  { threads = 2, ...options }: CrewOptions = {},
): Promise<ThreadTimes> {
  const image = await openRecipe(recipe);
  const crew = new Crew(recipe, { worth: 1, threads, ...options });
  try {
    const [space] = spacesOfRecipe(recipe, image).values() as Iterable<Space> as [Space];
    const alone = (): WalkResult => walk(space.candidate.regime, space.memory);
    const wanted = columnsOf(alone());
    const given = columnsOf(await crew.walk(space));
    if (!wanted.every((column, i) => same(column, given[i])))
      throw new Error(`${threads} threads give another result`);
    const [several, one] = await measure(
      [side(`${threads} threads`, () => crew.walk(space)), side('one thread', alone)],
      rounds,
    );
    return { one: one as Timing, several: several as Timing };
  } finally {
    crew.close();
    image.close();
  }
}

const same = (a: Uint8Array, b: Uint8Array | undefined): boolean =>
  a.length === b?.length && a.every((byte, i) => byte === b[i]);
