/** Where something is, as reports say it. */
import { type Frame, frameOf, framesOfShift, inPage } from '../image/frames.ts';
import type { Level } from '../walk/regime.ts';
import type { Space } from '../walk/space.ts';
import type { AccessClass, EntryClass } from './classes.ts';
import type { RangePlace } from './reports.ts';
import type { Run } from './visit.ts';

/** A run of entries. */
export function placeOf(space: Space, { pattern, input, output, frames, lo, hi, at }: Run): RangePlace {
  const { regime } = space.candidate;
  const level = regime.levels[pattern.level] as Level;
  const leads = pattern.kind === 'leaf' || pattern.kind === 'table';
  return {
    is: 'range',
    space,
    level,
    input,
    frames,
    entries: Math.max(1, frames / framesOfShift(level.shift)),
    ...(leads ? { output, outputName: regime.output } : {}),
    lo,
    hi,
    at,
    kind: pattern.kind,
  };
}

/** Part of a run of leaves, after every stage: from the entry that translates `input` on. */
export function pieceOf(
  space: Space,
  run: Run,
  entry: EntryClass,
  input: Frame,
  output: Frame,
  frames: Frame,
  { rights, effective }: AccessClass,
): RangePlace {
  const { regime } = space.candidate;
  const { entryBytes } = regime;
  const per = framesOfShift(entry.view.level.shift);
  const at = run.at + Math.floor((input - run.input) / per) * entryBytes;
  const page = at === run.at ? undefined : space.memory.page(frameOf(at));
  const word = inPage(at) / 4;
  return {
    ...placeOf(space, run),
    input,
    output,
    outputName: (space.second ?? space).candidate.regime.output,
    frames,
    entries: Math.max(1, frames / per),
    at,
    ...(page ? { lo: page[word] as number, hi: entryBytes === 8 ? (page[word + 1] as number) : 0 } : {}),
    perm: regime.perm(rights),
    type: effective?.type ?? entry.view.leaf?.type ?? '',
  };
}
