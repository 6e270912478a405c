/**
 * Synthetic memory for benches: flat arrays and whole trees of chosen size and shape, good and bad. Stage 2 of arm64,
 * 4K granule, because that is what a straightforward C version walks in the fewest lines.
 */
import { PAGE_BYTES } from '../image/address-space.ts';

/** How entries follow each other. */
export const SHAPES = ['runs', 'mixed', 'worst'] as const;
export type Shape = (typeof SHAPES)[number];
export const SHAPE_TITLES: Readonly<Record<Shape, string>> = {
  runs: 'long runs',
  mixed: 'runs of 1 to 64 entries, holes, changing attributes',
  worst: 'no two entries merge',
};
/** Where the tables stand: one after the other, or anywhere. */
export const ORDERS = ['in order', 'shuffled'] as const;
export type Order = (typeof ORDERS)[number];

/** A small fast generator with a full period. */
export function random(seed: number): (below: number) => number {
  let state = seed | 0;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Attribute bits of pages, `[lo, hi]`: normal write-back, write-combining, device; writable or not; executable or not. */
const ATTRIBUTES: readonly (readonly [number, number])[] = [
  [0x7ff, 0],
  [0x7bf, 0],
  [0x7ff, 1 << 22],
  [0x4d7, 1 << 22],
  [0x4c7, 1 << 22],
  [0x77f, 0],
];
const PAGE_NUMBERS = 2 ** 28; // output addresses below 1 TiB

/** `tables` leaf tables' worth of entries, as pairs of halves. */
export function leafEntries(shape: Shape, count: number, seed = 1): Uint32Array {
  const next = random(seed);
  const words = new Uint32Array(2 * count);
  let page = next(PAGE_NUMBERS);
  let attributes = ATTRIBUTES[0] as readonly [number, number];
  let left = 0;
  let hole = false;
  for (let i = 0; i < count; i++) {
    if (left-- === 0) {
      hole = shape === 'mixed' && next(8) === 0;
      left = shape === 'worst' ? 0 : shape === 'mixed' ? next(64) : 16383;
      page = next(PAGE_NUMBERS);
      if (shape !== 'runs')
        attributes = ATTRIBUTES[next(4) === 0 ? next(ATTRIBUTES.length) : 0] ?? attributes;
    }
    if (hole) continue;
    words[2 * i] = ((page << 12) | attributes[0]) >>> 0;
    words[2 * i + 1] = attributes[1] | (page >>> 20);
    page = (page + 1) % PAGE_NUMBERS;
  }
  return words;
}

/** A whole tree as a physical image that begins at address 0. */
export interface Tree {
  readonly words: Uint32Array;
  /** Physical address of the root: level 0, 512 entries. */
  readonly root: number;
  /** Leaf entries, holes included. */
  readonly entries: number;
}

const TABLE = 3; // a valid table descriptor
const ENTRIES = 512;

/** A stage 2 tree with `tables` leaf tables, at most 2^18. */
export function leafTree(shape: Shape, order: Order, tables: number, seed = 1): Tree {
  const next = random(seed);
  const middles = Math.ceil(tables / ENTRIES);
  const leaves = leafEntries(shape, tables * ENTRIES, seed);
  const pageWords = PAGE_BYTES / 4;
  const firstMiddle = 3; // page 0 stays empty, page 1 is the root, page 2 the only level 1 table
  const firstLeaf = firstMiddle + middles;
  const words = new Uint32Array((firstLeaf + tables) * pageWords);
  const places = Uint32Array.from({ length: tables }, (_, i) => firstLeaf + i);
  if (order === 'shuffled')
    for (let i = tables - 1; i > 0; i--) {
      const j = next(i + 1);
      [places[i], places[j]] = [places[j] as number, places[i] as number];
    }
  const point = (table: number, index: number, to: number): void => {
    words[table * pageWords + 2 * index] = to * PAGE_BYTES + TABLE;
  };
  point(1, 0, 2);
  for (let i = 0; i < middles; i++) point(2, i, firstMiddle + i);
  for (let i = 0; i < tables; i++) {
    const place = places[i] as number;
    point(firstMiddle + Math.floor(i / ENTRIES), i % ENTRIES, place);
    words.set(leaves.subarray(i * pageWords, (i + 1) * pageWords), place * pageWords);
  }
  return { words, root: PAGE_BYTES, entries: tables * ENTRIES };
}

/** Lines as QEMU's `xp /2gx` prints them. */
export function hexDump(words: Uint32Array): Uint8Array {
  const hex = (value: number): string => value.toString(16).padStart(8, '0');
  const lines: string[] = [];
  for (let i = 0; i + 4 <= words.length; i += 4) {
    const [a, b, c, d] = words.subarray(i, i + 4) as unknown as [number, number, number, number];
    lines.push(`${hex(0)}${hex(i * 4)}: 0x${hex(b)}${hex(a)} 0x${hex(d)}${hex(c)}\n`);
  }
  return new TextEncoder().encode(lines.join(''));
}
