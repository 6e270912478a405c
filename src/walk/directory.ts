/**
 * Look-ups of many addresses in one tree: the tree is walked once, and for every granule of 512 leaf entries it is noted where
 * they stand. After that an address costs 15 to 40 ns, whatever the number of levels.
 *
 * Takes 8 bytes of the kernels' memory per granule that is mapped (4 MB per TiB with 4-KiB pages), and the leaf tables
 * themselves where the image does not lie there. For regimes that the kernels can read, see `forms.ts`.
 */
import { split } from '../bits/word.ts';
import type { AddressSpace } from '../image/address-space.ts';
import {
  addressOf,
  type Bytes,
  bytesOf,
  type Frame,
  frameOf,
  framesOf,
  framesOfShift,
  inPage,
  PAGE_BYTES,
} from '../image/frames.ts';
import type { Heap } from '../kernels/heap.ts';
import * as at from '../kernels/layout.ts';
import { sharedHeap } from '../kernels/resolve.ts';
import type { Classifier } from './classifier.ts';
import { type RootPart, rootParts } from './descent.ts';
import { type Forms, knownForms } from './forms.ts';
import { LevelTables } from './level-tables.ts';
import type { Level, Regime } from './regime.ts';
import { ResidentImage } from './resident.ts';
import { limitsOf } from './result.ts';
import { Traversal } from './traversal.ts';

/** Leaf entries of a granule, and their bytes: one page. */
const ENTRIES = 512;
const TABLE = 512;

export interface Lookups {
  /** Output address of each input address; all ones where nothing is mapped. */
  readonly outputs: BigUint64Array;
  /** The leaf entry that maps it; 0 where there is none. */
  readonly leaves: BigUint64Array;
}

/** Addresses of one kernel call that have to be copied: 64 Ki of them, 1.5 MB with the results. */
const CHUNK = 65536;

export class Directory {
  readonly regime: Regime;
  readonly heap: Heap;
  /** Address of the structure in the kernels' memory. */
  readonly place: number;
  /** Leaf tables that the image does not hold count as mapping nothing; so many there were. */
  readonly missing: number;
  /** What the entries of the regime are. */
  readonly classifier: Classifier;
  readonly #levels: LevelTables;
  readonly #builder: Builder;
  readonly #parts: readonly RootPart[];
  /** Frames of a leaf entry of the lowest level. */
  readonly #pageFrames: Frame;
  #chunk = 0;

  /** Undefined for a regime that the kernels cannot read, or with more than two roots. */
  static of(regime: Regime, memory: AddressSpace): Directory | undefined {
    const forms = knownForms(regime);
    const parts = partsOf(regime);
    return forms?.groups === false && parts ? new Directory(regime, memory, forms, parts) : undefined;
  }

  private constructor(regime: Regime, memory: AddressSpace, forms: Forms, parts: readonly RootPart[]) {
    const heap = memory instanceof ResidentImage ? memory.heap : sharedHeap();
    this.regime = regime;
    this.heap = heap;
    this.place = heap.take(at.DIRECTORY_BYTES);
    this.#levels = new LevelTables(heap);
    const builder = new Builder(regime, memory, heap, parts);
    this.missing = builder.build();
    this.#builder = builder;
    this.classifier = builder.classifier;
    this.#pageFrames = builder.spans[0] as number;
    this.#parts = parts;
    this.#levels.begin(regime, forms.leaves, builder.classifier);
    const { u32 } = heap;
    const put = (offset: number, ...values: readonly number[]): void => {
      u32.set(values, (this.place + offset) >> 2);
    };
    u32.fill(0, this.place >> 2, (this.place + at.DIRECTORY_BYTES) >> 2);
    const [first, second = { input: 0, frames: 0 }] = parts as [RootPart, RootPart?];
    put(
      at.DIRECTORY_START_0,
      ...split(addressOf(first.input)),
      ...split(addressOf(first.frames)),
      ...split(addressOf(second.input)),
      ...split(addressOf(second.frames)),
    );
    put(at.DIRECTORY_MASK, ...split(builder.inputMask));
    put(
      at.DIRECTORY_SHIFT,
      (regime.levels[0] as Level).shift,
      builder.top,
      this.#levels.place,
      builder.nothing,
    );
  }

