/**
 * Where VMSAv8-64 descriptors keep the output address or the next-table address, by granule, level and address form;
 * shared by stage 1 and stage 2 [Arm ARM, Tables D8-50 to D8-53].
 */
import { type Finding, setBits } from '../../bits/codec.ts';
import type { Format } from '../../bits/format.ts';
import { addr, type Bit, flag, res0 } from '../../bits/spec.ts';
import { bitAt, hex } from '../../bits/word.ts';
import { arm } from '../../refs.ts';

export type Granule = '4K' | '16K' | '64K';
export const GRANULES = ['4K', '16K', '64K'] as const;

/** log2 of the granule, and index bits per level: a table of 8-byte entries fills one granule. */
export const GRANULE_BITS: Record<Granule, { readonly g: number; readonly stride: number }> = {
  '4K': { g: 12, stride: 9 },
  '16K': { g: 14, stride: 11 },
  '64K': { g: 16, stride: 13 },
};

/** log2 of the bytes that one leaf at this level maps: `n = g + s * (3 - level)`. */
export const leafShift = (granule: Granule, level: number): number => {
  const { g, stride } = GRANULE_BITS[granule];
  return g + stride * (3 - level);
};

/** What the address field depends on. `ds` is the Effective DS; `lpa` is FEAT_LPA, which only the 64KB granule uses. */
export interface AddressConfig {
  readonly granule: Granule;
  readonly ds: Bit;
  readonly lpa: Bit;
}

/**
 * plain: A[47:12] in place. ds (4KB, 16KB with DS=1): A[51:50] in [9:8], A[49:48] in place. lpa (64KB): A[51:48] in
 * [15:12].
 */
export type AddressForm = 'plain' | 'ds' | 'lpa';
export const addressForm = ({ granule, ds, lpa }: AddressConfig): AddressForm =>
  granule === '64K' ? (lpa ? 'lpa' : 'plain') : ds ? 'ds' : 'plain';

/** May a descriptor with [1:0] = 01 be a Block here? [Arm ARM, Tables D8-17, D8-27, D8-36; ASL AArch64_BlockDescSupported] */
export function blockSupported({ granule, ds, lpa }: AddressConfig, level: number): boolean {
  switch (granule) {
    case '4K':
      return level === 2 || level === 1 || (level === 0 && ds === 1);
    case '16K':
      return level === 2 || (level === 1 && ds === 1);
    case '64K':
      return level === 2 || (level === 1 && lpa === 1);
  }
}

/** Entries of a Contiguous group, or 1 where bit 52 is RES0 or has no group [Arm ARM, Table D8-104]. */
export function contiguousEntries(granule: Granule, level: number): number {
  switch (granule) {
    case '4K':
      return level >= 1 ? 16 : 1;
    case '16K':
      return level === 3 ? 128 : level === 2 ? 32 : 1;
    case '64K':
      return level >= 2 ? 32 : 1;
  }
}

const NEXT = 'Next-level table address';
const OA = 'Output address';

/** Bits [49:12] of a Table descriptor, and [9:8] where they carry A[51:50]. */
export function tableAddress(config: AddressConfig) {
  const { g } = GRANULE_BITS[config.granule];
  switch (addressForm(config)) {
    case 'ds':
      return { next: addr(NEXT, [9, 8], [49, g]), ...below(g) };
    case 'lpa':
      return { res48: res0(49, 48), next: addr(NEXT, [15, 12], [47, 16]) };
    case 'plain':
      return { res48: res0(49, 48), next: addr(NEXT, [47, g]), ...below(g) };
  }
}

/** Bits [49:12] of a Page descriptor (level 3), and [9:8] where they carry A[51:50]. */
export function pageAddress(config: AddressConfig) {
  const { g } = GRANULE_BITS[config.granule];
  switch (addressForm(config)) {
    case 'ds':
      return { oa: addr(OA, [9, 8], [49, g]), ...below(g) };
    case 'lpa':
      return { res48: res0(49, 48), oa: addr(OA, [15, 12], [47, 16]) };
    case 'plain':
      return { res48: res0(49, 48), oa: addr(OA, [47, g]), ...below(g) };
  }
}

/** Bits [49:12] of a Block descriptor: address down to the block size, RES0, nT (FEAT_BBML1) in bit 16. */
export function blockAddress(config: AddressConfig & { readonly bbml: Bit }, level: number) {
  const n = leafShift(config.granule, level);
  const nT = config.bbml
    ? {
        nT: flag(16, 'nT', {
          note: 'for splitting and joining blocks: no conflict in the TLB, but accesses may fault',
          ref: arm('R_MRRPW'),
        }),
      }
    : { res16: res0(16) };
  const gap = { resBlock: res0(n - 1, 17), ...nT };
  switch (addressForm(config)) {
    case 'ds':
      return { oa: addr(OA, [9, 8], [49, n]), ...gap, res12: res0(15, 12) };
    case 'lpa':
      return { res48: res0(49, 48), oa: addr(OA, [15, 12], [47, n]), ...gap };
    case 'plain':
      return { res48: res0(49, 48), oa: addr(OA, [47, n]), ...gap, res12: res0(15, 12) };
  }
}

/** RES0 between the granule and bit 12, where the granule is larger than 4KB. */
const below = (g: number) => (g > 12 ? { res12: res0(g - 1, 12) } : {});

/** Does the descriptor format keep SH[1:0] at [9:8]? With DS=1 those bits are address. */
export const hasShareability = (config: AddressConfig): boolean => addressForm(config) !== 'ds';

/** An address with bits at or above the output size, which are named: Address size fault [Arm ARM, section D8.1.7]. */
export function addressSizeFinding(
  layout: Format,
  key: 'oa' | 'next',
  address: bigint,
  oaBits: number,
): Finding[] {
  const above = address >> BigInt(oaBits);
  if (above === 0n) return [];
  const row = layout.rows.find(row => row.key === key);
  const what = key === 'oa' ? 'output address' : 'next-level table address';
  return [
    {
      id: 'address-size',
      severity: 'error',
      bits: row ? setBits(row, (above << BigInt(oaBits)) >> BigInt(row.shift)) : '',
      message: `${what} ${hex(address)} needs more than ${oaBits} bits: Address size fault`,
      ref: arm('R_VPBBF, Output address size'),
    },
  ];
}

/**
 * Which TTBR translates a virtual address of a regime with two ranges: bit 55, whether or not the top byte is a tag
 * [Arm ARM, VAIsUpper].
 */
export const upperRange = (va: bigint): 0 | 1 => bitAt(va, 55);
