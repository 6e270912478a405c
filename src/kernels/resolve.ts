/**
 * Whole arrays of entries at once: one code per entry, or how often each answer occurs. The library's way to the kernels.
 *
 * Costs, on one core of a current processor: 0.3 to 0.5 ns per entry from kernel memory, as much again for arrays that
 * have to be copied there (`docs/performance.md`). The first call unpacks and compiles
 * the kernels.
 */
import type { Table } from '../memtype/compile.ts';
import type { Kernels } from './api.ts';
import { Heap } from './heap.ts';
import { kernels } from './kernels.ts';
import { install, type Plan, plan, takeScratch } from './plan.ts';

/** Entries: 64-bit words, or pairs of 32-bit halves `(lo, hi)`. */
export type Words = BigUint64Array | Uint32Array;

export interface Resolved<A> {
  /** One per entry. */
  readonly codes: Uint8Array;
  /** Code to answer. Different codes may have equal answers; codes that cannot occur have none. */
  readonly palette: readonly (A | undefined)[];
}

/** Words of one kernel call: 256 KB, which stays in the second-level cache between copy and kernel. */
const CHUNK = 32768;
/** Words of one call where nothing is copied: V8 does not replace the code of a call that runs, so none should be long. */
const CALL = 8 * CHUNK;

/** Room for one chunk, its codes and its counts; one for all tables of a heap. */
class Room {
  readonly words: number;
  readonly codes: number;
  readonly counts: number;
  readonly scratch: number;

  constructor(heap: Heap) {
    this.words = heap.take(CHUNK * 8);
    this.codes = heap.take(CHUNK);
    this.counts = heap.take(256 * 8);
    this.scratch = takeScratch(heap);
  }
}
const rooms = new WeakMap<Heap, Room>();
const roomOf = (heap: Heap): Room => {
  const room = rooms.get(heap) ?? new Room(heap);
  rooms.set(heap, room);
  return room;
};

/** A table made ready for the kernels. Make one per configuration and keep it. */
export class Resolver<A> {
  readonly plan: Plan<A>;
  readonly heap: Heap;
  readonly #plan: number;
  readonly #room: Room;

  /** `heap`: whose memory to use; the kernels that this thread shares, unless told otherwise. */
  constructor(table: Table<A>, heap: Heap = sharedHeap()) {
    this.plan = plan(table);
    this.heap = heap;
    this.#plan = install(this.plan, heap);
    this.#room = roomOf(heap);
  }

  /** One code per entry. */
  resolve(words: Words): Resolved<A> {
    const codes = new Uint8Array(countOf(words));
    this.#chunks(words, (place, count, done) => {
      this.heap.kernels.resolve(place, count, this.#room.codes, this.#plan);
      codes.set(this.heap.u8.subarray(this.#room.codes, this.#room.codes + count), done);
    });
    return { codes, palette: this.plan.palette };
  }

  /**
   * As `resolve`, from a source that writes straight into the kernels' memory. `fill` puts bytes into its target and
   * answers how many, 0 at the end; `take` gets the codes of each piece, a view that holds until it returns. Bytes behind
   * the last whole word are left out.
   */
  resolveFrom(fill: (target: Uint8Array) => number, take: (codes: Uint8Array) => void): void {
    const { words, codes } = this.#room;
    let rest = new Uint8Array(0); // a source may stop in the middle of a word
    for (;;) {
      this.heap.u8.set(rest, words);
      const got = fill(this.heap.u8.subarray(words + rest.length, words + CHUNK * 8));
      if (got === 0) return;
      const end = words + rest.length + got;
      const count = (end - words) >> 3;
      this.heap.kernels.resolve(words, count, codes, this.#plan);
      rest = this.heap.u8.slice(words + count * 8, end);
      take(this.heap.u8.subarray(codes, codes + count));
    }
  }

  /** As `resolve`, from and to places in the kernels' memory (bytes; see `heap.take`): nothing is copied. */
  resolveInPlace(words: number, count: number, codes: number): void {
    for (let done = 0; done < count; done += CALL)
      this.heap.kernels.resolve(words + 8 * done, Math.min(CALL, count - done), codes + done, this.#plan);
  }

  /** How many entries have each answer: answers that occur, most frequent first. */
  histogram(words: Words): readonly (readonly [A, number])[] {
    const counts = this.#count(() =>
      this.#chunks(words, (place, count) =>
        this.heap.kernels.histogram(place, count, this.#room.counts, this.#plan, this.#room.scratch),
      ),
    );
    return this.#answers(counts);
  }

  /** As `histogram`, from a place in the kernels' memory. */
  histogramInPlace(words: number, count: number): readonly (readonly [A, number])[] {
    return this.#answers(this.countsInPlace(words, count));
  }

  /** How many words in the kernels' memory have each code: a view of 256 counts, to be read before the next call. */
  countsInPlace(words: number, count: number): Float64Array {
    return this.#count(() => {
      for (let done = 0; done < count; done += CALL)
        this.heap.kernels.histogram(
          words + 8 * done,
          Math.min(CALL, count - done),
          this.#room.counts,
          this.#plan,
          this.#room.scratch,
        );
    });
  }

