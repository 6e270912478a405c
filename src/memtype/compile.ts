/**
 * From a rule to a table: every combination of the bits that it reads is tried once. The table holds bytes, the palette
 * the rule's own answers: no second implementation exists that could drift.
 */
import type { Format } from '../bits/format.ts';
import { type Gather, gather } from '../bits/gather.ts';
import { split, type Word } from '../bits/word.ts';
import { apply, type Rule } from './rule.ts';

/** Answers that are equal share one number. */
export class Palette<A> {
  readonly #codes = new Map<string, number>();
  readonly entries: A[] = [];

  /** The number of an answer; the first of equal answers is kept. */
  code(value: A): number {
    const key = keyText(value);
    let code = this.#codes.get(key);
    if (code === undefined) {
      code = this.entries.push(value) - 1;
      this.#codes.set(key, code);
    }
    return code;
  }
}

/** Text that is equal for equal plain data: objects, arrays, numbers, strings, bigints. */
export const keyText = (value: unknown): string =>
  JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}n` : part));

/** A table: the bits of an entry that decide, and the answer for each of their values; `compile` and `guard` make them. */
export interface Table<A> {
  readonly gather: Pick<Gather, 'width' | 'steps'>;
  /** Key to number in the palette. */
  readonly lut: Uint8Array;
  readonly palette: readonly A[];
}

/** A rule under one configuration, enumerated. */
export interface Compiled<A> {
  readonly id: string;
  /** How the bits of an entry become a key. */
  readonly gather: Gather;
  /** Key to number in the palette. */
  readonly lut: Uint8Array;
  /** Every answer that can occur, without its reasons: apply the rule to an entry to be told why. */
  readonly palette: readonly A[];
  /** The answer for an entry given as halves. */
  at(lo: number, hi: number): A;
}

/** Too many different answers for a byte: the rule reads something that should be configuration. */
export class PaletteError extends RangeError {
  override name = 'PaletteError';
}

/**
 * @throws RangeError where the fields have more than 24 bits.
 * @throws PaletteError for more than 256 different answers.
 */
export function compile<C, A>(rule: Rule<C, A>, config: C): Compiled<A> {
  const format = rule.format(config);
  const steps = gather(format, fieldsRead(rule, format) as never);
  const lut = new Uint8Array(2 ** steps.width);
  const palette = new Palette<A>();
  for (let key = 0; key < lut.length; key++) {
    const code = palette.code(apply(rule, steps.scatter(key), config).value);
    if (code > 0xff) throw new PaletteError(`${rule.id} has more than 256 different answers`);
    lut[key] = code;
  }
  const { entries } = palette;
  return {
    id: rule.id,
    gather: steps,
    lut,
    palette: entries,
    at: (lo, hi) => entries[lut[steps.gather(lo, hi)] ?? 0] as A,
  };
}

/** The fields that the rule reads and this layout has. */
const fieldsRead = <C, A>(rule: Rule<C, A>, format: Format): string[] => {
  const known = new Set(format.rows.map(({ key }) => key));
  return rule.reads.filter(key => known.has(key));
};

/** The compiled answer for one word: for tests and for single questions. */
export const lookup = <A>(table: Compiled<A>, word: Word): A => table.at(...split(word));
