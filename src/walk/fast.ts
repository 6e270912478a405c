/**
 * The fast walker: the upper tables entry by entry as the exact walker does it, leaf tables by the scan kernel.
 *
 * Of 513 tables of a full tree 512 are leaf tables. They are not read when they are met but queued; a full queue is read
 * in one sorted pass over the image and scanned in one call. So the memory used is that of a queue and of the answer,
 * whatever the size of the image.
 *
 * Declined, and left to the exact walker: entries of 4 bytes, entry forms whose address is in more than two pieces, and
 * walks that run into `maxRanges`. Small trees are not worth the kernel and are read entry by entry here.
 */
import type { AddressSpace } from '../image/address-space.ts';
import { Heap } from '../memtype/kernels/heap.ts';
import { type Kernels, typescriptKernels, wasmKernels } from '../memtype/kernels/kernels.ts';
import type { LeafBatch } from './batch.ts';
import { type Forms, knownForms } from './forms.ts';
import { Arena } from './gather.ts';
import type { EntryClass, Level, Regime } from './regime.ts';
import { ResidentImage } from './resident.ts';
import { DEFAULT_MAX_RANGES, type WalkOptions, type WalkResult } from './result.ts';
import { Scanner, SEGMENTS_PER_SCAN } from './scanner.ts';
import { FRAME_BYTES, Traversal } from './traversal.ts';

/** Leaf tables below which compiling the kernels costs more than it saves (bench/walk: 1.5 ms against 25 us a table). */
const WORTH_A_KERNEL = 64;

/** What the fast walker is given beyond a walk's options; for tests and for `bench`. */
export interface FastOptions extends WalkOptions {
  /** Scan with these kernels, however small the tree. */
  readonly kernels?: Kernels;
}

/** A walk over an image in the kernels' memory whose rows stay there too. */
export class ResidentWalk {
  readonly image: ResidentImage;
  readonly #shop: Workshop;

  /** `capacity`: ranges that there is room for, 46 bytes each. Walks with more of them are copied out as usual. */
  constructor(image: ResidentImage, capacity: number) {
    this.image = image;
    this.#shop = new Workshop(image.heap, undefined, capacity);
  }

  /** As `walkFast`; the arrays of the result are views that hold until the next walk. */
  walk(regime: Regime, options: WalkOptions = {}): WalkResult | undefined {
    const forms = knownForms(regime);
    return forms && new FastWalker(regime, this.image, options, forms, this.#shop).walk();
  }
}

/** As `walkExactly`, or undefined where this walk is not for us. Costs about 0.3 ns to 2 ns per leaf entry. */
export function walkFast(
  regime: Regime,
  memory: AddressSpace,
  options: FastOptions = {},
): WalkResult | undefined {
  const forms = knownForms(regime);
  return forms && new FastWalker(regime, memory, options, forms).walk();
}

/** A scanner, and room for the pages it scans. One is kept between walks; a walk inside a walk gets its own. */
class Workshop {
  readonly scanner: Scanner;
  /** None for images that lie in the kernels' memory. */
  readonly arena: Arena | undefined;

  constructor(heap: Heap, arena?: Arena, capacity?: number) {
    this.scanner = new Scanner(heap, capacity);
    this.arena = arena;
  }

  static withArena(kernels: Kernels): Workshop {
    const heap = new Heap(kernels);
    return new Workshop(heap, new Arena(heap, SEGMENTS_PER_SCAN));
  }
}
/** One scanner for each heap that holds images; nothing is copied, so there is no arena. */
const shops = new WeakMap<Heap, Workshop>();
const residentShop = (heap: Heap): Workshop => {
  const shop = shops.get(heap) ?? new Workshop(heap);
  shops.set(heap, shop);
  return shop;
};
let idle: Workshop | undefined;

/** Never shown: the exact walker walks again, and stops with its own sentence. */
const TOO_MANY = 'more ranges than the fast walker may keep';

/** Pieces met and not yet read, in the order of the walk; column by column, because there is one for every leaf table. */
class Queue {
  length = 0;
  #capacity = 0;
  /** Physical address of the first entry, and the input frame that it translates. */
  place = new Float64Array(0);
  input = new Float64Array(0);
  count = new Uint16Array(0);
  level = new Uint8Array(0);
  inherited = new Uint32Array(0);
  /** An upper table that could not be read: to be noted in its turn. */
  missing = new Uint8Array(0);

