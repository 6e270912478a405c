/** Where two policies disagree: the smallest conditions on the input. */
import { eraGrade } from '../era.ts';
import { weakest } from '../evidence.ts';
import { type Diff, disagreements } from '../query.ts';
import type { X86Policy } from './model.ts';
import { leafWord, type Point, Space } from './space.ts';

export function diff(from: X86Policy, to: X86Policy): Diff<Point> {
  const space = new Space([from, to]);
  const change = (index: number): string => {
    const point = space.point(index);
    const [before, after] = [from, to].map(policy => leafWord(space.verdict(policy, point)));
    return before === after ? 'same' : `${before} -> ${after}`;
  };
  return {
    from: from.id,
    to: to.id,
    ...disagreements(space.dimensions, change, index => space.example(index)),
    grade: weakest([eraGrade(from), eraGrade(to)]),
  };
}
