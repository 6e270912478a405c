/** The address of an entry as an exact number, compiled from the layout's own address row. */
import { encode, maskOf, partsOf } from '../bits/codec.ts';
import type { Format } from '../bits/format.ts';
import { split } from '../bits/word.ts';
import type { EntryForm } from './regime.ts';

/**
 * @param key the layout's address field
 * @param outputBits address bits at or above this count as attributes: the entry that sets one is another kind of entry
 */
export function entryForm(format: Format, key: string, outputBits: number): EntryForm {
  const row = format.rows.find(row => row.key === key);
  if (row?.kind !== 'addr') throw new RangeError(`${format.id} has no address field '${key}'`);
  const parts = partsOf(row).map(part => ({
    ...part,
    weight: part.weight * 2 ** row.shift,
    lowest: part.position + row.shift,
  }));
  const owned: [lo: number, hi: number] = [0, 0];
  for (const { half, right, mask, lowest } of parts) {
    const within = Math.max(0, Math.min(Math.log2(mask + 1), outputBits - lowest));
    owned[half] = (owned[half] | ((2 ** within - 1) * 2 ** right)) >>> 0;
  }
  const attributes = [~owned[0] >>> 0, ~owned[1] >>> 0] as const;
  const [a, b, ...more] = parts;
  if (a && b && more.length === 0 && a.half === 1 && b.half === 0)
    return {
      attributes, // nearly every format: one field across bit 32
      address: (lo, hi) =>
        ((hi >>> a.right) & a.mask) * a.weight + (((lo >>> b.right) & b.mask) >>> 0) * b.weight,
    };
  return {
    attributes,
    address: (lo, hi) => {
      let address = 0;
      for (const { half, right, mask, weight } of parts)
        address += ((((half ? hi : lo) >>> right) & mask) >>> 0) * weight;
      return address;
    },
  };
}

/**
 * Does an entry hold the constant that a layout has at `key`: the type bits of a table, PS = 0? A layout without such a
 * row says it of every entry.
 */
export function holdsConstant(format: Format, key: string): (lo: number, hi: number) => boolean {
  const row = format.rows.find(row => row.key === key);
  if (row?.kind !== 'fixed') return () => true;
  const [maskLo, maskHi] = split(maskOf(row));
  const [valueLo, valueHi] = split(encode(format, {}) & maskOf(row));
  if (maskHi === 0) return lo => (lo & maskLo) >>> 0 === valueLo;
  return (lo, hi) => (lo & maskLo) >>> 0 === valueLo && (hi & maskHi) >>> 0 === valueHi;
}

/** The form of a level that has no such entries: everything is attribute, nothing is address. */
export const NO_FORM: EntryForm = { attributes: [0xffff_ffff, 0xffff_ffff], address: () => 0 };
