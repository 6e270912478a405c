/**
 * The way down to the leaf tables: upper tables entry by entry, as the exact walker does it; what is left to a kernel is
 * put aside in pieces.
 */
import { type Bytes, type Frame, frameOf, inPage } from '../image/frames.ts';
import type { LeafBatch } from './batch.ts';
import { endWanted, firstWanted, type PieceColumns } from './pieces.ts';
import type { EntryClass, Level } from './regime.ts';
import type { Obstacle } from './result.ts';
import { Traversal } from './traversal.ts';

/** Answers the first entry from `index` on that has to be followed as usual; so many before it were. */
export type Follower = (index: number, patternLo: number, patternHi: number, inherited: number) => number;

export abstract class UpperWalker extends Traversal {
  /** A piece to be read later. `missing`: an upper table that could not be read. */
  protected abstract put(
    place: Bytes,
    count: number,
    level: number,
    input: Frame,
    inherited: number,
    missing: 0 | 1,
  ): void;

  /** An entry of an upper table is about to become a range: everything before it comes first. */
  protected abstract settle(): void;

  /** A faster way to follow the pointers of a piece, where there is one. */
  protected descent(
    _words: Uint32Array,
    _place: Bytes,
    _count: number,
    _level: number,
    _input: Frame,
  ): Follower | undefined {
    return undefined;
  }

  protected override part(place: Bytes, count: number, level: number, input: Frame, inherited: number): void {
    const words = level === 0 ? undefined : this.memory.page(frameOf(place));
    if (words) {
      this.#upper(words, place, count, level, input, inherited);
      return;
    }
    const finding = this.memory.refusal?.(frameOf(place));
    if (finding) this.hinder({ kind: 'hidden-by-second-stage', finding }, place, count, level, input);
    else this.put(place, count, level, input, inherited, level === 0 ? 0 : 1);
  }

  protected override hinder(
    obstacle: Obstacle,
    place: Bytes,
    count: number,
    level: number,
    input: Frame,
  ): void {
    this.settle(); // everything before it comes first
    super.hinder(obstacle, place, count, level, input);
  }

  /** Entries above the leaf level: tables are followed; what lies between them is a segment for the kernel. */
  #upper(
    words: Uint32Array,
    place: Bytes,
    count: number,
    level: number,
    input: Frame,
    inherited: number,
  ): void {
    const { pointsToTable, table } = this.regime.levels[level] as Level;
    const entriesBelow = 2 ** (this.regime.levels[level - 1] as Level).indexBits;
    const [attributesLo, attributesHi] = table.attributes;
    const [payloadLo, payloadHi] = this.regime.payload;
    const span = this.spans[level] as number;
    const offset = inPage(place) / 4;
    const end = endWanted(count, input, span, this.to);
    let segment = -1; // where it began, if there is one
    // what the last pattern meant: neighbours are mostly alike
    let patternLo = 0;
    let patternHi = 0;
    let meaning: EntryClass | undefined;
    const descend = this.descent(words, place, count, level, input);
    for (let i = firstWanted(input, span, this.from); i < end && this.stopped === undefined; i++) {
      const lo = words[offset + 2 * i] as number;
      const hi = words[offset + 2 * i + 1] as number;
      if ((lo & payloadLo) === 0 && (hi & payloadHi) === 0) continue;
      if (!pointsToTable(lo, hi)) {
        if (segment < 0) segment = i;
        continue;
      }
      if (segment >= 0)
        this.put(place + 8 * segment, i - segment, level, input + segment * span, inherited, 0);
      segment = -1;
      const attributeLo = lo & attributesLo;
      const attributeHi = hi & attributesHi;
      if (meaning === undefined || attributeLo !== patternLo || attributeHi !== patternHi) {
        meaning = this.classifier.classOf(lo, hi, level, true, table);
        patternLo = attributeLo;
        patternHi = attributeHi;
      }
      const frame = input + i * span;
      if (meaning.kind !== 'table') {
        // it may become a range itself: everything before it comes first
        if (meaning.kind === 'fault' || meaning.kind === 'leaf' || this.listPayload) this.settle();
        this.entry(lo, hi, frame, place + 8 * i, level, inherited);
        continue;
      }
      const below = inherited | meaning.inherits;
      const next = descend ? descend(i, attributeLo >>> 0, attributeHi >>> 0, below) : i;
      if (next > i) i = next - 1;
      else this.table(table.address(lo, hi), level - 1, frame, 0, entriesBelow, below);
    }
    if (segment >= 0)
      this.put(place + 8 * segment, end - segment, level, input + segment * span, inherited, 0);
  }

  /** A piece is not in the image. */
  protected notePiece({ place, count, level, input }: PieceColumns, i: number): void {
    this.note(place[i] as number, count[i] as number, level[i] as number, input[i] as number);
  }

  /** Rows of a kernel, in their turn. The first may continue what was not the kernel's. */
  protected takeRows(rows: LeafBatch): void {
    if (rows.length === 0) return;
    const at = (column: Float64Array | Uint32Array | Uint8Array): number => column[0] as number;
    const level = at(rows.level);
    this.emit(
      at(rows.input),
      at(rows.output),
      at(rows.frames),
      at(rows.lo),
      at(rows.hi),
      at(rows.at),
      level,
      at(rows.kind),
      at(rows.inherited),
      (this.regime.levels[level] as Level).leaf,
    );
    this.batch.append(rows, 1);
  }
}
