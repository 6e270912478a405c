/**
 * Gather: the bits that a rule reads, packed into a small key, and back. A rule is compiled by decoding every key's
 * scattered word; the fast path gathers the key with the steps below and looks the answer up.
 */
import { carriesValue, partsOf } from './codec.ts';
import type { Format } from './format.ts';
import { rowWidth } from './format.ts';
import type { FieldKey } from './infer.ts';
import type { Rows } from './spec.ts';
import type { Word } from './word.ts';

/** One step on a `(lo, hi)` pair: `key |= ((half ? hi : lo) >>> right & mask) << left`. */
export interface GatherStep {
  readonly half: 0 | 1;
  readonly right: number;
  readonly mask: number;
  readonly left: number;
}

export interface Gather {
  /** Bits in a key; there are `2 ** width` keys. */
  readonly width: number;
  readonly steps: readonly GatherStep[];
  /** The key of an entry given as halves. */
  gather(lo: number, hi: number): number;
  /** A word that has this key and zeros elsewhere. */
  scatter(key: number): Word;
}

/** @throws RangeError for a field the format does not have, and for more than 24 bits in all: no table is that large. */
export function gather<F extends Rows>(format: Format<F>, keys: readonly FieldKey<F>[]): Gather {
  const rows = [...new Set(keys)].map(key => {
    const row = format.rows.find(row => row.key === key && carriesValue(row));
    if (!row) throw new RangeError(`${format.id} has no field '${key}' to gather`);
    return row;
  });
  const pieces = rows.flatMap(row => row.pieces).sort(([a], [b]) => b - a);
  const merged = pieces.reduce<(readonly [number, number])[]>((out, [hi, lo]) => {
    const last = out.at(-1); // neighbours become one step: field order inside a key does not matter
    if (last && last[1] === hi + 1) out[out.length - 1] = [last[0], lo];
    else out.push([hi, lo]);
    return out;
  }, []);
  const width = rows.reduce((n, row) => n + rowWidth(row), 0);
  if (width > 24)
    throw new RangeError(`${format.id}: a key of ${width} bits (${keys.join(', ')}) is too wide to tabulate`);
  const steps = partsOf({ pieces: merged }).map(({ half, right, mask, position }) => ({
    half,
    right,
    mask,
    left: position,
  }));
  return {
    width,
    steps,
    gather: (lo, hi) =>
      steps.reduce(
        (key, { half, right, mask, left }) => key | ((((half ? hi : lo) >>> right) & mask) << left),
        0,
      ),
    scatter: key =>
      steps.reduce(
        (word, { half, right, mask, left }) =>
          word | (BigInt((key >>> left) & mask) << BigInt(right + 32 * half)),
        0n,
      ),
  };
}
