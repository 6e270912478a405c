/**
 * From a table to what the kernels run: the table itself, and its vector form where there is one.
 *
 * The vector form reads a word nibble by nibble. Values of a nibble that no other bit can tell apart are one class; the
 * code of a word is the classes of its nibbles side by side, and a nibble that settles the answer alone (an invalid
 * entry) makes the code 0. Put as "AND of one byte per nibble" this is one 16-byte table look-up each, for sixteen words
 * at a time. Found by trying every key, and checked by trying every key.
 */
import type { Gather } from '../bits/gather.ts';
import type { Table } from '../memtype/compile.ts';
import type { Heap } from './heap.ts';
import * as at from './layout.ts';

/** A table, recoded for the kernels. */
export interface Plan<A> {
  readonly gather: Pick<Gather, 'width' | 'steps'>;
  /** Key to code. */
  readonly codes: Uint8Array;
  /** Code to answer; undefined for codes that no word has. Several codes may have the same answer. */
  readonly palette: readonly (A | undefined)[];
  /** The vector form; without one the kernels look every word up. */
  readonly vector?: VectorForm;
}

export interface VectorForm {
  /** The nibbles read: one of `READS_*`. Those that no key bit needs have tables that change nothing. */
  readonly reads: number;
  /** Eight times sixteen bytes, in the order of `PLAN_NIBBLES`. */
  readonly nibbles: Uint8Array;
}

/** Nibbles (bit position / 4) that the kernel can read, in the order of their tables. */
const NIBBLES = [0, 1, 2, 3, 12, 13, 14, 15];
/** Keys wider than this are not searched for a vector form: none of ours is. */
const SEARCHED_WIDTH = 16;
const CODE_BITS = 8;
const READS = [at.READS_LOW_BYTE, at.READS_LOW_BITS, at.READS_LOW_BITS_AND_XN, at.READS_ALL];

export function plan<A>({ gather, lut, palette }: Table<A>): Plan<A> {
  const vector = gather.width <= SEARCHED_WIDTH ? vectorForm(gather, lut) : undefined;
  if (!vector) return { gather, codes: lut, palette };
  const { codes, ...form } = vector;
  const recoded: (A | undefined)[] = new Array(Math.max(...codes) + 1).fill(undefined);
  codes.forEach((code, key) => {
    recoded[code] = palette[lut[key] as number];
  });
  return { gather, codes, palette: recoded, vector: form };
}

/** Write a plan into the kernels' memory; answers its address. */
export function install<A>({ gather, codes, vector }: Plan<A>, heap: Heap): number {
  const base = heap.take(at.PLAN_BYTES);
  const table = heap.take(codes.length);
  const { u8, u32 } = heap;
  u8.fill(0, base, base + at.PLAN_BYTES);
  u8.set(codes, table);
  u32[(base + at.PLAN_TABLE) >> 2] = table;
  u32[(base + at.PLAN_NIBBLES_READ) >> 2] = vector?.reads ?? 0;
  u32[(base + at.PLAN_STEP_COUNT) >> 2] = gather.steps.length;
  gather.steps.forEach(({ half, right, mask, left }, i) => {
    const place = (base + at.PLAN_MASK + 4 * half) >> 2;
    u32[place] = (u32[place] as number) | (mask << right);
    u32.set([right + 32 * half, mask, left], (base + at.PLAN_STEPS + i * at.STEP_BYTES) >> 2);
  });
  if (vector) u8.set(vector.nibbles, base + at.PLAN_NIBBLES);
  return base;
}

/** Scratch for counting codes, ready for use; answers its address. */
export function takeScratch(heap: Heap): number {
  const scratch = heap.take(at.COUNT_BYTES);
  const { u8 } = heap;
  u8.fill(0, scratch, scratch + at.COUNT_BYTES);
  for (let i = 0; i < at.COUNT_FREQUENT_CODES; i++) u8[scratch + at.COUNT_FREQUENT + i] = i;
  return scratch;
}

/** The key bits that stand in one nibble of a word. */
interface Group {
  readonly nibble: number;
  /** Pairs of a bit of the nibble (0..3) and a bit of the key. */
  readonly bits: readonly (readonly [inNibble: number, inKey: number])[];
}

function groupsOf(steps: Table<unknown>['gather']['steps']): readonly Group[] {
  const groups = new Map<number, [number, number][]>();
  for (const { half, right, mask, left } of steps)
    for (let bit = 0; bit < 32 && mask >>> bit; bit++) {
      const position = 32 * half + right + bit;
      const bits = groups.get(position >> 2) ?? [];
      bits.push([position & 3, left + bit]);
      groups.set(position >> 2, bits);
    }
  return [...groups].map(([nibble, bits]) => ({ nibble, bits }));
}

