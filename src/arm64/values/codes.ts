/** Value tables that several registers and descriptors share. */
import { reserved, type ValueTable } from '../../bits/spec.ts';
import { arm } from '../../refs.ts';
import type { Granule } from './address.ts';

/** TG0 of TCR_ELx, VTCR_EL2, VSTCR_EL2. TG1 has other codes: 0b01 is 64KB here and 16KB there. */
export const TG0: ValueTable = ['4KB', '64KB', '16KB', reserved('Reserved', arm('TCR_EL1.TG0'))];
export const TG1: ValueTable = [reserved('Reserved', arm('TCR_EL1.TG1')), '16KB', '4KB', '64KB'];

const granuleOf = (table: ValueTable, code: number): Granule | null => {
  const name = table[code];
  return typeof name === 'string' ? (name.slice(0, -1) as Granule) : null;
};
/** The granule of a code; null where the code is reserved: the implementation then takes one that it has. */
export const granule0 = (code: number): Granule | null => granuleOf(TG0, code);
export const granule1 = (code: number): Granule | null => granuleOf(TG1, code);

/** The code of a granule in TG0, in TG1. */
export const granuleCode0 = (granule: Granule): number => TG0.indexOf(`${granule}B`);
export const granuleCode1 = (granule: Granule): number => TG1.indexOf(`${granule}B`);

/** IRGN and ORGN: cacheability of table walks. */
export const RGN: ValueTable = ['NC', 'WB-RA-WA', 'WT-RA-nWA', 'WB-RA-nWA'];

/** PS, IPS, PARange: address bits by code. No arithmetic series: 32, 36, 40, 42, 44, 48, 52, 56. */
export const PA_BITS = [32, 36, 40, 42, 44, 48, 52, 56] as const;
export const PS: ValueTable = PA_BITS.map(bits => `${bits} bits`);
export const paBits = (code: number): number => PA_BITS[code & 7] ?? 56;

/** SH[1:0], in descriptors and in control registers alike [Arm ARM, Table D8-102]. */
export const SH: ValueTable = [
  'Non-shareable',
  reserved('Reserved', arm('Table D8-102')),
  'Outer Shareable',
  'Inner Shareable',
];

/** The name that a table gives a value; `reserved` for the holes. */
export const valueName = (table: ValueTable, code: number): string => {
  const entry = table[code];
  return typeof entry === 'string' ? entry : 'reserved';
};

/** SH0 and SH1 of a control register as a setting of entries: by code, or not known. */
export const RANGE_SH = ['unknown', 'non', 'reserved', 'outer', 'inner'] as const;
type RangeSh = (typeof RANGE_SH)[number];

export const rangeSh = (code: number): RangeSh => RANGE_SH[code + 1] ?? 'unknown';

/** What an entry without SH[1:0] says of shareability: its range does [Arm ARM, VTCR_EL2.DS, TCR_ELx.DS]. */
export const rangeShareability = (sh: RangeSh, field: string): string =>
  sh === 'unknown' ? `as ${field} says` : valueName(SH, RANGE_SH.indexOf(sh) - 1);

/** How the walker itself accesses tables: IRGN, ORGN, SH by code. */
export interface WalkAttributes {
  readonly irgn: number;
  readonly orgn: number;
  readonly sh: number;
}
