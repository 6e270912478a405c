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
import { type Kernels, typescriptKernels, wasmKernels } from '../memtype/kernels/kernels.ts';
import type { LeafBatch } from './batch.ts';
import type { Level, Regime } from './regime.ts';
import { DEFAULT_MAX_RANGES, type WalkOptions, type WalkResult } from './result.ts';
import { type LeafMasks, leafMasks, Scanner, SEGMENTS_PER_SCAN } from './scanner.ts';
import { FRAME_BYTES, FRAME_SHIFT, type Part, Traversal } from './traversal.ts';

/** Leaf tables below which compiling the kernels costs more than it saves (bench/walk: 1.5 ms against 25 us a table). */
const WORTH_A_KERNEL = 64;

/** What the fast walker is given beyond a walk's options; for tests and for `bench`. */
export interface FastOptions extends WalkOptions {
  /** Scan with these kernels, however small the tree. */
  readonly kernels?: Kernels;
}

/** As `walkExactly`, or undefined where this walk is not for us. Costs about 0.3 ns to 2 ns per leaf entry. */
export function walkFast(
  regime: Regime,
  memory: AddressSpace,
  options: FastOptions = {},
): WalkResult | undefined {
  const masks = masksOf(regime);
  if (!masks) return undefined;
  return new FastWalker(regime, memory, options, masks).walk();
}

/** The leaf masks of every level; undefined where one has none. */
function masksOf({ entryBytes, levels }: Regime): readonly LeafMasks[] | undefined {
  const [lowest] = levels;
  if (entryBytes !== 8 || !lowest || pointsAnywhere(lowest)) return undefined;
  const masks = levels.map(({ leaf, shift }) => leafMasks(leaf, shift));
  return masks.every(mask => mask !== undefined) ? masks : undefined;
}

/** Does the lowest level take any entry for a table? None of ours does; the kernel would not notice. */
const pointsAnywhere = ({ pointsToTable }: Level): boolean =>
  Array.from({ length: 256 }, (_, low) => low).some(
    low => pointsToTable(low, 0) || pointsToTable((0xffff_ff00 | low) >>> 0, 0xffff_ffff),
  );

/** The queue's memory for table pages: one page per segment. */
const ARENA_BYTES = SEGMENTS_PER_SCAN * FRAME_BYTES;

/** A scanner, and room for the pages it scans. One is kept between walks; a walk inside a walk gets its own. */
class Workshop {
  readonly scanner: Scanner;
  readonly arena: number;

  constructor(kernels: Kernels) {
    this.scanner = new Scanner(kernels);
    this.arena = this.scanner.heap.take(ARENA_BYTES);
  }
}
let idle: Workshop | undefined;

class FastWalker extends Traversal {
  readonly #masks: readonly LeafMasks[];
  readonly #maxRanges: number;
  readonly #given: Kernels | undefined;
  /** Pieces met and not yet read, in the order of the walk; `missing` ones are upper tables that could not be read. */
  readonly #queue: { readonly part: Part; readonly missing: boolean }[] = [];
  #workshop: Workshop | undefined;

  constructor(regime: Regime, memory: AddressSpace, options: FastOptions, masks: readonly LeafMasks[]) {
    super(regime, memory, { ...options, maxRanges: Number.POSITIVE_INFINITY });
    this.#masks = masks;
    this.#maxRanges = options.maxRanges ?? DEFAULT_MAX_RANGES;
    this.#given = options.kernels;
  }

  /** Walk all roots. Undefined where there are more ranges than asked for: which ones to keep is the exact walker's rule. */
  walk(): WalkResult | undefined {
    try {
      for (const root of this.regime.roots) this.root(root);
      this.#settle();
      if (this.#tooMany()) return undefined;
      const scanner = this.#workshop?.scanner;
      if (scanner) {
        this.payload += scanner.payloads;
        this.faults += scanner.faults;
        this.regime.levels.forEach(({ shift }, index) => {
          this.leaves += scanner.leafFrames(index) / 2 ** (shift - FRAME_SHIFT);
        });
      }
      return this.result();
    } finally {
      if (!this.#given) idle = this.#workshop ?? idle;
    }
  }

  protected override part(part: Part): void {
    if (part.level === 0) {
      this.#put(part, false);
      return;
    }
    const words = this.memory.page(Math.floor(part.place / FRAME_BYTES));
    if (words) this.#upper(part, words);
    else this.#put(part, true); // noted in its turn
  }

  /** Entries above the leaf level: tables are followed; what lies between them is a segment for the kernel. */
  #upper(part: Part, words: Uint32Array): void {
    const { place, level, input, inherited } = part;
    const { pointsToTable } = this.regime.levels[level] as Level;
    const span = this.#span(level);
    const offset = (place % FRAME_BYTES) / 4;
    const [first, end] = this.#wanted(part);
    let segment = -1; // where it began, if there is one
    const close = (i: number): void => {
      if (segment < 0) return;
      const count = i - segment;
      this.#put(
        { place: place + 8 * segment, count, level, input: input + segment * span, inherited },
        false,
      );
      segment = -1;
    };
    for (let i = first; i < end && this.stopped === undefined; i++) {
      const lo = words[offset + 2 * i] as number;
      const hi = words[offset + 2 * i + 1] as number;
      if (lo === 0 && hi === 0) continue;
      if (pointsToTable(lo, hi)) {
        close(i);
        this.#pointer(lo, hi, input + i * span, place + 8 * i, level, inherited);
      } else if (segment < 0) segment = i;
    }
    close(end);
  }

