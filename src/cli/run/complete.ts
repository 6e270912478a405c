/** What a walk could not reach, said on stderr, and the status that follows. */
import { hex } from '../../bits/word.ts';
import type { AddressMap } from '../../walk/map.ts';
import type { Io } from '../io.ts';
import { EXIT } from '../trouble.ts';

export const missingText = (count: number, where = ''): string =>
  count === 1
    ? `a table is not in the image${where}: what it maps is unknown`
    : `${count} tables are not in the image${where}: what they map is unknown`;

/** Says what the walks behind a map could not reach. 0 where they are complete, 3 where the answer misses something. */
export function complete(verb: string, { space, first, second }: AddressMap, io: Io): number {
  let status: number = EXIT.answer;
  const stages = [
    [space.candidate.name, first] as const,
    ...(second && space.second ? [[space.second.candidate.name, second] as const] : []),
  ];
  for (const [name, { missingTotal, missing, stopped }] of stages) {
    const say = (text: string): void => io.err.write(`memattr ${verb}: ${name}: ${text}\n`);
    const [lost] = missing;
    if (lost) say(missingText(missingTotal, `, the first at ${hex(lost.address)}`));
    if (stopped !== undefined) say(verb === 'walk' ? `${stopped} (--limit N goes on to N ranges)` : stopped);
    if (lost || stopped !== undefined) status = EXIT.damaged;
  }
  return status;
}
