/**
 * MTRRs for a map of types that somebody wants: as few variable ranges as there can be.
 *
 * A variable range is a block of 2^n bytes at a multiple of its size (masks with holes are not used), so any two are nested or
 * apart. That makes the least number a question for each block of addresses: what covers it from outside, and is a range of its
 * own worth having? Overlaps are used where the manual defines them: UC over anything, WT over WB [SDM, "MTRR Precedences"].
 */
import { EncodeError, encode } from '../../bits/codec.ts';
import { hex, type Word } from '../../bits/word.ts';
import {
  FIXED_MTRRS,
  fixedLayout,
  mtrrDefTypeLayout,
  physBaseLayout,
  physMaskLayout,
} from '../registers/mtrr.ts';
import { type MemoryType, typeCode } from '../values/attributes.ts';
import { overlapping } from './mtrr.ts';

/** Bytes [start, end) that shall have a type. */
export interface WantedType {
  readonly start: bigint;
  readonly end: bigint;
  readonly type: MemoryType;
}

export interface MtrrWish {
  /** In any order; what no range names has the default type. */
  readonly ranges: readonly WantedType[];
  readonly defaultType: MemoryType;
  readonly maxphyaddr: number;
  /** IA32_MTRRCAP.VCNT: how many variable ranges there are. */
  readonly count: number;
}

/** One register of the set. */
export interface MtrrValue {
  /** As the SDM calls it: `IA32_MTRR_PHYSBASE0`. */
  readonly name: string;
  readonly value: Word;
  /** What it says, in one line. */
  readonly says: string;
}

export interface MtrrSet {
  readonly registers: readonly MtrrValue[];
  /** Variable ranges that are used. */
  readonly used: number;
  /** Are the fixed ranges on? */
  readonly fixed: boolean;
}

const PAGE_BITS = 12;
const PAGE = 1n << BigInt(PAGE_BITS);
const MIB = 2n ** 20n;
/** Edges that are planned for: far more than registers can have. */
const MOST_RANGES = 1024;
const TYPES: readonly MemoryType[] = ['WB', 'UC', 'WC', 'WT', 'WP'];
const FORMAT = 'x86.IA32_MTRR_PHYSBASE';

/** What covers a block from outside; undefined: nothing, so that the default type holds. */
type Cover = MemoryType | undefined;

/** The type of both together; undefined where the manual leaves it undefined. */
const together = (outer: Cover, inner: MemoryType): MemoryType | undefined =>
  overlapping(outer === undefined ? [inner] : [outer, inner]);

/** A variable range. */
interface Block {
  readonly base: bigint;
  readonly bits: number;
  readonly type: MemoryType;
}
/** Ranges that make a block right, as a tree: joined when they are wanted. */
interface Plan {
  readonly cost: number;
  readonly own?: Block;
  readonly halves?: readonly [Plan, Plan];
}
const FREE: Plan = { cost: 0 };
const NONE: Plan = { cost: Number.POSITIVE_INFINITY };

/** A wanted range; addresses of `any` may have whatever type they get. */
interface Region {
  readonly start: bigint;
  readonly end: bigint;
  readonly type: MemoryType | 'any';
}

/** The cheapest way for all blocks, each worked out once for each cover. */
class Planner {
  readonly #wanted: readonly Region[];
  readonly #default: MemoryType;
  readonly #known = new Map<string, Plan>();

  /** @param wanted sorted and disjoint */
  constructor(wanted: readonly Region[], defaultType: MemoryType) {
    this.#wanted = wanted;
    this.#default = defaultType;
  }

  plan(base: bigint, bits: number, cover: Cover): Plan {
    const key = `${base} ${bits} ${cover}`;
    const plan = this.#known.get(key) ?? this.#best(base, bits, cover);
    this.#known.set(key, plan);
    return plan;
  }

  #best(base: bigint, bits: number, cover: Cover): Plan {
    const wanted = this.#uniform(base, bits);
    if (wanted === 'any' || (wanted !== undefined && wanted === (cover ?? this.#default))) return FREE;
    const split = wanted === undefined ? this.#halves(base, bits, cover) : NONE;
    return TYPES.reduce((best, type) => {
      const inside = together(cover, type);
      if (inside === undefined || inside === cover || (wanted !== undefined && inside !== wanted))
        return best;
      const rest = wanted === undefined ? this.#halves(base, bits, inside) : FREE;
      return rest.cost + 1 < best.cost
        ? { cost: rest.cost + 1, own: { base, bits, type }, ...(rest.halves ? { halves: rest.halves } : {}) }
        : best;
    }, split);
  }

  #halves(base: bigint, bits: number, cover: Cover): Plan {
    const half = 1n << BigInt(bits - 1);
    const halves = [this.plan(base, bits - 1, cover), this.plan(base + half, bits - 1, cover)] as const;
    return { cost: halves[0].cost + halves[1].cost, halves };
  }

  /** The one type that is wanted in a block, or undefined where there are several. */
  #uniform(base: bigint, bits: number): MemoryType | 'any' | undefined {
    const end = base + (1n << BigInt(bits));
    const at = this.#wanted.find(range => range.end > base);
    if (at === undefined || at.start >= end) return this.#default;
    return at.start <= base && at.end >= end ? at.type : undefined;
  }
}

const blocksOf = ({ own, halves }: Plan): readonly Block[] => [
  ...(own ? [own] : []),
  ...(halves?.flatMap(blocksOf) ?? []),
];

