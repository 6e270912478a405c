/**
 * Two units for places and sizes: frames and bytes. The compiler tells them apart, these functions are the only way from one
 * to the other, and at run time both are ordinary numbers: V8 puts the functions into their callers (bench: the walks).
 *
 * An address of 64 bits is more than an ordinary number holds exactly, its frame is not. So loops count frames, and bytes as
 * numbers are addresses in memory, below 2^52; where a whole 64-bit address is meant, it is a bigint.
 */

/** 4-KiB pages, as the number of one or as a count. Below 2^52, so exact. What is calculated is of no unit until it is given one. */
export type Frame = number & { readonly unit?: 'frame' };
/** A physical address, or a size. */
export type Bytes = number & { readonly unit?: 'byte' };

// V8 takes a constant of this file for a number, an exported one for a place that it has to look into (bench: exact walks)
const LG2 = 12;
const PAGE = 4096;
export const PAGE_LG2 = LG2;
export const PAGE_BYTES: Bytes = PAGE;
export const PAGE_WORDS = PAGE / 4;
/** Frames of a 64-bit address space. */
export const ALL_FRAMES: Frame = 2 ** 52;

/** The frame that a byte lies in. */
export function frameOf(bytes: Bytes): Frame {
  return Math.floor(bytes / PAGE);
}

/** Frames of a size or an address that is of whole pages: nothing to round, which would cost exact walks 7 % (bench: exact walks). */
export function framesOf(bytes: Bytes): Frame {
  return bytes / PAGE;
}

/** The first byte of a frame; the size of so many. */
export function bytesOf(frames: Frame): Bytes {
  return frames * PAGE;
}

/** How far into its page a byte lies. */
export function inPage(bytes: Bytes): Bytes {
  return bytes % PAGE;
}

/** How far into its page a 64-bit address lies. */
export function inPageAt(address: bigint): Bytes {
  return Number(address & 0xfffn);
}

/** Frames of 2^shift bytes: what one entry of a level with this shift covers. */
export function framesOfShift(shift: number): Frame {
  return 2 ** (shift - LG2);
}

/** The frame that a 64-bit address lies in. */
export function frameAt(address: bigint): Frame {
  return Number(address >> 12n);
}

/** The first frame that begins at a 64-bit address or after it. */
export function frameUp(address: bigint): Frame {
  return Number((address + 0xfffn) >> 12n);
}

/** The 64-bit address of a frame; the size of so many. */
export function addressOf(frames: Frame): bigint {
  return BigInt(frames) << 12n;
}

/** `addressOf` as hex text: addresses reach 2^64, beyond an ordinary number, so the zeros are text. */
export const frameHex = (frames: Frame): string => (frames === 0 ? '0x0' : `0x${frames.toString(16)}000`);
