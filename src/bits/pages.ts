/**
 * Page frame numbers of 4 KiB as words hold them and tools print them: bigints, since nothing is known of what was printed.
 * What counts in frames has them as numbers, by `image/frames.ts`.
 */

/** The number of the page that an address lies in. */
export const pfnOf = (address: bigint): bigint => address >> 12n;

/** The first address of a page. */
export const pfnAddress = (pfn: bigint): bigint => pfn << 12n;
