/** A table for entries of any kind: what a rule says of leaves, and something else for entries that are none. */
import type { GatherStep } from '../bits/gather.ts';
import type { Word } from '../bits/word.ts';
import type { Table } from './compile.ts';

/** Bits of a table that is built here at most: 2^20 keys take a tenth of a second. */
const WIDEST = 20;

/**
 * @param table what a rule says: `compile(rule, config)`
 * @param positions further word bits that tell leaves from other entries: `[1, 0]`
 * @param otherwise the answer for a word that is no leaf, or undefined for leaves. It sees the bits of both, and zeros.
 * @throws RangeError for more than 20 bits in all, or more than 256 different answers.
 */
export function guard<A, B>(
  table: Table<A>,
  positions: readonly number[],
  otherwise: (word: Word) => B | undefined,
): Table<A | B> {
  const owned = (position: number): boolean =>
    table.gather.steps.some(
      ({ half, right, mask }) =>
        position >= 32 * half + right && ((mask >>> (position - 32 * half - right)) & 1) === 1,
    );
  const more = positions.filter(position => !owned(position));
  const width = table.gather.width + more.length;
  if (width > WIDEST) throw new RangeError(`a table over ${width} bits is too large`);
  // the new bits stand above the old key, neighbours in one step
  const steps: GatherStep[] = [...table.gather.steps];
  more
    .sort((a, b) => a - b)
    .forEach((position, i) => {
      const half = position >= 32 ? 1 : 0;
      const right = position & 31;
      const left = table.gather.width + i;
      const last = steps.at(-1);
      const lastWidth = last ? 32 - Math.clz32(last.mask) : 0;
      if (i > 0 && last && last.half === half && last.right + lastWidth === right)
        steps[steps.length - 1] = { ...last, mask: last.mask * 2 + 1 };
      else steps.push({ half, right, mask: 1, left });
    });
  const wordOf = (key: number): Word =>
    steps.reduce(
      (word, { half, right, mask, left }) =>
        word | (BigInt((key >>> left) & mask) << BigInt(right + 32 * half)),
      0n,
    );
  const palette: (A | B)[] = [...table.palette];
  const known = new Map<B, number>();
  const low = 2 ** table.gather.width - 1;
  const lut = Uint8Array.from({ length: 2 ** width }, (_, key) => {
    const other = otherwise(wordOf(key));
    if (other === undefined) return table.lut[key & low] as number;
    let code = known.get(other);
    if (code === undefined) {
      code = palette.push(other) - 1;
      known.set(other, code);
    }
    return code;
  });
  if (palette.length > 256) throw new RangeError('more than 256 different answers');
  return { gather: { width, steps }, lut, palette };
}
