/**
 * A walk in two halves: first the upper tables, which leaves a list of pieces of leaf tables; then the pieces, in any order
 * and by anybody; then everything joined in the order of the walk. The result is that of one walker, bit for bit.
 */
import type { AddressSpace } from '../image/address-space.ts';
import type { Bytes, Frame } from '../image/frames.ts';
import { knownForms } from './forms.ts';
import { type PieceColumns, type PieceResult, Pieces, type Task } from './pieces.ts';
import type { EntryForm, Regime } from './regime.ts';
import { limitsOf, type WalkOptions, type WalkResult } from './result.ts';
import { UpperWalker } from './upper.ts';

/** Pieces that are listed: 24 bytes each, for 16 GiB of leaf tables. */
const MAX_PIECES = 2 ** 22;
/** Ranges that come from upper tables and stand between pieces. Real trees have few; one walker reads the others. */
const MAX_BETWEEN = 2 ** 14;

/** Never shown: one walker walks instead. */
const NOT_FOR_US = 'more than can be listed';

export class PlannedWalk extends UpperWalker {
  readonly #pieces = new Pieces();
  readonly #maxRanges: number;
  /** What becomes a range before the piece `at`, once everything before it is there. */
  readonly #between: { readonly at: number; readonly emit: () => void }[] = [];
  /** So many of these are ranges by now. */
  #emitted = 0;
  #planning = true;

  private constructor(regime: Regime, memory: AddressSpace, options: WalkOptions) {
    super(regime, memory, { ...options, maxRanges: Number.POSITIVE_INFINITY });
    this.#maxRanges = limitsOf(memory, options).maxRanges;
  }

  /** Read the upper tables. Undefined where the kernels cannot read the regime, or there is too much to be listed. */
  static of(regime: Regime, memory: AddressSpace, options: WalkOptions = {}): PlannedWalk | undefined {
    if (knownForms(regime)?.groups !== false) return undefined;
    const walk = new PlannedWalk(regime, memory, options);
    for (const root of regime.roots) walk.root(root);
    walk.#planning = false;
    return walk.stopped === NOT_FOR_US ? undefined : walk;
  }

  get pieces(): PieceColumns {
    return this.#pieces;
  }

  /** The pieces in tasks of at most `size`; where a range stands between two pieces, a task ends. */
  tasks(size: number): readonly Task[] {
    const tasks: Task[] = [];
    const cuts = [...new Set(this.#between.map(({ at }) => at)), this.#pieces.length];
    let first = 0;
    for (const cut of cuts)
      for (; first < cut; first = tasks.at(-1)?.end ?? cut)
        tasks.push({ first, end: Math.min(cut, first + size) });
    return tasks;
  }

  /** Are there certainly more ranges than asked for? At every joint two rows may become one. */
  tooMany(rows: number, tasks: number): boolean {
    return rows - tasks > this.#maxRanges;
  }

  /** What came of the next task: they are joined one after the other. */
  join({ first }: Task, { rows, leaves, payload, faults, missing }: PieceResult): void {
    this.#emitUpTo(first);
    this.takeRows(rows);
    this.leaves += leaves;
    this.payload += payload;
    this.faults += faults;
    for (const piece of missing) this.notePiece(this.#pieces, piece);
  }

  /**
   * The result, when all tasks are joined. Undefined where there are more ranges than asked for, which ones to keep is the
   * exact walker's rule.
   */
  end(): WalkResult | undefined {
    this.#emitUpTo(this.#pieces.length);
    return this.batch.length > this.#maxRanges ? undefined : this.result();
  }

  #emitUpTo(piece: number): void {
    for (; (this.#between[this.#emitted]?.at ?? Number.POSITIVE_INFINITY) <= piece; this.#emitted++)
      this.#between[this.#emitted]?.emit();
  }

  protected override put(
    place: Bytes,
    count: number,
    level: number,
    input: Frame,
    inherited: number,
    missing: 0 | 1,
  ): void {
    if (this.#pieces.length === MAX_PIECES) this.stopped = NOT_FOR_US;
    else this.#pieces.put(place, count, level, input, inherited, missing);
  }

  protected override settle(): void {
    // ranges of upper tables keep their turn by themselves: see `emit`
  }

  protected override emit(
    input: Frame,
    output: Frame,
    frames: Frame,
    lo: number,
    hi: number,
    at: number,
    level: number,
    kind: number,
    inherited: number,
    form: EntryForm,
  ): void {
    const emit = (): void => super.emit(input, output, frames, lo, hi, at, level, kind, inherited, form);
    if (!this.#planning) emit();
    else if (this.#between.length === MAX_BETWEEN) this.stopped = NOT_FOR_US;
    else this.#between.push({ at: this.#pieces.length, emit });
  }
}