/** The key bits that a value of the nibble sets. */
const keyOf = ({ bits }: Group, value: number): number =>
  bits.reduce((key, [inNibble, inKey]) => key | (((value >> inNibble) & 1) << inKey), 0);

/** Values of one nibble, by what the rest of the key can still make of them. */
interface Classes {
  readonly group: Group;
  /** For each of sixteen values: its class. */
  readonly classOf: readonly number[];
  /** For each class: the one answer that it always gives, or undefined. */
  readonly settled: readonly (number | undefined)[];
}

function classify(group: Group, lut: Uint8Array): Classes {
  const own = keyOf(group, 15);
  const rest = Array.from({ length: lut.length }, (_, key) => key).filter(key => (key & own) === 0);
  const numbers = new Map<string, number>();
  const settled: (number | undefined)[] = [];
  const classOf = Array.from({ length: 16 }, (_, value) => {
    const part = keyOf(group, value);
    const answers = rest.map(key => lut[key | part] as number);
    const signature = answers.join();
    let number = numbers.get(signature);
    if (number === undefined) {
      number = settled.push(answers.every(answer => answer === answers[0]) ? answers[0] : undefined) - 1;
      numbers.set(signature, number);
    }
    return number;
  });
  return { group, classOf, settled };
}

/** Bits that number `count` things. */
const bitsFor = (count: number): number => Math.ceil(Math.log2(count));

function vectorForm(
  { steps }: Table<unknown>['gather'],
  lut: Uint8Array,
): (VectorForm & { readonly codes: Uint8Array }) | undefined {
  const groups = groupsOf(steps);
  if (groups.length === 0 || groups.some(({ nibble }) => !NIBBLES.includes(nibble))) return undefined;
  const all = groups.map(group => classify(group, lut));
  // the answer that most values of nibbles settle alone becomes code 0
  const votes = new Map<number, number>();
  for (const { classOf, settled } of all)
    for (const number of classOf) {
      const answer = settled[number];
      if (answer !== undefined) votes.set(answer, (votes.get(answer) ?? 0) + 1);
    }
  const zero = [...votes].sort(([, a], [, b]) => b - a)[0]?.[0];
  const sized = all.map(classes => {
    const numbered = classes.settled
      .map((answer, i) => ({ i, answer }))
      .filter(({ answer }) => answer !== zero || zero === undefined);
    return { ...classes, kept: numbered.map(({ i }) => i), width: bitsFor(Math.max(1, numbered.length)) };
  });
  // no other code may be 0: one nibble counts from 1, the one where that is cheapest
  const dear = (item: (typeof sized)[number]): number => bitsFor(item.kept.length + 1) - item.width;
  const counted = zero === undefined ? undefined : [...sized].sort((a, b) => dear(a) - dear(b))[0];
  const fields: { readonly base: number; readonly shift: number; readonly width: number }[] = [];
  let total = 0;
  for (const item of sized) {
    const base = item === counted ? 1 : 0;
    const width = base ? bitsFor(item.kept.length + 1) : item.width;
    fields.push({ base, shift: total, width });
    total += width;
  }
  if (total > CODE_BITS) return undefined;
  const ones = 2 ** total - 1;
  const nibbles = new Uint8Array(NIBBLES.length * 16).fill(0xff);
  const codes = new Uint8Array(lut.length).fill(ones);
  let reads = 0;
  sized.forEach(({ group, classOf, kept }, i) => {
    const { base, shift, width } = fields[i] as (typeof fields)[number];
    const others = ones & ~((2 ** width - 1) << shift);
    const order = NIBBLES.indexOf(group.nibble);
    reads |= 1 << order;
    const bytes = classOf.map(number => {
      const index = kept.indexOf(number);
      return index < 0 ? 0 : others | ((index + base) << shift);
    });
    nibbles.set(bytes, order * 16);
    for (let key = 0; key < codes.length; key++) {
      const value = group.bits.reduce((v, [inNibble, inKey]) => v | (((key >> inKey) & 1) << inNibble), 0);
      codes[key] = (codes[key] as number) & (bytes[value] as number);
    }
  });
  if (!areSound(codes, lut)) return undefined;
  return { reads: READS.find(set => (reads & ~set) === 0) as number, nibbles, codes };
}

/** Every key once more: a code must mean one thing. */
function areSound(codes: Uint8Array, lut: Uint8Array): boolean {
  const meaning = new Map<number, number>();
  return codes.every((code, key) => {
    const answer = lut[key] as number;
    if (!meaning.has(code)) meaning.set(code, answer);
    return meaning.get(code) === answer;
  });
}
