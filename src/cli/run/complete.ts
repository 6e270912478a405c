/** What a walk could not reach, said on stderr, and the status that follows. */
import { hex } from '../../bits/word.ts';
import type { AddressMap } from '../../walk/map.ts';
import type { Io } from '../io.ts';
import { EXIT } from '../trouble.ts';

export const missingText = (count: number, where = ''): string =>
  count === 1
    ? `a table is not in the image${where}: what it maps is unknown`
    : `${count} tables are not in the image${where}: what they map is unknown`;

/** Of a translation that is in use and leads nowhere. */
export const EMPTY =
  'it maps nothing, so every access through it faults; is this the root, and of this machine?';

/**
 * Says what the walks behind a map could not reach. 0 where they are complete, 3 where the answer misses something, 1 where a translation that is
 * in use maps nothing.
 * @param whole whether all of the first stage was walked
 */
export function complete(verb: string, { space, first, second }: AddressMap, io: Io, whole = true): number {
  let status: number = EXIT.answer;
  const stages = [
    [space.candidate, first, whole] as const,
    ...(second && space.second ? [[space.second.candidate, second, true] as const] : []),
  ];
  for (const [{ name, active }, { counts, missingTotal, missing, stopped }, all] of stages) {
    const say = (text: string): void => io.err.write(`memattr ${verb}: ${name}: ${text}\n`);
    const [lost] = missing;
    if (lost) say(missingText(missingTotal, `, the first at ${hex(lost.address)}`));
    if (stopped !== undefined) say(verb === 'walk' ? `${stopped} (--limit N goes on to N ranges)` : stopped);
    if (lost || stopped !== undefined) status = EXIT.damaged;
    else if (active && all && counts.leaves === 0 && missingTotal === 0) {
      say(EMPTY);
      status = Math.max(status, EXIT.findings);
    }
  }
  return status;
}
