/** How to make the address spaces of an image, as plain data: a worker makes the same ones for itself. */

import type { ArchitectureId } from '../arch/architecture.ts';
import { candidatesOfAll, type Machine } from '../arch/walks.ts';
import { type OpenOptions, openImage } from '../image/open.ts';
import type { Image } from '../image/parse.ts';
import type { RegisterValues } from '../walk/candidate.ts';
import { type Space, spacesOf } from '../walk/space.ts';

export interface Recipe {
  readonly path: string;
  readonly open: Pick<OpenOptions, 'name' | 'base' | 'map' | 'format' | 'cacheBytes' | 'limits'>;
  /** One set for each CPU. */
  readonly registers: readonly RegisterValues[];
  readonly architecture: ArchitectureId;
  readonly machine: Machine;
}

export const openRecipe = ({ path, open }: Recipe): Promise<Image> => openImage(path, open);

/** The spaces that the registers give, by the names of their candidates. */
export const spacesOfRecipe = (
  { registers, architecture, machine }: Recipe,
  image: Image,
): ReadonlyMap<string, Space> => {
  const { found } = candidatesOfAll(registers, architecture, machine);
  return new Map(spacesOf(found, image.space).map(space => [space.candidate.name, space]));
};