  /** Answers whether there is room for more. */
  put(
    place: number,
    count: number,
    level: number,
    input: number,
    inherited: number,
    missing: 0 | 1,
  ): boolean {
    if (this.length === this.#capacity) this.#grow();
    const i = this.length++;
    this.place[i] = place;
    this.count[i] = count;
    this.level[i] = level;
    this.input[i] = input;
    this.inherited[i] = inherited;
    this.missing[i] = missing;
    return this.length < SEGMENTS_PER_SCAN;
  }

  #grow(): void {
    this.#capacity = Math.max(32, 4 * this.#capacity);
    const wider = <A extends { set(from: A): void }>(array: A, make: new (length: number) => A): A => {
      const next = new make(this.#capacity);
      next.set(array);
      return next;
    };
    this.place = wider(this.place, Float64Array);
    this.input = wider(this.input, Float64Array);
    this.count = wider(this.count, Uint16Array);
    this.level = wider(this.level, Uint8Array);
    this.inherited = wider(this.inherited, Uint32Array);
    this.missing = wider(this.missing, Uint8Array);
  }
}

class FastWalker extends Traversal {
  readonly #forms: Forms;
  readonly #maxRanges: number;
  readonly #given: Kernels | undefined;
  readonly #resident: ResidentImage | undefined;
  readonly #queue = new Queue();
  readonly #inPlace: Workshop | undefined;
  #workshop: Workshop | undefined;

