/**
 * Layouts nobody would draw: any partition of a word into fields, scattered pieces in any order, every kind of row.
 * And an oracle that reads words as text, one character per bit, so that it shares nothing with the code it judges.
 */
import fc from 'fast-check';
import { type Format, format } from '../../src/bits/format.ts';
import {
  addr,
  bits,
  fixed,
  flag,
  ignored,
  type Piece,
  type Row,
  res0,
  res1,
  reserved,
  scattered,
  software,
  softwareWide,
  type ValueTable,
  wide,
} from '../../src/bits/spec.ts';
import type { Word } from '../../src/bits/word.ts';

/** A row as the generator meant it. */
export interface Meant {
  readonly key: string;
  readonly kind: 'flag' | 'bits' | 'wide' | 'addr' | 'fixed' | 'res0' | 'res1' | 'ignored' | 'software';
  readonly pieces: readonly Piece[];
  readonly value: number;
  readonly values?: ValueTable;
}

export interface RandomFormat {
  readonly format: Format;
  readonly meant: readonly Meant[];
}

export const widthOf = (row: Pick<Meant, 'pieces'>): number =>
  row.pieces.reduce((sum, [hi, lo]) => sum + hi - lo + 1, 0);

/** The characters of a word at these pieces, most significant first. */
const text = (word: Word, pieces: readonly Piece[]): string => {
  const all = word.toString(2).padStart(64, '0');
  return pieces.map(([hi, lo]) => all.slice(63 - hi, 64 - lo)).join('');
};
/** What the pieces of a row hold, without any shift. */
export const rawOf = (row: Pick<Meant, 'pieces'>, word: Word): bigint =>
  BigInt(`0b${text(word, row.pieces)}`);
/** What decoding must give: an address in bytes, a bigint where the field is wide, otherwise a number. */
export function oracle(row: Meant, word: Word): number | bigint {
  if (row.kind === 'addr')
    return BigInt(`0b${text(word, row.pieces)}${'0'.repeat(row.pieces.at(-1)?.[1] ?? 0)}`);
  return row.kind === 'wide' || widthOf(row) > 32 ? rawOf(row, word) : Number(rawOf(row, word));
}

function rowOf(row: Meant): Row {
  const [hi, lo] = row.pieces[0] ?? [0, 0];
  const name = `Field_${row.key}`;
  const options = row.values ? { values: row.values } : {};
  switch (row.kind) {
    case 'flag':
      return flag(hi, name, options);
    case 'bits':
      return row.pieces.length > 1 ? scattered(name, row.pieces, options) : bits(hi, lo, name, options);
    case 'wide':
      return wide(hi, lo, name);
    case 'addr':
      return addr(name, ...row.pieces);
    case 'fixed':
      return fixed(hi, lo, row.value, name);
    case 'res0':
      return res0(hi, lo);
    case 'res1':
      return res1(hi, lo);
    case 'ignored':
      return ignored(hi, lo);
    case 'software':
      return widthOf(row) > 32 ? softwareWide(hi, lo, name) : software(hi, lo, name);
  }
}

/** Cut points, an order, and dice: everything else follows from them. */
const arbitrary = (width: 32 | 64): fc.Arbitrary<RandomFormat> =>
  fc
    .record({
      cuts: fc.uniqueArray(fc.integer({ min: 1, max: width - 1 }), { maxLength: 24 }),
      order: fc.array(fc.nat(), { minLength: 26, maxLength: 26 }),
      dice: fc.array(fc.nat(999), { minLength: 26, maxLength: 26 }),
      count: fc.integer({ min: 1, max: 4 }),
    })
    .map(({ cuts, order, dice, count }) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), width];
      const pieces = edges
        .slice(1)
        .map((end, index): Piece => [end - 1, edges[index] ?? 0])
        .map((piece, index) => ({ piece, rank: order[index] ?? 0 }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ piece }) => piece);
      const meant: Meant[] = [];
      for (let at = 0; at < pieces.length; ) {
        const roll = dice[meant.length] ?? 0;
        const row = meantRow(`f${meant.length}`, pieces.slice(at, at + 1 + (roll % count)), roll);
        meant.push(row);
        at += row.pieces.length;
      }
      const fields = Object.fromEntries(meant.map(row => [row.key, rowOf(row)]));
      const about = { title: 'random', ref: { manual: 'test', where: 'random' }, width };
      return { format: format('test.random', about, fields), meant };
    });

/** Give pieces a kind that can hold them; kinds of one piece take the first. */
function meantRow(key: string, pieces: readonly Piece[], roll: number): Meant {
  const value = roll * 7919;
  const one = pieces.slice(0, 1);
  const narrow = widthOf({ pieces: one }) <= 32;
  const kinds = ['bits', 'addr', 'fixed', 'res0', 'res1', 'ignored', 'software', 'bits'] as const;
  const kind = kinds[Math.floor(roll / 4) % kinds.length] ?? 'bits';
  if (kind === 'addr') return { key, kind, pieces, value };
  if (kind === 'bits' && widthOf({ pieces }) <= 32) {
    const width = widthOf({ pieces });
    const values: ValueTable | undefined =
      width <= 3
        ? Array.from({ length: 2 ** width }, (_, code) =>
            (code * 37 + roll) % 4 === 0 ? reserved(`not ${code}`) : `value ${code}`,
          )
        : undefined;
    const row: Meant = { key, kind: width === 1 ? 'flag' : kind, pieces, value };
    return values ? { ...row, values } : row;
  }
  if (kind === 'res0' || kind === 'res1' || kind === 'software') return { key, kind, pieces: one, value };
  if (!narrow) return { key, kind: 'wide', pieces: one, value };
  if (kind === 'fixed') return { key, kind, pieces: one, value: value % 2 ** widthOf({ pieces: one }) };
  return { key, kind: 'ignored', pieces: one, value };
}

export const randomFormat: fc.Arbitrary<RandomFormat> = fc.oneof(
  { weight: 3, arbitrary: arbitrary(64) },
  { weight: 1, arbitrary: arbitrary(32) },
);
/** Words of the format's width; sparse, dense and edge words as well as random ones. */
export const randomWord = (width: number): fc.Arbitrary<Word> => {
  const all = (1n << BigInt(width)) - 1n;
  return fc.oneof(
    fc.bigInt({ min: 0n, max: all }),
    fc.integer({ min: 0, max: width - 1 }).map(bit => 1n << BigInt(bit)),
    fc.integer({ min: 0, max: width - 1 }).map(bit => all ^ (1n << BigInt(bit))),
    fc.constantFrom(0n, all),
  );
};
/** A format and a word for it. */
export const formatAndWord = randomFormat.chain(random =>
  fc.tuple(fc.constant(random), randomWord(random.format.width)),
);