  /** An entry that looks like a pointer to a table; if it becomes a range itself, everything before it comes first. */
  #pointer(lo: number, hi: number, frame: number, at: number, level: number, inherited: number): void {
    const { table } = this.regime.levels[level] as Level;
    const { kind } = this.classifier.classOf(lo, hi, level, true, table);
    if (kind === 'fault' || kind === 'leaf' || (kind !== 'table' && this.listPayload)) this.#settle();
    this.entry(lo, hi, frame, this.#span(level), at, level, inherited);
  }

  #span(level: number): number {
    return 2 ** ((this.regime.levels[level] as Level).shift - FRAME_SHIFT);
  }

  /** The entries of a piece that translate what was asked for: first, and end. */
  #wanted({ count, level, input }: Part): readonly [number, number] {
    const span = this.#span(level);
    return [
      Math.max(0, Math.floor((this.from - input) / span)),
      Math.min(count, Math.ceil((this.to - input) / span)),
    ];
  }

  #put(part: Part, missing: boolean): void {
    this.#queue.push({ part, missing });
    if (this.#queue.length < SEGMENTS_PER_SCAN) return;
    this.#read();
    if (this.#tooMany()) this.stopped = 'more ranges than the fast walker may keep';
  }

  #tooMany(): boolean {
    return this.batch.length > this.#maxRanges;
  }

  /** Read and scan what is queued. */
  #read(): void {
    const queue = this.#queue.splice(0);
    if (queue.length === 0) return;
    const { memory } = this;
    memory.prefetch?.(
      queue.filter(({ missing }) => !missing).map(({ part }) => Math.floor(part.place / FRAME_BYTES)),
    );
    const scan =
      this.#workshop || this.#given || queue.length >= WORTH_A_KERNEL ? this.#scanner() : undefined;
    const { stopped } = this; // these pieces were met before whatever stopped the walk
    this.stopped = undefined;
    for (const { part, missing } of queue) {
      const words = missing ? undefined : memory.page(Math.floor(part.place / FRAME_BYTES));
      if (!words) this.note(part);
      else if (scan) scan(part, words);
      else this.entries(part, words);
    }
    this.stopped = stopped;
    if (scan) this.#workshop?.scanner.run(this.#take);
  }

  /** How a piece gets to the kernel: its page is copied, so that the queue lies close together. */
  #scanner(): (part: Part, words: Uint32Array) => void {
    const { scanner, arena } = this.#shop();
    const { u32 } = scanner.heap;
    let slot = arena / 4;
    return (part, words) => {
      const [first, end] = this.#wanted(part);
      if (end <= first) return;
      const { place, level, input, inherited } = part;
      const offset = (place % FRAME_BYTES) / 4;
      const whole = end - first === words.length / 2;
      u32.set(whole ? words : words.subarray(offset + 2 * first, offset + 2 * end), slot);
      scanner.queue(
        4 * slot,
        end - first,
        level,
        inherited,
        input + first * this.#span(level),
        place + 8 * first,
      );
      slot += FRAME_BYTES / 4;
    };
  }

  #shop(): Workshop {
    if (!this.#workshop) {
      if (this.#given) this.#workshop = new Workshop(this.#given);
      else {
        this.#workshop = idle ?? new Workshop(wasmKernels() ?? typescriptKernels());
        idle = undefined;
      }
      const { scanner } = this.#workshop;
      scanner.begin(this.regime, this.#masks, this.classifier, this.listPayload, this.ignore);
    }
    return this.#workshop;
  }

  /** Everything met so far becomes ranges. */
  #settle(): void {
    this.#read();
    this.#workshop?.scanner.finish(this.#take);
  }

  /** Rows of the kernel. The first may continue what was not the kernel's. */
  readonly #take = (rows: LeafBatch): void => {
    if (rows.length === 0) return;
    const at = <A extends Float64Array | Uint32Array | Uint8Array>(column: A): number => column[0] as number;
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
