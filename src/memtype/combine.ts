/**
 * Two stages composed: every pair of their answers is combined once, so that millions of pairs are two table look-ups.
 */
import { type Compiled, Palette } from './compile.ts';
import type { Answer } from './rule.ts';

/** Every pair of two palettes, combined. */
export interface Pairs<C> {
  /** Row length: answers of the second table. */
  readonly columns: number;
  /** `codes[first * columns + second]`; bytes, unless there are more than 256 different results. */
  readonly codes: Uint8Array | Uint16Array;
  readonly palette: readonly C[];
  /** The result for two numbers of the palettes. */
  at(first: number, second: number): C;
}

/** @throws RangeError for more than 65536 different results. */
export function compose<A, B, C>(
  first: Pick<Compiled<A>, 'palette'>,
  second: Pick<Compiled<B>, 'palette'>,
  combine: (a: A, b: B) => Answer<C>,
): Pairs<C> {
  const columns = second.palette.length;
  const results = new Palette<C>();
  const codes = first.palette.flatMap(a => second.palette.map(b => results.code(combine(a, b).value)));
  const { entries } = results;
  if (entries.length > 0x10000) throw new RangeError('more than 65536 different results');
  const table = entries.length > 0x100 ? Uint16Array.from(codes) : Uint8Array.from(codes);
  return {
    columns,
    codes: table,
    palette: entries,
    at: (a, b) => entries[table[a * columns + b] ?? 0] as C,
  };
}
