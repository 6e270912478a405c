/**
 * What stands behind a run of leaves: the run is cut where something beside it changes (the second stage, an MTRR, a memory
 * map, an expectation), and every class of pieces that comes out is judged once.
 */
import type { AddressSpace } from '../image/address-space.ts';
import { type Frame, framesOfShift } from '../image/frames.ts';
import type { Agreement } from '../memtype/agreement.ts';
import { endOf, firstEndingAfter } from '../walk/batch.ts';
import { both, type EffectiveView } from '../walk/effective.ts';
import { leafAt, patternKey } from '../walk/map.ts';
import { KIND, type LeafView, type Level, type Rights } from '../walk/regime.ts';
import type { Space } from '../walk/space.ts';
import { type WalkResult, walk } from '../walk/walker.ts';
import { type AccessClass, type EntryClass, entryView, MAX_CLASSES } from './classes.ts';
import type { DeclaredMap } from './declared.ts';
import type { Expectation } from './expectation.ts';
import { judge } from './judge.ts';
import { MtrrRuns } from './mtrr-runs.ts';
import type { AccessView, EntryView, LintRule, PageUse } from './rule.ts';
import type { Pattern, Run } from './visit.ts';

/** Combinations of what has a say that are kept, of one class of entries; and of uses of pages. */
export const MAX_COMBINATIONS = 2 ** 14;
/** The processor itself splits large pages below 4 MBytes over fixed-range MTRRs. */
const LOW_FRAMES = 1024;

/** One piece: `frames` from `input` on, which lead to memory from `output` on. Numbers, not an object: there are many. */
export type TakePiece = (
  access: AccessClass,
  run: Run,
  entry: EntryClass,
  input: Frame,
  output: Frame,
  frames: Frame,
) => void;

export interface Beside {
  /** What physical addresses are. */
  readonly map?: DeclaredMap;
  /** What second stages should permit. */
  readonly expectation?: Expectation;
}

export class LeafPieces {
  readonly #space: Space;
  readonly #rules: readonly LintRule[];
  readonly #beside: Beside;
  /** Does a guest's own space go through this one? Then that one says what its pages are. */
  readonly #guided: boolean;
  readonly #newUse: (use: PageUse) => number;
  readonly #useIds = new Map<string, number>();
  readonly #second: WalkResult | undefined;
  readonly #secondViews = new Map<string, EntryView>();
  readonly #mtrrs: MtrrRuns | undefined;

  constructor(
    space: Space,
    image: AddressSpace,
    rules: readonly LintRule[],
    beside: Beside,
    guided: boolean,
    newUse: (use: PageUse) => number,
  ) {
    this.#space = space;
    this.#rules = rules;
    this.#beside = beside;
    this.#guided = guided;
    this.#newUse = newUse;
    this.#second = space.second && walk(space.second.candidate.regime, image);
    this.#mtrrs = space.candidate.rules && new MtrrRuns(space.candidate.rules);
  }

  /** Why the second stage was not read to its end. */
  get stopped(): string | undefined {
    return this.#second?.stopped;
  }

  /** The pieces of a run of leaves, in order. What the second stage does not map is none. */
  of(run: Run, entry: EntryClass, take: TakePiece): void {
    const second = this.#second;
    const stages = second?.leaves;
    const pageFrames = framesOfShift(entry.view.level.shift);
    const end = run.output + run.frames;
    let j = stages ? firstEndingAfter(stages, run.output) : -1;
    for (let at = run.output; at < end; ) {
      let until = end;
      let place = at;
      let frames = pageFrames;
      let secondIndex = -1;
      if (stages) {
        const inside = j < stages.length && (stages.input[j] as number) <= at;
        const stop = j >= stages.length ? end : inside ? endOf(stages, j) : (stages.input[j] as number);
        until = Math.min(end, stop);
        if (!inside || stages.kind[j] !== KIND.leaf) {
          if (inside) j++;
          at = until;
          continue; // nothing behind it now: the access faults at the second stage
        }
        secondIndex = j;
        place = (stages.output[j] as number) + at - (stages.input[j] as number);
        const { shift } = (second as WalkResult).regime.levels[stages.level[j] as number] as Level;
        frames = Math.min(pageFrames, framesOfShift(shift));
        if (until === stop) j++;
      }
      this.#behind(run, entry, run.input + at - run.output, place, until - at, secondIndex, frames, take);
      at = until;
    }
  }

