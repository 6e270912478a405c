/**
 * Two stages together, page by page: how many pages have each answer that the two stages' tables give together. Costs about
 * 1 ns a page for long runs and 5 ns where every page lies elsewhere; ranges with addresses come from `nest` instead.
 */
import type { AddressSpace } from '../image/address-space.ts';
import { type Bytes, bytesOf, type Frame, frameOf, inPage } from '../image/frames.ts';
import type { Heap } from '../kernels/heap.ts';
import * as at from '../kernels/layout.ts';
import { install, type Plan, plan, takeScratch } from '../kernels/plan.ts';
import type { Table } from '../memtype/compile.ts';
import { Palette } from '../memtype/compile.ts';
import { Directory } from './directory.ts';
import { knownForms } from './forms.ts';
import { LevelTables } from './level-tables.ts';
import type { Regime } from './regime.ts';
import { ResidentImage } from './resident.ts';
import { UpperWalker } from './upper.ts';

/** A stage: its regime, and what its leaves say; undefined for levels without leaves, and for entries that are none. */
export interface Stage<A> {
  readonly regime: Regime;
  readonly table: (level: number) => Table<A | undefined> | undefined;
}

/** How often each answer of a pair came. */
export interface PairCounts<C> {
  readonly totals: ReadonlyMap<C, number>;
  /** The same by code: 1 + answer. */
  readonly codes: ReadonlyMap<number, number>;
  /** Pages that both stages map. */
  readonly pages: number;
  /** Stage 1 tables that stage 2 does not map or the image does not hold. */
  readonly missing: number;
}

const SEGMENTS = 1024;
/** Codes of one kernel call. */
const CAPACITY = 1 << 20;

export class StagePairs<A, B, C> {
  readonly heap: Heap;
  readonly #first: Stage<A>;
  readonly #memory: AddressSpace;
  readonly #directory: Directory;
  readonly #job: number;
  readonly #segments: number;
  readonly #arena: number;
  readonly #counts: number;
  readonly #scratch: number;
  readonly #answers: readonly C[];
  readonly #table: number;
  /** The plans of both stages' lowest levels: how words become the codes that `pairs` is indexed by. */
  readonly plans: readonly [Plan<A | undefined> | undefined, Plan<B | undefined> | undefined];

