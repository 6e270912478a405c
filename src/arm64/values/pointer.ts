/** Pointers that hold more than an address: tags in bits that the translation ignores [Arm ARM, "Address tagging"; AddrTop]. */
import type { Bit } from '../../bits/spec.ts';

export interface Tagging {
  /** TCR_ELx.TBI of the range: bits 63:56 are ignored. */
  readonly tbi: Bit;
  /** TCR_ELx.MTX of the range: bits 59:56 hold a tag and nothing else, whatever TBI says. */
  readonly mtx: Bit;
  /** Of two ranges the upper one: its addresses end in ones. */
  readonly upper: boolean;
}

/** The address that the tables translate: ignored bits as bit 55 has them, or 0 where there is one range. */
export function untagged(pointer: bigint, { tbi, mtx }: Tagging, ranges: 1 | 2): bigint {
  const address = ranges === 2 ? BigInt.asIntN(56, pointer) : BigInt.asUintN(56, pointer);
  if (tbi) return BigInt.asUintN(64, address);
  if (mtx) return pointer - BigInt.asUintN(60, pointer) + BigInt.asUintN(60, address);
  return pointer;
}
