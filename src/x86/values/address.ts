/**
 * Where x86 paging entries keep an address, and which bits above and below it are reserved; shared by ordinary paging,
 * nested paging and EPT [SDM, tables "Format of …" of the chapters "Paging" and "VMX Support for Address Translation"].
 */
import { type Setting, SettingError } from '../../bits/settings.ts';
import { addr, type Bit, flag, mbz, type Row, res0, type Violation } from '../../bits/spec.ts';
import { apm, tdx } from '../../refs.ts';

/** 32-bit, PAE, 4-level and 5-level paging. */
export type Mode = '32' | 'pae' | '4l' | '5l';
export const MODES = ['32', 'pae', '4l', '5l'] as const;

/** Index bits per level, the leaf level (PTE, level 1) first [SDM, "Hierarchical Paging Structures: an Overview"]. */
export const INDEX_BITS: Record<Mode, readonly number[]> = {
  '32': [10, 10],
  pae: [9, 9, 2],
  '4l': [9, 9, 9, 9],
  '5l': [9, 9, 9, 9, 9],
};

/** The number of the level whose entries the root table holds. */
export const topLevel = (mode: Mode): number => INDEX_BITS[mode].length;

/** log2 of the bytes that one entry at this level spans: 12 at level 1. */
export const leafShift = (mode: Mode, level: number): number =>
  12 + INDEX_BITS[mode].slice(0, level - 1).reduce((sum, bits) => sum + bits, 0);

/** `page4k`, `page2m`, `page4m`, `page1g` and the bytes they map. */
export const PAGE_SIZE = {
  page4k: 2n ** 12n,
  page2m: 2n ** 21n,
  page4m: 2n ** 22n,
  page1g: 2n ** 30n,
} as const;
export type PageKind = keyof typeof PAGE_SIZE;

/** The page that a leaf at this level maps. Level 3 and above: 1 GByte. */
export const pageKind = (mode: Mode, level: number): PageKind =>
  level === 1 ? 'page4k' : level > 2 ? 'page1g' : mode === '32' ? 'page4m' : 'page2m';

/**
 * What the address field of a 64-bit entry depends on. `cBit` is AMD's encryption bit [CPUID 8000_001Fh EBX[5:0]], `sBit`
 * the shared bit of a TDX guest's own tables; 0 where there is none.
 */
export interface AddressConfig {
  readonly maxphyaddr: number;
  readonly cBit: number;
  readonly sBit: number;
}

/** A bit that stands among the high address bits, or 0 for none. */
export const highBit = (describe: string): Setting<number> => {
  const positions = [0, ...Array.from({ length: 20 }, (_, i) => 32 + i)];
  return {
    describe,
    default: 0,
    accepts: positions.join(', '),
    samples: [0, 47, 51],
    parse: text => {
      const value = positions.find(position => `${position}` === text.trim());
      if (value === undefined) throw new SettingError(`'${text}' is not 0 (none) or a bit from 32 to 51`);
      return value;
    },
  };
};

/** Physical-address bits that entries can hold: what is left of MAXPHYADDR below an encryption or shared bit. */
export const addressBits = ({ maxphyaddr, cBit, sBit }: AddressConfig): number =>
  Math.min(maxphyaddr, 52, cBit >= 32 ? cBit : 52, sBit >= 32 ? sBit : 52);

const beyond = ({ maxphyaddr }: AddressConfig): Violation => ({
  id: 'address-above-maxphyaddr',
  text: `reserved (must be 0): MAXPHYADDR is ${maxphyaddr}`,
});
const misaligned: Violation = {
  id: 'address-misaligned',
  text: 'reserved (must be 0): the address of a large page is aligned to its size',
};
const encryption = apm('section "Secure Memory Encryption"');

type HighRows = { readonly c?: Row<Bit>; readonly shared?: Row<Bit> };

/**
 * Bits `top` down to the address field: reserved from MAXPHYADDR up, the encryption and the shared bit where they are,
 * and between them and MAXPHYADDR the bits that encryption takes away from the address.
 */
export function aboveAddress(config: AddressConfig, top = 51): HighRows {
  const rows: Record<string, Row> = {};
  let bit = top;
  while (bit >= addressBits(config)) {
    const single = bit === config.cBit || bit === config.sBit;
    if (single) {
      if (bit === config.cBit) rows.c = flag(bit, 'C', { ref: encryption, note: 'encryption bit' });
      else
        rows.shared = flag(bit, 'S', {
          ref: tdx('SHARED bit of a guest physical address'),
          note: 'shared bit: 1 shared, 0 private',
        });
      bit--;
      continue;
    }
    const floor = Math.max(
      addressBits(config),
      ...[config.cBit + 1, config.sBit + 1, config.maxphyaddr].filter(edge => edge <= bit),
    );
    rows[`res${bit}`] =
      floor >= config.maxphyaddr
        ? mbz(bit, floor, beyond(config))
        : res0(bit, floor, {
            name: `given up to encryption[${bit}:${floor}]`,
            ref: encryption,
            severity: 'warning',
            violation: { id: 'address-above-encryption-bit', text: 'taken from the address by encryption' },
          });
    bit = floor - 1;
  }
  return rows as HighRows;
}

/** Bits below the address of a large page, down to `lo`: reserved. */
export const belowAddress = (shift: number, lo: number): { readonly resPage?: Row<never> } =>
  shift > lo ? { resPage: mbz(shift - 1, lo, misaligned) } : {};

/** Address bits of a 4-MByte page that PSE-36 puts into [20:13] of a 32-bit entry: M' = min(40, MAXPHYADDR). */
export const pse36Bits = ({
  maxphyaddr,
  pse36,
}: {
  readonly maxphyaddr: number;
  readonly pse36: Bit;
}): number => (pse36 ? Math.min(40, maxphyaddr) : 32);

/**
 * Bits [31:13] of the entry of a 4-MByte page: A[31:22] in place, A[M'-1:32] from bit 13 up, the rest reserved [SDM,
 * Table "Format of a 32-Bit Page-Directory Entry that Maps a 4-MByte Page"].
 */
export function pse36Address(name: string, config: { readonly maxphyaddr: number; readonly pse36: Bit }) {
  const bits = pse36Bits(config);
  const text = `reserved (must be 0): 4-MByte pages have ${bits} address bits here`;
  return {
    oa: bits > 32 ? addr(name, [bits - 20, 13], [31, 22]) : addr(name, [31, 22]),
    resPage: mbz(21, bits - 19, { id: 'address-above-maxphyaddr', text }),
  };
}
