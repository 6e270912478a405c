/** Which inputs reach a wanted type: guaranteed whatever the guest does, or if the guest asks for it. */
import { eraGrade } from '../era.ts';
import { type Ending, type Inverse, reaches } from '../query.ts';
import type { MtrrType, PatType } from './effective.ts';
import type { X86Policy } from './model.ts';
import { Space } from './space.ts';

export function inverse(policy: X86Policy, want: MtrrType, guest: PatType = want): Inverse {
  const space = new Space([policy]);
  const ending = (index: number): Ending => {
    const { view } = space.verdict(policy, space.point(index));
    if (view.type === want) return 'guaranteed';
    return view.effective[guest] === want ? 'guestDecides' : 'elsewhere';
  };
  return {
    policy: policy.id,
    want,
    guest,
    ...reaches(space.dimensions, ending),
    grade: eraGrade(policy),
  };
}