  /** The output frame of one input frame; undefined where nothing is mapped. */
  frameOf(frame: Frame): Frame | undefined {
    const { u32 } = this.heap;
    if (!this.#parts.some(({ input, frames }) => frame >= input && frame < input + frames)) return undefined;
    const { top, granule, granules } = this.#builder;
    const page = this.#pageFrames;
    const number = Math.floor(frame / granule) % granules;
    const middle = u32[(top >> 2) + Math.floor(number / TABLE ** 2)] as number;
    const records = u32[(middle >> 2) + (Math.floor(number / TABLE) % TABLE)] as number;
    const record = (records + (number % TABLE) * at.RECORD_BYTES) >> 2;
    const info = u32[record + (at.RECORD_INFO >> 2)] as number;
    const index = Math.floor(frame / page) & info & (ENTRIES - 1);
    const entry = ((u32[record] as number) >> 2) + 2 * index;
    const lo = u32[entry] as number;
    const hi = u32[entry + 1] as number;
    if (lo === 0 && hi === 0) return undefined;
    const level = info >>> 16;
    const { leaf, shift } = this.regime.levels[level] as Level;
    if (this.classifier.classOf(lo, hi, level, false, leaf).kind !== 'leaf') return undefined;
    return framesOf(leaf.address(lo, hi)) + (frame % framesOfShift(shift));
  }

  /** Translate input addresses, in bytes. */
  translate(addresses: BigUint64Array): Lookups {
    const outputs = new BigUint64Array(addresses.length);
    const leaves = new BigUint64Array(addresses.length);
    this.#chunk ||= this.heap.take(3 * 8 * CHUNK);
    const [from, out, leaf] = [this.#chunk, this.#chunk + 8 * CHUNK, this.#chunk + 16 * CHUNK];
    const view = (place: number, length: number) =>
      new BigUint64Array(this.heap.kernels.buffer, place, length);
    for (let done = 0; done < addresses.length; done += CHUNK) {
      const part = addresses.subarray(done, done + CHUNK);
      view(from, part.length).set(part);
      this.translateInPlace(from, part.length, out, leaf);
      outputs.set(view(out, part.length), done);
      leaves.set(view(leaf, part.length), done);
    }
    return { outputs, leaves };
  }

  /** As `translate`, from and to places in the kernels' memory. */
  translateInPlace(addresses: number, count: number, outputs: number, leaves: number): void {
    const { u32 } = this.heap;
    const field = (offset: number): number => u32[(this.place + offset) >> 2] as number;
    u32[(this.place + at.DIRECTORY_NEXT) >> 2] = 0;
    while (this.heap.kernels.lookups(this.place, addresses, count, outputs, leaves) === at.SCAN_ASKS)
      this.#levels.tell(
        [field(at.DIRECTORY_UNKNOWN), field(at.DIRECTORY_UNKNOWN + 4)],
        field(at.DIRECTORY_UNKNOWN_LEVEL),
      );
  }
}

/** The parts of the roots; undefined where there are more than two, or where two would use the same index bits. */
function partsOf(regime: Regime): readonly RootPart[] | undefined {
  const { roots } = regime;
  const parts = roots.flatMap(root => rootParts(regime, root));
  return roots.length === 1 || (roots.length === 2 && parts.length === 2) ? parts : undefined;
}

/** Walks the upper levels and fills the three tables. */
class Builder extends Traversal {
  readonly #heap: Heap;
  readonly #image: ResidentImage | undefined;
  /** Input frames of a granule. */
  readonly granule: number;
  /** How many granules the index bits tell apart; a power of two. */
  readonly granules: number;
  readonly inputMask: bigint;
  readonly top: number;
  readonly nothing: number;
  /** A middle table and records that map nothing, shared by all holes. */
  readonly #hole: number;
  readonly #records: number;
  #missing = 0;