  /**
   * Frames behind one leaf of each stage, from `start` in memory: cut where a register or a declaration changes. Pages of
   * `pageFrames` stay whole: one over several MTRR types is a piece of its own.
   */
  #behind(
    run: Run,
    entry: EntryClass,
    firstInput: Frame,
    start: Frame,
    frames: Frame,
    secondIndex: number,
    pageFrames: Frame,
    take: TakePiece,
  ): void {
    const { map, expectation } = this.#beside;
    const stop = start + frames;
    for (let from = start; from < stop; ) {
      const input = firstInput + from - start;
      const declared = map?.at(from);
      const expected = expectation?.at(input);
      const page = from - (from % pageFrames);
      const mtrr = this.#mtrrs?.at(page);
      let next = Math.min(stop, declared?.until ?? stop, from + (expected?.until ?? Infinity) - input);
      const split = mtrr !== undefined && mtrr.until < page + pageFrames;
      if (split) next = Math.min(next, page + pageFrames);
      else if (mtrr) next = Math.min(next, mtrr.until - (mtrr.until % pageFrames));
      const access = this.#accessOf(
        run,
        entry,
        secondIndex,
        split ? page : from,
        split ? pageFrames : next - from,
        mtrr?.key ?? '',
        {
          ...(split ? { split: { low: page < LOW_FRAMES } } : {}),
          ...(declared?.declared
            ? { declared: declared.declared.kind, declaredName: declared.declared.what }
            : {}),
          ...(expected?.expected ? { expected: expected.expected } : {}),
        },
      );
      take(access, run, entry, input, from, next - from);
      from = next;
    }
  }

  #accessOf(
    run: Run,
    entry: EntryClass,
    secondIndex: number,
    frame: Frame,
    frames: Frame,
    runKey: string,
    more: Pick<AccessView, 'split' | 'declared' | 'declaredName' | 'expected'>,
  ): AccessClass {
    const plain =
      secondIndex < 0 && !more.split && more.declared === undefined && more.expected === undefined;
    if (plain && entry.plain && entry.plainKey === runKey) return entry.plain;
    const second = secondIndex < 0 ? undefined : this.#secondView(secondIndex);
    const key = `${second ? patternKey(this.#second as WalkResult, secondIndex) : ''}|${runKey}|${more.split ? (more.split.low ? 'l' : 's') : ''}|${more.declared ?? ''} ${more.declaredName ?? ''}|${more.expected?.perm ?? ''}`;
    let known = entry.classes.get(key);
    if (known) {
      if (plain) Object.assign(entry, { plain: known, plainKey: runKey });
      return known;
    }
    const { rules } = this.#space.candidate;
    const leaf = entry.view.leaf as LeafView;
    const rights = second
      ? both(leaf.rights, (second.leaf as LeafView).rights, second.regime.executesByPage).rights
      : leaf.rights;
    const effective = rules?.effective(
      { reading: run.pattern.reading, level: run.pattern.level, inherited: run.inherited },
      this.#second && secondIndex >= 0 ? leafAt(this.#second, secondIndex) : undefined,
      frame,
      frames,
    );
    const agreement = this.#agreementOf(entry.view, effective);
    const view: AccessView = {
      space: this.#space,
      first: entry.view,
      ...(second ? { second } : {}),
      rights,
      ...(effective ? { effective } : {}),
      ...(agreement ? { agreement } : {}),
      ...more,
    };
    known = {
      verdicts: judge(this.#rules, 'access', view),
      use: this.#useOf(rights, agreement),
      certain: agreement !== undefined || this.#guided,
      rights,
      ...(effective ? { effective } : {}),
    };
    if (entry.classes.size >= MAX_COMBINATIONS) entry.classes.clear();
    entry.classes.set(key, known);
    if (plain) Object.assign(entry, { plain: known, plainKey: runKey });
    return known;
  }

  /** What other mappings of the same pages must agree with. */
  #agreementOf(
    { leaf, regime }: EntryView,
    effective: EffectiveView | undefined,
  ): Partial<Agreement> | undefined {
    if (this.#space.candidate.rules) return effective?.agreement;
    return this.#guided || !leaf ? undefined : regime.alone?.(leaf);
  }

  /** One use for all leaves that agree in type and in who may write. */
  #useOf(rights: Rights, agreement: Partial<Agreement> | undefined): number {
    const { type = '', shareability = '', cached = '' } = agreement ?? {};
    const key = `${type}|${shareability}|${cached}|${Object.values(rights).map(({ w }) => (w ? 'w' : '-'))}`;
    let id = this.#useIds.get(key);
    if (id === undefined) {
      id = this.#newUse({ is: 'mapped', space: this.#space, rights, ...(agreement ? { agreement } : {}) });
      this.#useIds.set(key, id);
    }
    return id;
  }

  #secondView(index: number): EntryView {
    const second = this.#second as WalkResult;
    const key = patternKey(second, index);
    let view = this.#secondViews.get(key);
    if (!view) {
      const { reading, level, inherited } = leafAt(second, index);
      const pattern: Pattern = { id: 0, level, kind: 'leaf', inherits: 0, reading };
      view = entryView(this.#space.second as Space, pattern, inherited, false);
      if (this.#secondViews.size >= MAX_CLASSES) this.#secondViews.clear();
      this.#secondViews.set(key, view);
    }
    return view;
  }
}
