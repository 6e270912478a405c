/** Sizes and address ranges for people. */
import { hex } from '../bits/word.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** `4 KiB`, `1.5 GiB`; exact where a power of 1024 divides it, else with at most two decimals. */
export function sizeText(bytes: bigint | number): string {
  const value = BigInt(bytes);
  let unit = 0;
  while (unit < UNITS.length - 1 && value >> BigInt(10 * (unit + 1)) > 0n) unit++;
  const hundredths = (value * 100n) >> BigInt(10 * unit);
  const whole = hundredths / 100n;
  const rest = hundredths % 100n;
  const decimals = rest === 0n ? '' : `.${rest.toString().padStart(2, '0').replace(/0$/, '')}`;
  return `${whole}${decimals} ${UNITS[unit]}`;
}

/** The same without decimals: the largest unit that divides it, `1672 KiB`. */
export function exactSizeText(bytes: bigint): string {
  let unit = 0;
  while (unit < UNITS.length - 1 && bytes !== 0n && bytes % (1n << BigInt(10 * (unit + 1))) === 0n) unit++;
  return `${bytes >> BigInt(10 * unit)} ${UNITS[unit]}`;
}

/** `0x9010000..0x9010fff`: both ends belong to the range. */
export const rangeText = (start: bigint, size: bigint): string => `${hex(start)}..${hex(start + size - 1n)}`;