  #count(work: () => void): Float64Array {
    const counts = (): Float64Array =>
      this.heap.f64.subarray(this.#room.counts >> 3, (this.#room.counts >> 3) + 256);
    counts().fill(0);
    work();
    return counts();
  }

  #answers(counts: Float64Array): readonly (readonly [A, number])[] {
    const sums = new Map<A, number>();
    counts.forEach((n, code) => {
      const answer = this.plan.palette[code];
      if (n > 0 && answer !== undefined) sums.set(answer, (sums.get(answer) ?? 0) + n);
    });
    return [...sums].sort(([, a], [, b]) => b - a);
  }

  #chunks(words: Words, kernel: (place: number, count: number, done: number) => void): void {
    const u32 = new Uint32Array(words.buffer, words.byteOffset, words.byteLength / 4);
    const total = countOf(words);
    const resident = words.buffer === this.heap.kernels.buffer && words.byteOffset % 8 === 0;
    for (let done = 0; done < total; done += CHUNK) {
      const count = Math.min(CHUNK, total - done);
      if (!resident) this.heap.u32.set(u32.subarray(2 * done, 2 * (done + count)), this.#room.words >> 2);
      kernel(resident ? words.byteOffset + 8 * done : this.#room.words, count, done);
    }
  }
}

const countOf = (words: Words): number => Math.floor(words.byteLength / 8);

const heaps = new WeakMap<Kernels, Heap>();
/** The memory of the kernels that everything in this thread shares. */
export function sharedHeap(): Heap {
  const shared = kernels();
  const heap = heaps.get(shared) ?? new Heap(shared);
  heaps.set(shared, heap);
  return heap;
}

const resolvers = new WeakMap<Table<unknown>, Resolver<unknown>>();
function resolverOf<A>(table: Table<A>): Resolver<A> {
  const known = resolvers.get(table) as Resolver<A> | undefined;
  const resolver = known ?? new Resolver(table);
  resolvers.set(table, resolver);
  return resolver;
}

/**
 * One code per entry, and what the codes mean.
 *
 * @param words entries, all of the kind that the table was compiled for
 * @param table a rule compiled under a configuration: `compile(rule, config)`
 */
export const resolve = <A>(words: Words, table: Table<A>): Resolved<A> => resolverOf(table).resolve(words);

/**
 * As `resolve`, for files and streams: nothing is copied, and memory does not grow with the source.
 *
 * @param fill writes bytes into its target and answers how many, 0 at the end: `target => readSync(fd, target)`
 * @param take gets the codes of each piece in turn; a view, to be read before it returns
 * @returns code to answer
 */
export function resolveFrom<A>(
  fill: (target: Uint8Array) => number,
  table: Table<A>,
  take: (codes: Uint8Array) => void,
): readonly (A | undefined)[] {
  const resolver = resolverOf(table);
  resolver.resolveFrom(fill, take);
  return resolver.plan.palette;
}

/** How many entries have each answer, most frequent first. */
export const histogram = <A>(words: Words, table: Table<A>): readonly (readonly [A, number])[] =>
  resolverOf(table).histogram(words);
