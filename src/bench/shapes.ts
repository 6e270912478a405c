/**
 * Synthetic memory for benches: flat arrays and whole trees of chosen size and shape, good and bad. Stage 2 of arm64,
 * 4K granule, because that is what a straightforward C version walks in the fewest lines.
 */
import type { AddressSpace } from '../image/address-space.ts';
import { bytesOf, PAGE_BYTES, PAGE_WORDS } from '../image/frames.ts';

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
/** Output addresses below 1 TiB, unless said otherwise. */
const PAGE_NUMBERS = 2 ** 28;

/** `tables` leaf tables' worth of entries, as pairs of halves. */
export function leafEntries(shape: Shape, count: number, seed = 1, pageNumbers = PAGE_NUMBERS): Uint32Array {
  const next = random(seed);
  const words = new Uint32Array(2 * count);
  let page = next(pageNumbers);
  let attributes = ATTRIBUTES[0] as readonly [number, number];
  let left = 0;
  let hole = false;
  for (let i = 0; i < count; i++) {
    if (left-- === 0) {
      hole = shape === 'mixed' && next(8) === 0;
      left = shape === 'worst' ? 0 : shape === 'mixed' ? next(64) : 16383;
      page = next(pageNumbers);
      if (shape !== 'runs')
        attributes = ATTRIBUTES[next(4) === 0 ? next(ATTRIBUTES.length) : 0] ?? attributes;
    }
    if (hole) continue;
    words[2 * i] = ((page << 12) | attributes[0]) >>> 0;
    words[2 * i + 1] = attributes[1] | (page >>> 20);
    page = (page + 1) % pageNumbers;
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

/** Pages that a tree with so many leaf tables needs: a root, one table below it, those of the next level, leaf tables. */
const pagesOf = (tables: number): number => 2 + Math.ceil(tables / ENTRIES) + tables;

/** Write a tree over leaf entries into an image, at the page `first`: its root. */
function plant(words: Uint32Array, first: number, leaves: Uint32Array, order: Order, seed: number): void {
  const next = random(seed);
  const tables = leaves.length / PAGE_WORDS;
  const firstMiddle = first + 2;
  const firstLeaf = firstMiddle + Math.ceil(tables / ENTRIES);
  const places = Uint32Array.from({ length: tables }, (_, i) => firstLeaf + i);
  if (order === 'shuffled')
    for (let i = tables - 1; i > 0; i--) {
      const j = next(i + 1);
      [places[i], places[j]] = [places[j] as number, places[i] as number];
    }
  const point = (table: number, index: number, to: number): void => {
    words[table * PAGE_WORDS + 2 * index] = bytesOf(to) + TABLE;
  };
  point(first, 0, first + 1);
  for (let i = firstMiddle; i < firstLeaf; i++) point(first + 1, i - firstMiddle, i);
  places.forEach((place, i) => {
    point(firstMiddle + Math.floor(i / ENTRIES), i % ENTRIES, place);
    words.set(leaves.subarray(i * PAGE_WORDS, (i + 1) * PAGE_WORDS), place * PAGE_WORDS);
  });
}

/** A stage 2 tree with `tables` leaf tables, at most 2^18. */
export function leafTree(shape: Shape, order: Order, tables: number, seed = 1): Tree {
  const words = new Uint32Array((1 + pagesOf(tables)) * PAGE_WORDS); // page 0 stays empty
  plant(words, 1, leafEntries(shape, tables * ENTRIES, seed), order, seed);
  return { words, root: PAGE_BYTES, entries: tables * ENTRIES };
}

/** A tree as an image that lies in memory of JavaScript's own. */
export const imageOf = ({ words }: Tree): AddressSpace => ({
  ranges: [{ frame: 0, end: words.length / PAGE_WORDS }],
  page: frame =>
    frame < words.length / PAGE_WORDS
      ? words.subarray(frame * PAGE_WORDS, (frame + 1) * PAGE_WORDS)
      : undefined,
});

/** Two stages in one image: a stage 1 tree of a guest, and the stage 2 tree that all of its pages are translated by. */
export interface TwoStages extends Tree {
  /** Physical address of the root of stage 2, and input address of the root of stage 1. */
  readonly root2: number;
}

/** Both stages have `tables` leaf tables. The guest's tables stand where stage 2 maps them to: at the same address. */
export function twoStages(shape: Shape, tables: number): TwoStages {
  const each = pagesOf(tables);
  const words = new Uint32Array((1 + 2 * each) * PAGE_WORDS);
  const entries = tables * ENTRIES;
  plant(words, 1, leafEntries(shape, entries, 1, entries), 'in order', 1);
  const second = leafEntries(shape, entries, 2);
  const [attributes] = ATTRIBUTES as [readonly [number, number]];
  for (let page = 0; page <= each; page++) {
    second[2 * page] = ((page << 12) | attributes[0]) >>> 0;
    second[2 * page + 1] = attributes[1];
  }
  plant(words, 1 + each, second, 'in order', 2);
  return { words, root: PAGE_BYTES, root2: bytesOf(1 + each), entries };
}

/** Lines as QEMU's `xp /2gx` prints them. */
export function hexDump(words: Uint32Array): Uint8Array {
  const lines = Math.floor(words.length / 4);
  const text = new Uint8Array(lines * HEX_LINE.length);
  const put = (word: number, end: number): void => {
    for (let i = end - 1, rest = word; i >= end - 8; i--, rest >>>= 4) text[i] = HEX.charCodeAt(rest & 15);
  };
  for (let line = 0; line < lines; line++) {
    const at = line * HEX_LINE.length;
    for (let i = 0; i < HEX_LINE.length; i++) text[at + i] = HEX_LINE.charCodeAt(i);
    put(16 * line, at + 16);
    HEX_ENDS.forEach((end, i) => {
      put(words[4 * line + i] as number, at + end);
    });
  }
  return text;
}
const HEX = '0123456789abcdef';
const HEX_LINE = '0000000000000000: 0x0000000000000000 0x0000000000000000\n';
/** Where the digits of the lower and the upper half of both words end. */
const HEX_ENDS = [36, 28, 55, 47] as const;
