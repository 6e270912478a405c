/** Which inputs reach a wanted type: guaranteed whatever the guest does, or if the guest asks for it. */
import { eraGrade } from '../era.ts';
import { type Ending, type Inverse, type QueryOptions, reaches } from '../query.ts';
import { effective, type GuestType, guestView } from './effective.ts';
import type { Arm64Policy } from './model.ts';
import { type Point, Space, USUALLY_FIXED } from './space.ts';

export function inverse(
  policy: Arm64Policy,
  want: GuestType,
  guest: GuestType = want,
  options: QueryOptions = {},
): Inverse<Point> {
  const space = new Space([policy], { fixed: USUALLY_FIXED, ...options });
  const ending = (index: number): Ending => {
    const point = space.point(index);
    if (!space.possible(point)) return 'impossible';
    const { slot, faults } = space.verdict(policy, point);
    if (!slot.ok || faults.read?.r !== 'map') return 'elsewhere';
    const { t } = faults.read;
    if (guestView(point.cpu.fwb, t).type === want) return 'guaranteed';
    return effective(point.cpu.fwb, t, guest) === want ? 'guestDecides' : 'elsewhere';
  };
  return {
    policy: policy.id,
    want,
    guest,
    ...reaches(space.dimensions, ending, index => space.point(index)),
    grade: eraGrade(policy),
  };
}