  /** `inPlace`: where the rows shall stay. */
  constructor(regime: Regime, memory: AddressSpace, options: FastOptions, forms: Forms, inPlace?: Workshop) {
    super(regime, memory, { ...options, maxRanges: Number.POSITIVE_INFINITY });
    this.#forms = forms;
    this.#maxRanges = options.maxRanges ?? DEFAULT_MAX_RANGES;
    this.#resident = memory instanceof ResidentImage ? memory : undefined;
    this.#given = this.#resident?.heap.kernels ?? options.kernels;
    this.#inPlace = inPlace;
    if (this.#resident) this.#shop(); // takes room, which may move the memory: before any page is looked at
  }

  /** Walk all roots. Undefined where there are more ranges than asked for: which ones to keep is the exact walker's rule. */
  walk(): WalkResult | undefined {
    try {
      for (const root of this.regime.roots) this.root(root);
      const leaves = this.#inPlace && this.#rowsInPlace(this.#inPlace);
      if (!leaves) this.#settle();
      if (this.#tooMany() || (leaves && leaves.length > this.#maxRanges)) return undefined;
      const scanner = this.#workshop?.scanner;
      if (scanner) {
        this.payload += scanner.payloads;
        this.faults += scanner.faults;
        this.spans.forEach((span, level) => {
          this.leaves += scanner.leafFrames(level) / span;
        });
      }
      return leaves ? { ...this.result(), leaves } : this.result();
    } finally {
      if (!this.#given) idle = this.#workshop ?? idle;
    }
  }

  protected override part(
    place: number,
    count: number,
    level: number,
    input: number,
    inherited: number,
  ): void {
    if (level === 0) {
      this.#put(place, count, level, input, inherited, 0);
      return;
    }
    const words = this.memory.page(Math.floor(place / FRAME_BYTES));
    if (words) this.#upper(words, place, count, level, input, inherited);
    else this.#put(place, count, level, input, inherited, 1);
  }

  /** Entries above the leaf level: tables are followed; what lies between them is a segment for the kernel. */
  #upper(
    words: Uint32Array,
    place: number,
    count: number,
    level: number,
    input: number,
    inherited: number,
  ): void {
    const { pointsToTable, table } = this.regime.levels[level] as Level;
    const entriesBelow = 2 ** (this.regime.levels[level - 1] as Level).indexBits;
    const [attributesLo, attributesHi] = table.attributes;
    const [payloadLo, payloadHi] = this.regime.payload;
    const span = this.spans[level] as number;
    const offset = (place % FRAME_BYTES) / 4;
    const end = this.#end(count, input, span);
    let segment = -1; // where it began, if there is one
    // what the last pattern meant: neighbours are mostly alike
    let patternLo = 0;
    let patternHi = 0;
    let meaning: EntryClass | undefined;
    const descend = this.#descent(words, place, count, level, input);
    for (let i = this.#first(input, span); i < end && this.stopped === undefined; i++) {
      const lo = words[offset + 2 * i] as number;
      const hi = words[offset + 2 * i + 1] as number;
      if ((lo & payloadLo) === 0 && (hi & payloadHi) === 0) continue;
      if (!pointsToTable(lo, hi)) {
        if (segment < 0) segment = i;
        continue;
      }
      if (segment >= 0)
        this.#put(place + 8 * segment, i - segment, level, input + segment * span, inherited, 0);
      segment = -1;
      const attributeLo = lo & attributesLo;
      const attributeHi = hi & attributesHi;
      if (meaning === undefined || attributeLo !== patternLo || attributeHi !== patternHi) {
        meaning = this.classifier.classOf(lo, hi, level, true, table);
        patternLo = attributeLo;
        patternHi = attributeHi;
      }
      if (meaning.kind === 'table' && descend) {
        const next = descend(i, attributeLo >>> 0, attributeHi >>> 0, inherited | meaning.inherits);
        if (next > i) {
          i = next - 1;
          continue;
        }
      }
      if (meaning.kind === 'table')
        this.table(
          table.address(lo, hi),
          level - 1,
          input + i * span,
          0,
          entriesBelow,
          inherited | meaning.inherits,
        );
      else {
        // it may become a range itself: everything before it comes first
        if (meaning.kind === 'fault' || meaning.kind === 'leaf' || this.listPayload) this.#settle();
        this.entry(lo, hi, input + i * span, place + 8 * i, level, inherited);
      }
    }
    if (segment >= 0)
      this.#put(place + 8 * segment, end - segment, level, input + segment * span, inherited, 0);
  }

  /**
   * A way to have the kernel follow the pointers of a piece to leaf tables: where the image lies in the kernels' memory, a
   * leaf table is one page, and all of the piece is wanted. It answers the first entry that is not so.
   */
  #descent(
    words: Uint32Array,
    place: number,
    count: number,
    level: number,
    input: number,
  ): ((index: number, patternLo: number, patternHi: number, inherited: number) => number) | undefined {
    const image = this.#resident;
    const form = this.#forms.tables[level];
    const entries = 2 ** (this.regime.levels[level - 1] as Level).indexBits;
    const span = this.spans[level] as number;
    const whole = input >= this.from && input + count * span <= this.to;
    if (level !== 1 || !image || !form || entries * 8 !== FRAME_BYTES || !whole) return undefined;
    const { scanner } = this.#shop();
    const first = words.byteOffset + (place % FRAME_BYTES);
    return (index, patternLo, patternHi, inherited) => {
      this.#read();
      const end = Math.min(count, index + Math.max(0, this.maxTables - this.tables));
      const [next, tables] = scanner.descend(
        {
          image,
          form,
          words: first,
          pattern: [patternLo, patternHi],
          inherited,
          input,
          span,
          count: entries,
        },
        index,
        end,
        this.#take,
      );
      this.tables += tables;
      if (this.#tooMany()) this.stopped = TOO_MANY;
      return next;
    };
  }

  /** The entries of a piece that translate what was asked for: first, and end. */
  #first(input: number, span: number): number {
    return Math.max(0, Math.floor((this.from - input) / span));
  }
  #end(count: number, input: number, span: number): number {
    return Math.min(count, Math.ceil((this.to - input) / span));
  }

  #put(place: number, count: number, level: number, input: number, inherited: number, missing: 0 | 1): void {
    if (this.#queue.put(place, count, level, input, inherited, missing)) return;
    this.#read();
    if (this.#tooMany()) this.stopped = TOO_MANY;
  }

  #tooMany(): boolean {
    return this.batch.length > this.#maxRanges;
  }