/** @throws EncodeError naming the range that cannot be */
function checked({ ranges, maxphyaddr }: MtrrWish): readonly WantedType[] {
  if (ranges.length > MOST_RANGES)
    throw new EncodeError(
      `${FORMAT}: a map of ${ranges.length} ranges; up to ${MOST_RANGES} are planned for`,
    );
  const sorted = [...ranges].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const refuse = ({ start, end, type }: WantedType, why: string): never => {
    throw new EncodeError(`${FORMAT}: ${hex(start)}-${hex(end)}=${type} ${why}`);
  };
  sorted.forEach((range, i) => {
    const { start, end } = range;
    if (start >= end) refuse(range, 'holds no byte');
    if (start % PAGE !== 0n || end % PAGE !== 0n)
      refuse(range, 'is no whole number of pages of 4 KiB: PhysBase and PhysMask have bits 12 and up');
    if (end > 1n << BigInt(maxphyaddr)) refuse(range, `reaches beyond MAXPHYADDR, ${maxphyaddr} bits`);
    const before = sorted[i - 1];
    if (before && before.end > start)
      refuse(
        range,
        `overlaps ${hex(before.start)}-${hex(before.end)}=${before.type}: each byte has one type`,
      );
  });
  return sorted;
}

const typeAt = (ranges: readonly WantedType[], at: bigint, otherwise: MemoryType): MemoryType =>
  ranges.find(({ start, end }) => start <= at && at < end)?.type ?? otherwise;

/** @throws EncodeError where a part of a fixed range is wanted otherwise than its rest */
function fixedValues(ranges: readonly WantedType[], defaultType: MemoryType): MtrrValue[] {
  return FIXED_MTRRS.map(({ msr, name, base, size }) => {
    const types = Array.from({ length: 8 }, (_, i): MemoryType => {
      const start = BigInt(base + i * size);
      const type = typeAt(ranges, start, defaultType);
      for (let at = start + PAGE; at < start + BigInt(size); at += PAGE)
        if (typeAt(ranges, at, defaultType) !== type)
          throw new EncodeError(
            `x86.IA32_MTRR_FIX: field 'type${i}' of IA32_MTRR_FIX${name} is one type for ${hex(start)} to ${hex(start + BigInt(size) - 1n)}, not ${type} and ${typeAt(ranges, at, defaultType)}`,
          );
      return type;
    });
    const fields = Object.fromEntries(types.map((type, i) => [`type${i}`, typeCode(type)]));
    const value = encode(fixedLayout({ msr, modEn: 0 }), fields);
    return { name: `IA32_MTRR_FIX${name}`, value, says: types.join(' ') };
  });
}

function variableValues(blocks: readonly Block[], { maxphyaddr, count }: MtrrWish): MtrrValue[] {
  const physical = 1n << BigInt(maxphyaddr);
  return Array.from({ length: count }, (_, n): readonly MtrrValue[] => {
    const block = blocks[n];
    const names = [`IA32_MTRR_PHYSBASE${n}`, `IA32_MTRR_PHYSMASK${n}`] as const;
    if (block === undefined) return names.map(name => ({ name, value: 0n, says: 'unused' }));
    const { base, bits, type } = block;
    const size = 1n << BigInt(bits);
    const says = `${hex(base)} to ${hex(base + size - 1n)} ${type}`;
    return [
      { name: names[0], value: encode(physBaseLayout({ maxphyaddr }), { base, type: typeCode(type) }), says },
      {
        name: names[1],
        value: encode(physMaskLayout({ maxphyaddr }), { mask: physical - size, v: 1 }),
        says,
      },
    ];
  }).flat();
}

/**
 * The registers that give every address the type that is wanted. Fixed ranges are used where the map has an edge below 1 MiB, or
 * where the variable ranges do not suffice without them.
 *
 * @throws EncodeError naming the range, or how many variable ranges it takes
 */
export function encodeMtrrs(wish: MtrrWish): MtrrSet {
  const { defaultType, maxphyaddr, count } = wish;
  const ranges = checked(wish);
  const edge = ranges.some(({ start, end }) => [start, end].some(at => at > 0n && at < MIB));
  const plans = (edge ? [true] : [false, true]).map(fixed => {
    const own = { start: 0n, end: MIB, type: 'any' } as const;
    const above = ranges
      .map(range => ({ ...range, start: range.start < MIB ? MIB : range.start }))
      .filter(({ start, end }) => start < end);
    const planner = new Planner(fixed ? [own, ...above] : ranges, defaultType);
    return { fixed, plan: planner.plan(0n, maxphyaddr, undefined) };
  });
  const fitting = plans.find(({ plan }) => plan.cost <= count);
  if (fitting === undefined) {
    const least = Math.min(...plans.map(({ plan }) => plan.cost));
    throw new EncodeError(
      `${FORMAT}: this map takes ${least} variable ranges, and there are ${count} (IA32_MTRRCAP.VCNT): coarser edges or another default type take fewer`,
    );
  }
  const { fixed, plan } = fitting;
  const blocks = blocksOf(plan);
  const defType = encode(mtrrDefTypeLayout, { e: 1, fe: fixed ? 1 : 0, type: typeCode(defaultType) });
  return {
    used: blocks.length,
    fixed,
    registers: [
      {
        name: 'IA32_MTRR_DEF_TYPE',
        value: defType,
        says: `MTRRs on, fixed ranges ${fixed ? 'on' : 'off'}, everything else ${defaultType}`,
      },
      ...(fixed ? fixedValues(ranges, defaultType) : []),
      ...variableValues(blocks, wish),
    ],
  };
}
