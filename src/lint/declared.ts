/** What a memory map says of physical addresses: memory, device registers, or nothing. */
import { firstNot } from '../bits/search.ts';
import { type Frame, frameAt, frameUp } from '../image/frames.ts';
import type { DeclaredKind, DeclaredRange } from '../image/memory-map.ts';

export type { DeclaredKind };

/** One piece of the address space with one answer. */
export interface Declared {
  readonly kind: DeclaredKind;
  readonly what: string;
}

interface Piece extends Partial<Declared> {
  readonly frame: Frame;
  readonly end: Frame;
}

/** Whole frames only: a page that is partly one thing and partly another is neither. */
export class DeclaredMap {
  readonly #pieces: readonly Piece[];
  #last = 0;

  constructor(ranges: readonly DeclaredRange[]) {
    const pieces = ranges
      .map(({ start, end, kind, what }) => ({
        frame: frameUp(start),
        end: frameAt(end),
        kind,
        what,
      }))
      .filter(({ frame, end }) => end > frame)
      .sort((a, b) => a.frame - b.frame);
    const disjoint: Piece[] = [];
    for (const piece of pieces) {
      const from = Math.max(piece.frame, disjoint.at(-1)?.end ?? 0);
      if (from < piece.end) disjoint.push({ ...piece, frame: from });
    }
    this.#pieces = disjoint;
  }

  /** What is declared at a frame, and up to which frame that holds. */
  at(frame: Frame): { readonly until: Frame; readonly declared: Declared | undefined } {
    const pieces = this.#pieces;
    const last = pieces[this.#last];
    if (!last || frame < last.frame || frame >= last.end)
      this.#last = firstNot(pieces.length, i => (pieces[i] as Piece).end <= frame);
    const piece = pieces[this.#last];
    if (!piece) return { until: Number.POSITIVE_INFINITY, declared: undefined };
    if (piece.frame > frame) return { until: piece.frame, declared: undefined };
    return { until: piece.end, declared: piece as Declared };
  }
}
