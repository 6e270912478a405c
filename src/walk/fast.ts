/**
 * The fast walker: the upper tables entry by entry as the exact walker does it, leaf tables by the scan kernel.
 *
 * Of 513 tables of a full tree 512 are leaf tables. They are not read when they are met but queued; a full queue is read
 * in one sorted pass over the image and scanned in one call. So the memory used is that of a queue and of the answer,
 * whatever the size of the image.
 *
 * Declined, and left to the exact walker: entries of 4 bytes, entry forms whose address is in more than two pieces, trees
 * with leaves of groups, and walks that run into `maxRanges`. Small trees are not worth the kernel and are read entry by entry here.
 */
import type { AddressSpace } from '../image/address-space.ts';
import { type Bytes, type Frame, frameOf, inPage, PAGE_BYTES } from '../image/frames.ts';
import type { Kernels } from '../kernels/api.ts';
import type { Heap } from '../kernels/heap.ts';
import type { LeafBatch } from './batch.ts';
import { type Forms, knownForms } from './forms.ts';
import { Pieces, WORTH_A_KERNEL } from './pieces.ts';
import type { Level, Regime } from './regime.ts';
import { ResidentImage } from './resident.ts';
import { limitsOf, type WalkOptions, type WalkResult } from './result.ts';
import { SEGMENTS_PER_SCAN } from './scanner.ts';
import { type Follower, UpperWalker } from './upper.ts';
import { Workshop } from './workshop.ts';

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

/** One scanner for each heap that holds images; nothing is copied, so there is no arena. */
const shops = new WeakMap<Heap, Workshop>();
const residentShop = (heap: Heap): Workshop => {
  const shop = shops.get(heap) ?? new Workshop(heap);
  shops.set(heap, shop);
  return shop;
};

/** Never shown: the exact walker walks again, and stops with its own sentence. */
const TOO_MANY = 'more ranges than the fast walker may keep';

class FastWalker extends UpperWalker {
  readonly #forms: Forms;
  readonly #maxRanges: number;
  readonly #given: Kernels | undefined;
  readonly #resident: ResidentImage | undefined;
  readonly #queue = new Pieces();
  readonly #inPlace: Workshop | undefined;
  #workshop: Workshop | undefined;

  /** `inPlace`: where the rows shall stay. */
  constructor(regime: Regime, memory: AddressSpace, options: FastOptions, forms: Forms, inPlace?: Workshop) {
    super(regime, memory, { ...options, maxRanges: Number.POSITIVE_INFINITY });
    this.#forms = forms;
    this.#maxRanges = limitsOf(memory, options).maxRanges;
    this.#resident = memory instanceof ResidentImage ? memory : undefined;
    this.#given = this.#resident?.heap.kernels ?? options.kernels;
    this.#inPlace = inPlace;
    if (this.#resident) this.#shop(); // takes room, which may move the memory: before any page is looked at
  }

  /** Walk all roots. Undefined where it is not for us after all: leaves of groups, or more ranges than asked for; which ones to keep is the exact walker's rule. */
  walk(): WalkResult | undefined {
    try {
      for (const root of this.regime.roots) this.root(root);
      const leaves = this.#inPlace && this.#rowsInPlace(this.#inPlace);
      if (!leaves) this.settle();
      if (this.#tooMany() || (leaves && leaves.length > this.#maxRanges)) return undefined;
      const scanner = this.#workshop?.scanner;
      if (scanner?.metGroup) return undefined;
      if (scanner) {
        this.payload += scanner.payloads;
        this.faults += scanner.faults;
        this.spans.forEach((span, level) => {
          this.leaves += scanner.leafFrames(level) / span;
        });
      }
      return leaves ? { ...this.result(), leaves } : this.result();
    } finally {
      if (!this.#given && this.#workshop) Workshop.giveBack(this.#workshop);
    }
  }

  /**
   * A way to have the kernel follow the pointers of a piece to leaf tables: where the image lies in the kernels' memory, a
   * leaf table is one page, and all of the piece is wanted. It answers the first entry that is not so.
   */
  protected override descent(
    words: Uint32Array,
    place: Bytes,
    count: number,
    level: number,
    input: Frame,
  ): Follower | undefined {
    const image = this.#resident;
    const form = this.#forms.tables[level];
    const entries = 2 ** (this.regime.levels[level - 1] as Level).indexBits;
    const span = this.spans[level] as number;
    const whole = input >= this.from && input + count * span <= this.to;
    if (level !== 1 || !image || !form || entries * 8 !== PAGE_BYTES || !whole) return undefined;
    const { scanner } = this.#shop();
    const first = words.byteOffset + inPage(place);
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

  protected override put(
    place: Bytes,
    count: number,
    level: number,
    input: Frame,
    inherited: number,
    missing: 0 | 1,
  ): void {
    this.#queue.put(place, count, level, input, inherited, missing);
    if (this.#queue.length < SEGMENTS_PER_SCAN) return;
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
    const shop = this.#shop();
    const { length, place, missing } = this.#queue;
    for (let i = 0; i < length; i++) {
      const page = missing[i] ? 0 : image.placeOf(frameOf(place[i] as number));
      if (page === 0) this.notePiece(this.#queue, i);
      else shop.queuePage(this.#queue, i, page, this);
    }
  }

  /** The image lies elsewhere. */
  #queueCopies(): void {
    const queue = this.#queue;
    this.#shop().queue(this.memory, queue, 0, queue.length, this, i => this.notePiece(queue, i));
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
    return missing[i] ? undefined : this.memory.page(frameOf(place[i] as number));
  }

  #prefetch(): void {
    const { length, place, missing } = this.#queue;
    const frames = place.subarray(0, length).filter((_, i) => !missing[i]);
    this.memory.prefetch?.(frames.map(at => frameOf(at)));
  }

  #shop(): Workshop {
    if (!this.#workshop) {
      if (this.#inPlace) this.#workshop = this.#inPlace;
      else if (this.#resident) this.#workshop = residentShop(this.#resident.heap);
      else if (this.#given) this.#workshop = Workshop.withArena(this.#given);
      else this.#workshop = Workshop.borrow();
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
  protected override settle(): void {
    this.#read();
    this.#workshop?.scanner.finish(this.#take);
  }

  readonly #take = (rows: LeafBatch): void => this.takeRows(rows);
}