  /** 256 rows, by the code of stage 1, of 256 results: 1 + answer, or 0 where one of them maps nothing. */
  get pairs(): Uint8Array {
    return this.heap.u8.subarray(this.#table, this.#table + 65536);
  }

  /**
   * Prepare two stages. `combine` is asked once for every pair of answers.
   *
   * @returns undefined where the kernels cannot read one of the regimes, or their pages differ in size.
   * @throws RangeError for more than 255 different results.
   */
  static of<A, B, C>(
    first: Stage<A>,
    second: Stage<B>,
    memory: AddressSpace,
    combine: (a: A, b: B) => C,
  ): StagePairs<A, B, C> | undefined {
    const forms = knownForms(first.regime);
    const sameSize = first.regime.levels[0]?.shift === second.regime.levels[0]?.shift;
    const directory = forms?.groups === false && sameSize ? Directory.of(second.regime, memory) : undefined;
    if (!forms || !directory) return undefined;
    return new StagePairs(first, second, memory, combine, directory);
  }

  private constructor(
    first: Stage<A>,
    second: Stage<B>,
    memory: AddressSpace,
    combine: (a: A, b: B) => C,
    directory: Directory,
  ) {
    const { heap } = directory;
    this.heap = heap;
    this.#first = first;
    this.#memory = memory;
    this.#directory = directory;
    this.#job = heap.take(at.PAIRS_BYTES);
    this.#segments = heap.take(SEGMENTS * at.SEGMENT_BYTES);
    this.#arena = memory instanceof ResidentImage ? 0 : heap.take(bytesOf(SEGMENTS));
    this.#counts = heap.take(256 * 8);
    this.#scratch = takeScratch(heap);
    const codes = heap.take(CAPACITY);
    const levels = new LevelTables(heap);
    const table = heap.take(65536);
    const plansOf = <T>({ regime, table }: Stage<T>) =>
      regime.levels.map((_, level) => {
        const rules = table(level);
        return rules && plan(rules);
      });
    const [plans1, plans2] = [plansOf(first), plansOf(second)];
    // one numbering of answers for all levels of a stage, because the table of pairs has one row for each
    const [codes1, codes2] = [new Numbering(plans1), new Numbering(plans2)];
    const places1 = codes1.plans.map(one => (one ? install(one, heap) : 0));
    const places2 = codes2.plans.map(one => (one ? install(one, heap) : 0));
    const results = new Palette<C>();
    heap.u8.fill(0, table, table + 65536);
    codes1.answers.forEach((a, code1) => {
      codes2.answers.forEach((b, code2) => {
        if (a === undefined || b === undefined) return;
        const result = combine(a, b);
        const code = 1 + results.code(result);
        if (code > 255) throw new RangeError('more than 255 different results of two stages');
        heap.u8[table + 256 * code1 + code2] = code;
      });
    });
    this.#answers = results.entries;
    this.plans = [codes1.plans[0], codes2.plans[0]];
    this.#table = table;
    const forms = knownForms(first.regime);
    if (forms) levels.begin(first.regime, forms.leaves, directory.classifier);
    const { u32, u8 } = heap;
    u8.fill(0, this.#job, this.#job + at.PAIRS_BYTES);
    const put = (offset: number, ...values: readonly number[]): void => {
      u32.set(values, (this.#job + offset) >> 2);
    };
    put(at.PAIRS_SEGMENTS, this.#segments);
    put(at.PAIRS_LEVELS, levels.place, directory.place, table, codes, 0, CAPACITY);
    put(at.PAIRS_PLANS_1, ...places1);
    put(at.PAIRS_PLANS_2, ...places2);
  }

  /** Walk the first stage, its tables read through the second. `each` gets the codes, as they come: 1 + answer. */
  count(each?: (codes: Uint8Array) => void): PairCounts<C> {
    const counts = (): Float64Array => new Float64Array(this.heap.kernels.buffer, this.#counts, 256);
    counts().fill(0);
    const walker = new PairWalker(this.#first, this.#memory, this.#directory, this.#arena, {
      heap: this.heap,
      place: this.#segments,
      run: segments => this.#run(segments, each),
    });
    walker.walk();
    const totals = new Map<C, number>();
    const codes = new Map<number, number>();
    let pages = 0;
    counts().forEach((n, code) => {
      if (n === 0) return;
      codes.set(code, n);
      totals.set(this.#answers[code - 1] as C, n);
      pages += n;
    });
    return { totals, codes, pages, missing: walker.missing };
  }

  #run(segments: number, each: ((codes: Uint8Array) => void) | undefined): void {
    const { kernels, u32, u8 } = this.heap;
    const field = (offset: number): number => (this.#job + offset) >> 2;
    u32[field(at.PAIRS_SEGMENT_COUNT)] = segments;
    for (const start of [at.PAIRS_SEGMENT, at.PAIRS_ENTRY, at.PAIRS_PAGE]) u32[field(start)] = 0;
    const codes = u32[field(at.PAIRS_CODES)] as number;
    for (let answer: number = at.SCAN_FULL; answer === at.SCAN_FULL; ) {
      u32[field(at.PAIRS_COUNT)] = 0;
      answer = kernels.pairs(this.#job);
      const count = u32[field(at.PAIRS_COUNT)] as number;
      kernels.countCodes(codes, count, this.#counts, this.#scratch);
      each?.(u8.subarray(codes, codes + count));
    }
  }
}

/** Plans whose codes are renumbered, so that equal answers of all of them have one number. */
class Numbering<A> {
  readonly answers: (A | undefined)[] = [];
  readonly plans: readonly (Plan<A | undefined> | undefined)[];

  constructor(plans: readonly (Plan<A | undefined> | undefined)[]) {
    // codes of the first plan stay as they are: its vector form is the one that matters
    this.plans = plans.map((one, index) => {
      if (!one) return undefined;
      if (index === 0) {
        this.answers.push(...one.palette);
        return one;
      }
      const palette = one.palette.map(answer => this.#number(answer));
      return {
        ...one,
        codes: one.codes.map(code => palette[code] as number),
        palette: this.answers,
        vector: undefined,
      };
    }) as readonly (Plan<A | undefined> | undefined)[];
    if (this.answers.length > 256) throw new RangeError('more than 256 different answers of one stage');
  }

  #number(answer: A | undefined): number {
    const known = this.answers.indexOf(answer);
    return known < 0 ? this.answers.push(answer) - 1 : known;
  }
}

/** Where segments go. */
interface Sink {
  readonly heap: Heap;
  readonly place: number;
  run(segments: number): void;
}

/** The pages of a memory by the input frames of a directory. */
const through = (directory: Directory, memory: AddressSpace): AddressSpace => ({
  ranges: [], // nobody asks: tables are read where pointers lead
  page: frame => {
    const output = directory.frameOf(frame);
    return output === undefined ? undefined : memory.page(output);
  },
});

/** The upper tables of the first stage, page by page through the second; leaf tables and blocks become segments. */
class PairWalker extends UpperWalker {
  /** What the frames that the second stage gives are in. */
  readonly #pages: AddressSpace;
  readonly #directory: Directory;
  readonly #image: ResidentImage | undefined;
  readonly #arena: number;
  readonly #sink: Sink;
  #segments = 0;
  missing = 0;

  /** Levels whose entries can be leaves. */
  readonly #mapping: readonly boolean[];

  constructor(
    { regime, table }: Stage<unknown>,
    memory: AddressSpace,
    directory: Directory,
    arena: number,
    sink: Sink,
  ) {
    super(regime, through(directory, memory), {});
    this.#pages = memory;
    this.#mapping = regime.levels.map((_, level) => table(level) !== undefined);
    this.#directory = directory;
    this.#image = memory instanceof ResidentImage ? memory : undefined;
    this.#arena = arena;
    this.#sink = sink;
  }

  walk(): void {
    for (const root of this.regime.roots) this.root(root);
    this.#flush();
  }

  protected override put(
    place: Bytes,
    count: number,
    level: number,
    _input: Frame,
    _inherited: number,
    missing: 0 | 1,
  ): void {
    const frame = missing ? undefined : this.#directory.frameOf(frameOf(place));
    if (frame === undefined) this.missing++;
    else this.#segment(frame, inPage(place), count, level);
  }

  protected override settle(): void {}
  /** Ranges are not wanted. */
  protected override emit(): void {}

  #segment(frame: Frame, offset: Bytes, count: number, level: number): void {
    if (!this.#mapping[level]) return;
    const { u32 } = this.#sink.heap;
    let page = this.#image?.placeOf(frame) ?? 0;
    if (page === 0) {
      const words = this.#image ? undefined : this.#pages.page(frame);
      if (!words) {
        this.missing++;
        return;
      }
      page = this.#arena + bytesOf(this.#segments);
      u32.set(words, page >> 2);
    }
    const segment = (this.#sink.place + this.#segments++ * at.SEGMENT_BYTES) >> 2;
    u32[segment + (at.SEGMENT_ENTRIES >> 2)] = page + offset;
    u32[segment + (at.SEGMENT_COUNT >> 2)] = count;
    u32[segment + (at.SEGMENT_LEVEL >> 2)] = level;
    if (this.#segments === SEGMENTS) this.#flush();
  }

  #flush(): void {
    if (this.#segments > 0) this.#sink.run(this.#segments);
    this.#segments = 0;
  }
}
