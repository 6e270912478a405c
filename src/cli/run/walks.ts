/** How the verbs walk: in this thread, or in several where the image is large enough for that to pay. */
import { type AddressMap, mapOf } from '../../walk/map.ts';
import type { WalkOptions } from '../../walk/result.ts';
import type { Space } from '../../walk/space.ts';
import { type Summary, summarise } from '../../walk/summary.ts';
import { defaultThreads, MOST_THREADS, piecesWorth, readableByAll } from '../../workers/worth.ts';
import type { OptionValues } from '../command.ts';
import type { workerOptions } from '../options.ts';
import { UsageError } from '../trouble.ts';
import type { Dump } from './dump.ts';

export type WorkerArgs = OptionValues<typeof workerOptions>;

export interface Walks {
  map(space: Space, options?: WalkOptions): Promise<AddressMap>;
  summarise(space: Space): Promise<Summary>;
  /** Ends threads, where there are any. */
  close(): void;
}

/** Walks of a dump. What they give does not depend on how many threads there are. */
export async function walksOf({ image, recipe }: Dump, { workers }: WorkerArgs): Promise<Walks> {
  const asked = workers === undefined ? undefined : threadsOf(workers);
  const threads = asked ?? defaultThreads();
  const worth = asked === undefined ? piecesWorth(image) : 1;
  if (threads === 1 || !readableByAll(image, worth))
    return {
      map: async (space, options) => mapOf(space, image.space, options),
      summarise: async ({ candidate, memory }) => summarise(candidate.regime, memory),
      close() {},
    };
  const { Crew } = await import('../../workers/crew.ts');
  return new Crew(recipe, { threads, worth });
}

function threadsOf(text: string): number {
  const threads = /^\d+$/.test(text) ? Number(text) : 0;
  if (threads < 1 || threads > MOST_THREADS)
    throw new UsageError(`--workers takes a number from 1 to ${MOST_THREADS}, not '${text}'`);
  return threads;
}