  constructor(regime: Regime, memory: AddressSpace, heap: Heap, parts: readonly RootPart[]) {
    super(regime, memory, { maxTables: 4 * limitsOf(memory).maxTables });
    this.#heap = heap;
    this.#image = memory instanceof ResidentImage ? memory : undefined;
    this.granule = ENTRIES * (this.spans[0] as number);
    // one root: as many bits as it translates; two: those of the whole address space below the common top
    const size = addressOf(Math.max(...parts.map(({ frames }) => frames)));
    const bits =
      BigInt(size.toString(2).length - (size & (size - 1n) ? 0 : 1)) + (parts.length > 1 ? 1n : 0n);
    this.inputMask = (1n << bits) - 1n;
    this.granules = Math.max(1, Number(1n << bits) / bytesOf(this.granule));
    const tops = Math.ceil(this.granules / TABLE ** 2);
    const zero = heap.take(8);
    heap.u32.fill(0, zero >> 2, (zero >> 2) + 2);
    this.#records = this.#filled(at.RECORD_BYTES, [zero, 0]);
    this.#hole = this.#filled(4, [this.#records]);
    this.nothing = this.#records;
    this.top = heap.take(tops * 4);
    heap.u32.fill(this.#hole, this.top >> 2, (this.top >> 2) + tops);
  }

  build(): number {
    for (const root of this.regime.roots) this.root(root);
    return this.#missing;
  }

  protected override part(place: Bytes, count: number, level: number, input: Frame, inherited: number): void {
    const words = this.memory.page(frameOf(place));
    if (!words) this.#missing++;
    // a copy, because taking room may move the memory that the page lies in
    else if (level > 0)
      this.entries(this.#image ? words.slice() : words, place, count, level, input, inherited);
    else this.#leafTable(words, place, count, input);
  }

  protected override entry(
    lo: number,
    hi: number,
    frame: Frame,
    place: Bytes,
    level: number,
    inherited: number,
  ): void {
    const { pointsToTable, table, leaf } = this.regime.levels[level] as Level;
    const asTable = pointsToTable(lo, hi);
    const { kind } = this.classifier.classOf(lo, hi, level, asTable, asTable ? table : leaf);
    if (kind === 'table') super.entry(lo, hi, frame, place, level, inherited);
    else if (kind === 'leaf' && !asTable) {
      const leaf = this.#heap.take(8);
      this.#heap.u32.set([lo, hi], leaf >> 2);
      this.#block(frame, this.spans[level] as number, leaf, level);
    }
  }

  /** Leaf entries of one granule: where they lie, or a copy, so that entry number 0 stands first. */
  #leafTable(words: Uint32Array, place: Bytes, count: number, input: Frame): void {
    const first = (input / (this.spans[0] as number)) % ENTRIES;
    const offset = inPage(place);
    const page = count === ENTRIES && first === 0 ? this.#image?.placeOf(frameOf(place)) : 0;
    let entries = page ?? 0;
    if (!entries) {
      entries = this.#heap.take(PAGE_BYTES);
      this.#heap.u32.fill(0, entries >> 2, (entries + PAGE_BYTES) >> 2);
      this.#heap.u32.set(words.subarray(offset >> 2, (offset >> 2) + 2 * count), (entries >> 2) + 2 * first);
    }
    this.#note(input, entries, ENTRIES - 1, 0);
  }

  /** A block entry: one record for all its granules; a large block fills whole tables, which it shares. */
  #block(frame: Frame, frames: Frame, word: number, level: number): void {
    const granule = this.#granuleOf(frame);
    const count = frames / this.granule;
    if (count < TABLE) {
      for (let i = 0; i < count; i++) this.#note(frame + i * this.granule, word, 0, level);
      return;
    }
    const info = level << 16;
    const records = this.#filled(at.RECORD_BYTES, [word, info]);
    if (count < TABLE ** 2) {
      const middle = this.#own(this.#topOf(granule), this.#hole, TABLE * 4);
      const first = (middle >> 2) + (Math.floor(granule / TABLE) % TABLE);
      this.#heap.u32.fill(records, first, first + count / TABLE);
      return;
    }
    const middle = this.#filled(4, [records]);
    const first = this.#topOf(granule);
    this.#heap.u32.fill(middle, first, first + count / TABLE ** 2);
  }

  /** A table with the same in all of its places. */
  #filled(bytes: number, values: readonly number[]): number {
    const table = this.#heap.take(TABLE * bytes);
    for (let i = 0; i < TABLE; i++) this.#heap.u32.set(values, (table + i * bytes) >> 2);
    return table;
  }

  #granuleOf(frame: Frame): number {
    return Math.floor(frame / this.granule) % this.granules;
  }
  /** Where the top table's pointer for a granule stands, in 32-bit words. */
  #topOf(granule: number): number {
    return (this.top >> 2) + Math.floor(granule / TABLE ** 2);
  }

  /** Write the record of the granule that holds an input frame, making tables where there are none yet. */
  #note(frame: Frame, entries: number, mask: number, level: number): void {
    const granule = this.#granuleOf(frame);
    const middle = this.#own(this.#topOf(granule), this.#hole, TABLE * 4);
    const records = this.#own(
      (middle >> 2) + (Math.floor(granule / TABLE) % TABLE),
      this.#records,
      TABLE * at.RECORD_BYTES,
    );
    this.#heap.u32.set([entries, mask | (level << 16)], (records + (granule % TABLE) * at.RECORD_BYTES) >> 2);
  }

  /** The table that a pointer points to; where that is the shared hole, a copy of it. */
  #own(pointer: number, hole: number, bytes: number): number {
    const found = this.#heap.u32[pointer] as number;
    if (found !== hole) return found;
    const own = this.#heap.take(bytes);
    this.#heap.u8.copyWithin(own, hole, hole + bytes);
    this.#heap.u32[pointer] = own;
    return own;
  }
}
