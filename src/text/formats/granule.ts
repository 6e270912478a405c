/**
 * The size of arm64's tables from the places of entries: an entry stands in the table that the one above it points to, at
 * the index that its level takes from the address [Arm ARM, D8.2].
 */
import type { RegimeGuess } from '../model.ts';

export interface Placed {
  /** 0 to 3, where the text determines it. */
  readonly level?: number | undefined;
  /** Physical, or virtual in a mapping of large pages: the low bits are the same. */
  readonly at?: bigint | undefined;
  readonly word: bigint;
}

type Granule = NonNullable<RegimeGuess['granule']>;
const SHIFT: Readonly<Record<Granule, bigint>> = { '4K': 12n, '16K': 14n, '64K': 16n };
/** A linear map keeps this many low bits of an address. */
const KEPT = 2n ** 21n - 1n;
/** Bytes of an entry. */
const ENTRY = 8n;
const TABLE = 0x0000_ffff_ffff_f000n;

function fits(shift: bigint, walk: readonly Placed[], input: bigint | undefined): boolean {
  const size = 1n << shift;
  return walk.every(({ level, at }, i) => {
    if (at === undefined || i === 0) return true; // a root may be narrower than a table, and stand anywhere
    const above = walk[i - 1] as Placed;
    if (((at - (above.word & TABLE)) & KEPT) >= size) return false;
    if (input === undefined || level === undefined) return true;
    const bits = shift - 3n;
    const index = (input >> (shift + bits * BigInt(3 - level))) & ((1n << bits) - 1n);
    return (at & (size - 1n)) / ENTRY === index;
  });
}

/** The one granule under which every entry stands where it must; undefined where none does, or several. */
export function granuleOf(walk: readonly Placed[], input: bigint | undefined): Granule | undefined {
  const found = (Object.keys(SHIFT) as Granule[]).filter(granule => fits(SHIFT[granule], walk, input));
  return found.length === 1 ? found[0] : undefined;
}
