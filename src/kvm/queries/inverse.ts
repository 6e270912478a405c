/** Which inputs reach a wanted type: guaranteed whatever the guest does, or if the guest asks for it. */
import type { Arm64Policy } from '../arm64/model.ts';
import { effectiveArm64, GUEST_TYPES, type GuestType, guestViewArm64 } from '../effective.ts';
import { eraGrade } from '../era.ts';
import { unknownName } from '../errors.ts';
import type { Grade } from '../evidence.ts';
import { conditions, cover, DONT_CARE } from './cubes.ts';
import { type Point, Space, type SpaceOptions, USUALLY_FIXED } from './space.ts';

/** `normal-wb`, `Normal-NC`, `nGnRE`, `device-ngnrne`. */
export function parseGuestType(text: string): GuestType {
  const plain = text.toLowerCase();
  const found = GUEST_TYPES.find(
    t => t.toLowerCase() === plain || t.toLowerCase().replace(/^(normal|device)-/, '') === plain,
  );
  if (found) return found;
  throw unknownName('guest type', text, [...GUEST_TYPES]);
}

export interface Reach {
  readonly inputs: number;
  readonly when: readonly (readonly string[])[];
  readonly example?: Point;
}

export interface Inverse {
  readonly policy: string;
  readonly want: GuestType;
  /** The stage-1 type that the guest uses; without it, the wanted type. */
  readonly guest: GuestType;
  /** Every stage-1 type of the guest ends there. */
  readonly guaranteed: Reach;
  /** It is reached with that stage-1 type, and another one would end elsewhere. */
  readonly guestDecides: Reach;
  readonly tried: number;
  readonly grade: Grade;
}

const GUARANTEED = 1;
const REACHED = 2;

export function inverse(
  policy: Arm64Policy,
  want: GuestType,
  guest: GuestType = want,
  options: SpaceOptions = {},
): Inverse {
  const space = new Space([policy], { fixed: USUALLY_FIXED, ...options });
  const classes = new Uint16Array(space.size);
  const counts = [0, 0, 0];
  const first: (number | undefined)[] = [undefined, undefined, undefined];
  let tried = 0;
  for (let index = 0; index < space.size; index++) {
    const point = space.point(index);
    if (!space.possible(point)) {
      classes[index] = DONT_CARE;
      continue;
    }
    tried++;
    const { slot, faults } = space.verdict(policy, point);
    const leaf = slot.ok && faults.read?.r === 'map' ? faults.read : undefined;
    if (leaf === undefined) continue;
    const view = guestViewArm64(point.cpu.fwb, leaf.t);
    const kind =
      view.type === want ? GUARANTEED : effectiveArm64(point.cpu.fwb, leaf.t, guest) === want ? REACHED : 0;
    if (kind === 0) continue;
    classes[index] = kind;
    counts[kind] = (counts[kind] as number) + 1;
    first[kind] ??= index;
  }
  const reach = (kind: number): Reach => {
    const at = first[kind];
    return {
      inputs: counts[kind] as number,
      when:
        at === undefined
          ? []
          : cover(space.dimensions, classes, kind).map(cube =>
              conditions(space.dimensions, cube).map(c => c.text),
            ),
      ...(at === undefined ? {} : { example: space.point(at) }),
    };
  };
  return {
    policy: policy.id,
    want,
    guest,
    guaranteed: reach(GUARANTEED),
    guestDecides: reach(REACHED),
    tried,
    grade: eraGrade(policy),
  };
}
