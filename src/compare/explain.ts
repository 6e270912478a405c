/** Differences between a walk and a text that are none in memory: what the tool is known to get wrong, or to look at. */
import { hex } from '../bits/word.ts';
import { frameAt } from '../image/frames.ts';
import type { Habit } from '../text/map-facts.ts';
import type { Difference } from '../walk/diff.ts';
import type { Space } from '../walk/space.ts';
import type { TextMap } from './text-map.ts';

/** Is this difference what the tool's habit makes of equal memory? The walk is before, the text after. */
function isHabit(
  habit: Habit,
  { change, input, frames, values }: Difference,
  stated: TextMap['stated'],
): boolean {
  if ('leavesOut' in habit) {
    const { leavesOut, where } = habit;
    return (
      change === 'vanished' &&
      (where === undefined || stated.has(where)) &&
      input >= frameAt(leavesOut.start) &&
      input + frames <= frameAt(leavesOut.end)
    );
  }
  const names = Object.keys(values);
  return (
    change === 'changed' &&
    names.length === 1 &&
    Object.entries(habit.says).some(
      ([name, [memory, tool]]) => values[name]?.[0] === memory && values[name]?.[1] === tool,
    )
  );
}

/** Why a difference between a walk and a text is none in memory; undefined where nothing explains it. */
export const explained = (difference: Difference, { facts, stated }: TextMap): string | undefined =>
  facts.habits?.find(habit => isHabit(habit, difference, stated))?.because;

/**
 * Is the text a listing of other tables? Some tools list those of one register at the moment of the dump, which the dump's
 * notes hold too. Another root is then compared with tables that are not its own; inside a nested guest nothing else is
 * possible, for QEMU takes the guest's CR3 for the host's.
 *
 * @param cpus the registers that the dump's notes give, by name
 * @returns a sentence; undefined where the tables are the same, or nothing is known
 */
export function otherRoot(
  { facts: { lists } }: TextMap,
  { candidate }: Space,
  cpus: readonly { readonly registers: Readonly<Record<string, bigint>> }[],
): string | undefined {
  if (lists === undefined) return undefined;
  const listed = cpus.flatMap(({ registers }) => registers[lists.rootOf] ?? []);
  const own = BigInt(candidate.regime.roots[0]?.address ?? 0);
  if (listed.length === 0 || listed.some(root => frameAt(root) === frameAt(own))) return undefined;
  return `${lists.tool} lists the tables of ${lists.rootOf}, ${listed.map(hex).join(', ')} by the dump’s notes, not those at ${hex(own)}`;
}
