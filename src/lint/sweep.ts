/** Which sets of frames meet where: one pass over all of them in the order of addresses. */
import type { FrameRange } from '../image/address-space.ts';
import type { Frame } from '../image/frames.ts';
import type { FrameSet } from './frame-set.ts';

/** Frames that belong to exactly these sets. */
export interface Overlap {
  /** Indices of the sets, ascending. */
  readonly sets: readonly number[];
  /** The same as text: equal for equal sets. */
  readonly key: string;
  readonly frame: Frame;
  readonly frames: Frame;
}

interface Cursor {
  readonly set: number;
  readonly runs: Iterator<FrameRange>;
  run: FrameRange;
  /** Is the run begun? Then its end is what comes next. */
  inside: boolean;
}

const positionOf = ({ run, inside }: Cursor): number => (inside ? run.end : run.frame);

/** Every run of frames that two sets or more share. */
export function* overlaps(sets: readonly FrameSet[]): Generator<Overlap> {
  const heap: Cursor[] = [];
  sets.forEach((frames, set) => {
    const runs = frames.runs();
    const first = runs.next();
    if (!first.done) push(heap, { set, runs, run: first.value, inside: false });
  });
  const active = new Set<number>();
  let since = 0;
  let named: { sets: readonly number[]; key: string } | undefined;
  while (heap.length > 0) {
    const cursor = heap[0] as Cursor;
    const position = positionOf(cursor);
    if (active.size > 1 && position > since) {
      if (!named) {
        const list = [...active].sort((a, b) => a - b);
        named = { sets: list, key: list.join(' ') };
      }
      yield { ...named, frame: since, frames: position - since };
    }
    since = position;
    named = undefined;
    if (cursor.inside) {
      active.delete(cursor.set);
      const next = cursor.runs.next();
      if (next.done) {
        const last = heap.pop() as Cursor;
        if (heap.length > 0) heap[0] = last;
      } else cursor.run = next.value;
      cursor.inside = false;
    } else {
      active.add(cursor.set);
      cursor.inside = true;
    }
    sink(heap);
  }
}

function push(heap: Cursor[], cursor: Cursor): void {
  let at = heap.push(cursor) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (positionOf(heap[parent] as Cursor) <= positionOf(cursor)) break;
    heap[at] = heap[parent] as Cursor;
    at = parent;
  }
  heap[at] = cursor;
}

/** Put the top where it belongs. */
function sink(heap: Cursor[]): void {
  const top = heap[0];
  if (!top) return;
  const position = positionOf(top);
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && positionOf(heap[child + 1] as Cursor) < positionOf(heap[child] as Cursor))
      child++;
    if (positionOf(heap[child] as Cursor) >= position) break;
    heap[at] = heap[child] as Cursor;
    at = child;
  }
  heap[at] = top;
}
