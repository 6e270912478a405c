/** Memory types as people write them. */
import type { PatType } from './attributes.ts';

const NAMES: Readonly<Record<PatType, readonly string[]>> = {
  UC: ['uc', 'uncached', 'uncacheable', 'strong-uncacheable', 'uncachable'],
  'UC-': ['uc-', 'uc_minus', 'ucminus', 'uc-minus', 'uncached-minus', 'uncacheable-minus'],
  WC: ['wc', 'write-combining', 'write-combine', 'writecombine'],
  WT: ['wt', 'write-through', 'writethrough'],
  WP: ['wp', 'write-protect', 'write-protected', 'writeprotect'],
  WB: ['wb', 'write-back', 'writeback', 'cached'],
};

/**
 * The type that a name or a code means: `WB`, `write-back`, `uncached-minus`, Linux's `uncachable`, or a number as the
 * registers hold it (`0x6`). Undefined for anything else; UC- is no type of an MTRR or an EPT entry.
 */
export function parseType(text: string): PatType | undefined {
  const plain = text.trim().toLowerCase().replaceAll(' ', '-');
  const codes: Readonly<Record<number, PatType>> = { 0: 'UC', 1: 'WC', 4: 'WT', 5: 'WP', 6: 'WB', 7: 'UC-' };
  if (/^(0x)?\d$/.test(plain)) return codes[Number(plain)];
  return (Object.keys(NAMES) as PatType[]).find(type => NAMES[type].includes(plain));
}
