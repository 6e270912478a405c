/**
 * How an effective type shows in PAR_EL1 after an address translation instruction [Arm ARM, PAR_EL1; ASL EncodePARAttrs,
 * PAREncodeShareability]. Implementations may report what they actually use instead.
 */
import type { Bit } from '../../bits/spec.ts';
import {
  type Cacheability,
  DEVICE_TYPES,
  hintsOf,
  isNonCacheable,
  type Memory,
  policyOf,
} from '../values/attributes.ts';
import type { Shareability } from './shareability.ts';

/** A nibble of ATTR: NC, or policy, Transient and hints. */
function nibble(of: Cacheability): number {
  if (of === 'NC') return 0b0100;
  const hints = hintsOf(of);
  const allocate = (hints.includes('r') ? 0b10 : 0) | (hints.includes('w') ? 0b01 : 0);
  const writeBack = policyOf(of) === 'WB';
  return (hints.includes('t') ? (writeBack ? 0b0100 : 0b0000) : writeBack ? 0b1100 : 0b1000) | allocate;
}

/** PAR_EL1.ATTR: the MAIR encoding of a type. The XS = 0 Write-Through form has no room for the inner hints. */
export function parAttr(memory: Memory, noTagAccess: Bit): number {
  if (memory.type === 'device') return (DEVICE_TYPES.indexOf(memory.device) << 2) | (memory.xs === 0 ? 1 : 0);
  if (memory.tagged) return noTagAccess ? 0xe0 : 0xf0;
  if (memory.xs === 0) {
    if (isNonCacheable(memory)) return 0x40;
    if (memory.outer === 'WTr' && policyOf(memory.inner) === 'WT') return 0xa0;
  }
  return (nibble(memory.outer) << 4) | nibble(memory.inner);
}

/** PAR_EL1.SH. */
export const parSh = (sh: Shareability): number => (sh === 'NSH' ? 0b00 : sh === 'OSH' ? 0b10 : 0b11);