  /** Read and scan what is queued. */
  #read(): void {
    const { length } = this.#queue;
    if (length === 0) return;
    if (this.#resident) this.#queueInPlace(this.#resident);
    else if (this.#workshop || this.#given || length >= WORTH_A_KERNEL) this.#queueCopies();
    else this.#readByHand();
    this.#queue.length = 0;
    this.#workshop?.scanner.run(this.#take);
  }

  /** The image lies in the kernels' memory. */
  #queueInPlace(image: ResidentImage): void {
    const { scanner } = this.#shop();
    const { length, place, input, count, level, inherited, missing } = this.#queue;
    for (let i = 0; i < length; i++) {
      const at = place[i] as number;
      const page = missing[i] ? 0 : image.placeOf(Math.floor(at / FRAME_BYTES));
      if (page === 0) this.note(at, count[i] as number, level[i] as number, input[i] as number);
      else this.#queueOne(scanner, i, page + (at % FRAME_BYTES), inherited[i] as number);
    }
  }

  /** The image lies elsewhere: one sorted pass brings all pages of the queue. */
  #queueCopies(): void {
    const { scanner, arena } = this.#shop();
    const { length, place, input, count, level, inherited, missing } = this.#queue;
    const frames = Float64Array.from({ length }, (_, i) =>
      missing[i] ? -1 : Math.floor((place[i] as number) / FRAME_BYTES),
    );
    const pages = arena?.gather(this.memory, frames);
    for (let i = 0; i < length; i++) {
      const at = place[i] as number;
      const page = pages?.[i] ?? 0;
      if (page === 0) this.note(at, count[i] as number, level[i] as number, input[i] as number);
      else this.#queueOne(scanner, i, page + (at % FRAME_BYTES), inherited[i] as number);
    }
  }

  /** A queued piece, whose entries lie at `entries` in the kernels' memory. */
  #queueOne(scanner: Scanner, i: number, entries: number, inherited: number): void {
    const { place, input, count, level } = this.#queue;
    const levelIndex = level[i] as number;
    const span = this.spans[levelIndex] as number;
    const start = input[i] as number;
    const first = this.#first(start, span);
    const end = this.#end(count[i] as number, start, span);
    if (end > first)
      scanner.queue(
        entries + 8 * first,
        end - first,
        levelIndex,
        inherited,
        start + first * span,
        (place[i] as number) + 8 * first,
      );
  }

  /** A small tree: the kernel is not worth compiling. */
  #readByHand(): void {
    const { length, place, input, count, level, inherited } = this.#queue;
    const { stopped } = this; // these pieces were met before whatever stopped the walk
    this.stopped = undefined;
    this.#prefetch();
    for (let i = 0; i < length; i++) {
      const words = this.#page(i);
      const [at, size, levelIndex, start] = [place[i], count[i], level[i], input[i]] as [
        number,
        number,
        number,
        number,
      ];
      if (words) this.entries(words, at, size, levelIndex, start, inherited[i] as number);
      else this.note(at, size, levelIndex, start);
    }
    this.stopped = stopped;
  }

  #page(i: number): Uint32Array | undefined {
    const { place, missing } = this.#queue;
    return missing[i] ? undefined : this.memory.page(Math.floor((place[i] as number) / FRAME_BYTES));
  }

  #prefetch(): void {
    const { length, place, missing } = this.#queue;
    const frames = place.subarray(0, length).filter((_, i) => !missing[i]);
    this.memory.prefetch?.(frames.map(at => Math.floor(at / FRAME_BYTES)));
  }

  #shop(): Workshop {
    if (!this.#workshop) {
      if (this.#inPlace) this.#workshop = this.#inPlace;
      else if (this.#resident) this.#workshop = residentShop(this.#resident.heap);
      else if (this.#given) this.#workshop = Workshop.withArena(this.#given);
      else {
        this.#workshop = idle ?? Workshop.withArena(wasmKernels() ?? typescriptKernels());
        idle = undefined;
      }
      const { scanner } = this.#workshop;
      scanner.begin(this.regime, this.#forms.leaves, this.classifier, this.listPayload, this.ignore);
    }
    return this.#workshop;
  }

  /** All rows, if none had to be taken away. */
  #rowsInPlace({ scanner }: Workshop): LeafBatch | undefined {
    this.#read();
    return this.batch.length === 0 ? scanner.finishInPlace() : undefined;
  }

  /** Everything met so far becomes ranges. */
  #settle(): void {
    this.#read();
    this.#workshop?.scanner.finish(this.#take);
  }

  /** Rows of the kernel. The first may continue what was not the kernel's. */
  readonly #take = (rows: LeafBatch): void => {
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
  };
}
