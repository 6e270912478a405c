/** When several threads pay, and for which images they can be had. */
import { availableParallelism } from 'node:os';
import { heldPages } from '../image/address-space.ts';
import type { Image } from '../image/parse.ts';

/** More threads than this wait for memory, and for the one that joins: not taken unless asked for. */
const ENOUGH_THREADS = 4;
export const MOST_THREADS = 64;
export const defaultThreads = (): number => Math.min(ENOUGH_THREADS, availableParallelism());

/** Pieces of leaf tables (512 entries, mostly) that pay for workers: where pages only have to be read, and to be unpacked. */
export const PLAIN_PIECES = 262144;
const PACKED_PIECES = 16384;
const PACKED = new Set(['kdump', 'kdump-flattened', 'avml']);

export const piecesWorth = ({ format }: Pick<Image, 'format'>): number =>
  PACKED.has(format) ? PACKED_PIECES : PLAIN_PIECES;

/**
 * Can other threads open the image for themselves, and may it hold so many tables? One that was unpacked as a whole lies in
 * memory, or in a file that has no name.
 */
export const readableByAll = ({ compression, space }: Image, pieces: number): boolean =>
  compression.length === 0 && heldPages(space) >= pieces;
