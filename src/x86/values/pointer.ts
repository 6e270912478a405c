/** Pointers that hold more than an address: linear-address masking [SDM, "Linear-Address Masking"; CR3.LAM_U48, LAM_U57, CR4.LAM_SUP]. */
import type { Bit } from '../../bits/spec.ts';

export interface Masking {
  /** User pointers are masked above bit 47, above bit 56, or not at all. */
  readonly user: 48 | 57 | undefined;
  /** CR4.LAM_SUP: supervisor pointers are masked as far as the paging mode has no address bits. */
  readonly supervisor: Bit;
  readonly levels: 4 | 5;
}

/** The address that is translated: bits below 63 that software may use take the value of the highest address bit. */
export function masked(pointer: bigint, { user, supervisor, levels }: Masking): bigint {
  const isUser = BigInt.asIntN(64, pointer) >= 0n;
  const bits = isUser ? user : supervisor ? (levels === 5 ? 57 : 48) : undefined;
  if (bits === undefined) return pointer;
  const low = BigInt.asUintN(63, BigInt.asIntN(bits, pointer));
  return pointer - BigInt.asUintN(63, pointer) + low; // bit 63 says whose it is, and stays
}
