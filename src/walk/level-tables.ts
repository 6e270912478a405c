/** The levels of a regime in the kernels' memory: entry forms as masks, and what attribute patterns mean, as it is asked for. */
import { PAGE_LG2 } from '../image/frames.ts';
import type { Heap } from '../kernels/heap.ts';
import * as at from '../kernels/layout.ts';
import { patternBucket } from '../kernels/twin.ts';
import type { Classifier } from './classifier.ts';
import { type EntryForm, KIND, type Level, type Regime } from './regime.ts';

export type Halves = readonly [lo: number, hi: number];

/** An entry form, as the kernel wants it. */
export interface FormMasks {
  readonly attributes: Halves;
  readonly step: Halves;
  readonly field: Halves;
  readonly inPlace: Halves;
  readonly moved: Halves;
  readonly movedBy: number;
}

const bitOf = (position: number): Halves =>
  position < 32 ? [(1 << position) >>> 0, 0] : [0, (1 << (position - 32)) >>> 0];
const has = ([lo, hi]: Halves, position: number): boolean =>
  (((position < 32 ? lo : hi) >>> (position & 31)) & 1) === 1;
const masked = (positions: readonly number[]): Halves =>
  positions.reduce<Halves>(
    ([lo, hi], position) => {
      const [low, high] = bitOf(position);
      return [(lo | low) >>> 0, (hi | high) >>> 0];
    },
    [0, 0],
  );

/**
 * What an entry form does to each single bit. An address is bits in place and at most one group that stands elsewhere;
 * undefined for a form that is not like that: the exact walker reads it.
 */
export function formMasks(form: EntryForm, shift: number): FormMasks | undefined {
  const positions = Array.from({ length: 64 }, (_, position) => position);
  const weights = positions.map(position => form.address(...bitOf(position)));
  const inPlace = positions.filter(position => weights[position] === 2 ** position);
  const moved = positions.filter(position => weights[position] !== 0 && weights[position] !== 2 ** position);
  const distances = new Set(moved.map(position => Math.log2(weights[position] as number) - position));
  const movedBy = [...distances][0] ?? 0;
  if (distances.size > 1 || !Number.isInteger(movedBy) || movedBy < 0 || movedBy > 63) return undefined;
  // a page number stands anywhere: the bit that is worth one page need not be the bit of that number
  const first = positions.find(position => weights[position] === 2 ** shift) ?? shift;
  // as far as the low half reaches: the kernel compares neighbours in halves
  let top = first;
  while (top < 32 && weights[top] === 2 ** (shift + top - first) && !has(form.attributes, top)) top++;
  return {
    attributes: form.attributes,
    step: bitOf(first),
    field: masked(positions.slice(first, top)),
    inPlace: masked(inPlace),
    moved: masked(moved),
    movedBy,
  };
}

export class LevelTables {
  /** Address of the first of `SCAN_MAX_LEVELS` levels. */
  readonly place: number;
  readonly #heap: Heap;
  readonly #patterns: number;
  #classify: (lo: number, hi: number, level: number) => number = () => KIND.empty;
  #levels: readonly Level[] = [];
  /** Was a leaf of a group met since `begin`? Its address is not what the masks say. */
  metGroup = false;

  constructor(heap: Heap) {
    this.#heap = heap;
    this.place = heap.take(at.SCAN_MAX_LEVELS * at.LEVEL_BYTES);
    this.#patterns = heap.take(at.SCAN_MAX_LEVELS * at.PATTERNS_BYTES);
  }

  /**
   * Start with a regime.
   *
   * @param meaning what patterns mean: their kind, or any number that the caller's kernel understands
   * @param ignore bits that may differ between entries of one range
   */
  begin(
    regime: Regime,
    forms: readonly FormMasks[],
    meaning: Classifier | ((lo: number, hi: number, level: number) => number),
    ignore: Halves = [0, 0],
  ): void {
    const heap = this.#heap;
    this.#levels = regime.levels;
    this.metGroup = false;
    heap.u8.fill(0, this.#patterns, this.#patterns + at.SCAN_MAX_LEVELS * at.PATTERNS_BYTES);
    forms.forEach((form, index) => {
      const base = (this.place + index * at.LEVEL_BYTES) >> 2;
      const put = (offset: number, [lo, hi]: Halves): void => {
        heap.u32.set([lo, hi], base + (offset >> 2));
      };
      put(at.LEVEL_ATTRIBUTES, form.attributes);
      put(at.LEVEL_KEEP, [~ignore[0] >>> 0, ~ignore[1] >>> 0]);
      put(at.LEVEL_STEP, form.step);
      put(at.LEVEL_FIELD, form.field);
      put(at.LEVEL_IN_PLACE, form.inPlace);
      put(at.LEVEL_MOVED, form.moved);
      put(at.LEVEL_MOVED_BY, [form.movedBy, 0]);
      put(at.LEVEL_PAYLOAD, regime.payload);
      const { shift } = regime.levels[index] as Level;
      put(at.LEVEL_SPAN_LG2, [shift - PAGE_LG2, this.#patterns + index * at.PATTERNS_BYTES]);
    });
    this.#classify =
      typeof meaning === 'function'
        ? meaning
        : (lo, hi, level) =>
            KIND[meaning.classOf(lo, hi, level, false, (regime.levels[level] as Level).leaf).kind];
  }

  /** Look up a pattern that a kernel asks for, and write its meaning where the kernel will find it. */
  tell([lo, hi]: Halves, level: number): void {
    if (this.#levels[level]?.group?.has(lo, hi)) this.metGroup = true;
    const bucket =
      this.#patterns + level * at.PATTERNS_BYTES + patternBucket(lo, hi) * at.PATTERN_WAYS * at.PATTERN_BYTES;
    const { u32 } = this.#heap;
    const slots = Array.from({ length: at.PATTERN_WAYS }, (_, way) => (bucket + way * at.PATTERN_BYTES) >> 2);
    const meaningAt = at.PATTERN_MEANING >> 2;
    // a bucket that is full forgets its oldest pattern
    let slot = slots.find(slot => u32[slot + meaningAt] === 0);
    if (slot === undefined) {
      const [first, second] = slots as [number, number];
      u32.copyWithin(first, second, first + (at.PATTERN_WAYS * at.PATTERN_BYTES) / 4);
      slot = slots.at(-1) as number;
    }
    u32.set([lo, hi, 1 + this.#classify(lo, hi, level)], slot);
  }
}
