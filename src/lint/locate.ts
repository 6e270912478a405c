/** A second look at the tables of a space, for the addresses of pages that reports are about. */
import { firstNot } from '../bits/search.ts';
import type { Frame } from '../image/frames.ts';
import type { Space } from '../walk/space.ts';
import type { EntryClasses } from './classes.ts';
import type { LeafPieces, TakePiece } from './pieces.ts';
import { pieceOf } from './places.ts';
import type { RangePlace } from './reports.ts';
import { visit } from './visit.ts';

/** A page that stands for a report: who maps it, to be found in the tables. */
export interface Wanted {
  readonly frame: Frame;
  readonly sets: readonly number[];
  readonly found: RangePlace[];
}

/** Puts the places that map wanted pages where they are wanted. */
export function locate(
  space: Space,
  classes: EntryClasses,
  pieces: LeafPieces,
  wanted: readonly Wanted[],
  maxTables: number,
): void {
  const sorted = [...wanted].sort((a, b) => a.frame - b.frame);
  const take: TakePiece = (access, run, entry, input, output, frames) => {
    const { use } = access;
    let low = firstNot(sorted.length, i => (sorted[i] as Wanted).frame < output);
    for (; low < sorted.length && (sorted[low] as Wanted).frame < output + frames; low++) {
      const { frame, sets, found } = sorted[low] as Wanted;
      if (!sets.includes(use) || found.some(place => place.use === use)) continue;
      const place = pieceOf(space, run, entry, input + frame - output, frame, 1, access);
      found.push({ ...place, use });
    }
  };
  visit(
    space.candidate.regime,
    space.memory,
    {
      run: run => {
        if (run.pattern.kind === 'leaf') pieces.of(run, classes.of(run), take);
      },
      pointer() {},
      table() {},
      loop() {},
      group() {},
      missing() {},
    },
    { maxTables },
  );
}
