/**
 * Decode, encode, patch and check, all computed from a format's rows.
 *
 * Decoding answers every word. Encoding refuses what cannot be, naming format, field, bits and value.
 */
import type { Format, FormatRow } from './format.ts';
import { pieceWidth, positions, rowWidth } from './format.ts';
import type { Decoded } from './infer.ts';
import type { Kind, Piece, Ref, Row, Rows, Severity } from './spec.ts';
import { hex, split, type Word } from './word.ts';

/** Something worth saying about a word: reserved bits, reserved encodings, an address that is out of range… */
export interface Finding {
  /** Stable, for scripts: `res0-set`, `reserved-encoding`… */
  readonly id: string;
  readonly severity: Severity;
  /** The bits it is about, as the manual prints positions: `50`, `9:8,49:12`. Empty for the whole word. */
  readonly bits: string;
  readonly message: string;
  readonly ref?: Ref;
}

/** A value that a format cannot hold. The sentence names format, field, bits and value. */
export class EncodeError extends Error {
  override name = 'EncodeError';
}

/** One field as a run of bits of one 32-bit half, to be added at `weight`. Fields that cross bit 32 have two. */
interface Part {
  readonly half: 0 | 1;
  readonly right: number;
  readonly mask: number;
  readonly weight: number;
}

/** Split the pieces of a row at bit 32. `weight` is the power of two of the part's lowest bit in the value. */
export function partsOf(row: Pick<Row, 'pieces'>): readonly (Part & { readonly position: number })[] {
  const parts: (Part & { position: number })[] = [];
  let position = row.pieces.reduce((n, piece) => n + pieceWidth(piece), 0);
  for (const [hi, lo] of row.pieces) {
    const halves: Piece[] =
      hi >= 32 && lo < 32
        ? [
            [hi, 32],
            [31, lo],
          ]
        : [[hi, lo]];
    for (const [top, bottom] of halves) {
      const width = top - bottom + 1;
      position -= width;
      const half = bottom >= 32 ? 1 : 0;
      parts.push({ half, right: bottom - 32 * half, mask: 2 ** width - 1, weight: 2 ** position, position });
    }
  }
  return parts;
}

type Reader = (lo: number, hi: number) => number | bigint;

/** Rows are read by `decode`, `check` and `describe` alike: their readers are made once. */
const readers = new WeakMap<Row, Reader>();
function readerOf(row: Row): Reader {
  let read = readers.get(row);
  if (!read) {
    read = makeReader(row);
    readers.set(row, read);
  }
  return read;
}

function makeReader(row: Row): Reader {
  const parts = partsOf(row);
  const bitsOf = (part: Part, lo: number, hi: number): number =>
    (((part.half ? hi : lo) >>> part.right) & part.mask) >>> 0;
  const big = row.big || rowWidth(row) > 32; // reserved rows of any width need no declaration
  const [only] = parts;
  if (parts.length === 1 && only && !big) return (lo, hi) => bitsOf(only, lo, hi);
  const sum = (lo: number, hi: number): number =>
    parts.reduce((value, part) => value + bitsOf(part, lo, hi) * part.weight, 0);
  if (!big) return sum;
  const shift = BigInt(row.shift);
  if (rowWidth(row) <= 53) return (lo, hi) => BigInt(sum(lo, hi)) << shift; // an ordinary number is exact
  return (lo, hi) =>
    parts.reduce((value, part) => value | (BigInt(bitsOf(part, lo, hi)) << BigInt(part.position)), 0n) <<
    shift;
}

/** The bits that a row owns, as masks of both halves. */
function halvesOf(row: Row): readonly [lo: number, hi: number] {
  const masks: [lo: number, hi: number] = [0, 0];
  for (const { half, mask, right } of partsOf(row)) masks[half] |= mask << right;
  return masks;
}

/** Does decoding give this row a value? Reserved rows have none. */
export const carriesValue = (row: Row): boolean => row.kind !== 'res0' && row.kind !== 'res1';

interface Compiled {
  readonly readers: readonly (readonly [key: string, read: Reader])[];
  readonly checks: readonly ((lo: number, hi: number) => Finding | undefined)[];
}

const compiled = new WeakMap<Format, Compiled>();
function compile(format: Format): Compiled {
  let made = compiled.get(format);
  if (!made) {
    made = {
      readers: format.rows.filter(carriesValue).map(row => [row.key, readerOf(row)]),
      checks: format.rows.flatMap(row => checkOf(format, row)),
    };
    compiled.set(format, made);
  }
  return made;
}

/** Every field of a word, by key. Answers any word. */
export function decode<F extends Rows>(format: Format<F>, word: Word): Decoded<F> {
  const [lo, hi] = split(word);
  const fields: Record<string, number | bigint> = {};
  for (const [key, read] of compile(format).readers) fields[key] = read(lo, hi);
  return fields as Decoded<F>;
}

/** Fields that are numbered from 0: `attr0` to `attr7` are those of `attr`. */
export function fieldsOf(format: Format, word: Word, name: string): readonly number[] {
  const fields = decode(format, word) as Readonly<Record<string, number | bigint | undefined>>;
  const found: number[] = [];
  for (let i = 0; fields[`${name}${i}`] !== undefined; i++) found.push(Number(fields[`${name}${i}`]));
  return found;
}

/** One field of a word, whatever its row. Reserved rows give their bits. */
export const readRow = (row: Row, word: Word): number | bigint => readerOf(row)(...split(word));

/**
 * One narrow field of entries given as halves, for where many are asked the same.
 *
 * @throws RangeError for a field that the format does not have
 */
export function fieldReader(format: Format, key: string): (lo: number, hi: number) => number {
  const row = format.rows.find(row => row.key === key);
  if (!row) throw new RangeError(`${format.id} has no field '${key}'`);
  const read = readerOf(row);
  return (lo, hi) => Number(read(lo, hi));
}

/** What the rows alone can say against a word: reserved bits, reserved encodings, another format's type bits. */
export function check(format: Format, word: Word): Finding[] {
  const [lo, hi] = split(word);
  const findings: Finding[] = [];
  for (const judge of compile(format).checks) {
    const finding = judge(lo, hi);
    if (finding) findings.push(finding);
  }
  return findings;
}

function checkOf(format: Format, row: FormatRow): ((lo: number, hi: number) => Finding | undefined)[] {
  const about = (
    id: string,
    severity: Severity,
    bits: string,
    message: string,
    ref = row.ref ?? format.ref,
  ): Finding => ({
    id,
    severity: row.severity ?? severity,
    bits,
    message,
    ref,
  });
  const { kind, values } = row;
  if (kind === 'res0' || kind === 'res1') {
    const [lower, upper] = halvesOf(row);
    const flip = kind === 'res0' ? 0 : -1; // the bits are wrong where they are set, or where they are clear
    return [
      (lo, hi) => {
        const wrongLo = ((lo ^ flip) & lower) >>> 0;
        const wrongHi = ((hi ^ flip) & upper) >>> 0;
        if (wrongLo === 0 && wrongHi === 0) return undefined;
        const where = setBits(row, BigInt(readerOf(row)(wrongLo, wrongHi)));
        const { violation } = row;
        if (violation)
          return about(
            violation.id,
            'warning',
            where,
            `${/[:,]/.test(where) ? 'bits' : 'bit'} ${where} set but ${violation.text}`,
          );
        const label = row.name.startsWith('RES') ? kind.toUpperCase() : row.name;
        return about(
          `${kind}-${flip === 0 ? 'set' : 'clear'}`,
          'warning',
          where,
          `${/^\d+$/.test(where) ? `bit ${where} is` : `bits ${where} are`} ${label} but ${flip === 0 ? 'set' : 'clear'}`,
        );
      },
    ];
  }
  const read = readerOf(row);
  if (kind === 'fixed')
    return [
      (lo, hi) =>
        read(lo, hi) === row.value
          ? undefined
          : about(
              'format-mismatch',
              'error',
              positions(row.pieces),
              `${row.name} is ${read(lo, hi)}, not ${row.value}: the word is no ${format.title}`,
            ),
    ];
  if (!values?.some(value => typeof value !== 'string')) return [];
  return [
    (lo, hi) => {
      const code = Number(read(lo, hi));
      const value = values[code];
      if (value === undefined || typeof value === 'string') return undefined;
      return about(
        'reserved-encoding',
        'error',
        positions(row.pieces),
        `${row.name} = ${binary(code, rowWidth(row))}: ${value.reserved}`,
        value.ref ?? row.ref ?? format.ref,
      );
    },
  ];
}

/** `0b0101`: how the manuals print field values. */
export const binary = (value: number | bigint, width: number): string =>
  `0b${value.toString(2).padStart(width, '0')}`;

/** Where in the word the set bits of a field's value stand, as the manual prints positions: `51:50,48`. No shift. */
export function setBits(row: Pick<Row, 'pieces'>, value: bigint): string {
  const set: Piece[] = [];
  for (const { position, mask, right, half } of partsOf(row))
    for (let bit = Math.log2(mask + 1) - 1; bit >= 0; bit--) {
      if (((value >> BigInt(position + bit)) & 1n) === 0n) continue;
      const at = right + 32 * half + bit;
      const last = set.at(-1);
      if (last && last[1] === at + 1) set[set.length - 1] = [last[0], at];
      else set.push([at, at]);
    }
  return positions(set);
}

/** `bit 10`, `bits 9:8`. */
export const placesOf = (row: FormatRow): string =>
  `${rowWidth(row) === 1 ? 'bit' : 'bits'} ${positions(row.pieces)}`;

/** A field's bits in place, or a refusal. */
function place(format: Format, row: FormatRow, value: number | bigint): Word {
  const where = `${format.id}: field '${row.key}' (${row.name}, ${placesOf(row)})`;
  if (typeof value !== 'bigint' && !Number.isSafeInteger(value))
    throw new EncodeError(
      `${where} cannot hold ${value}: ${Number.isInteger(value) ? 'beyond 2^53 only a bigint is exact' : 'not a whole number'}`,
    );
  const given = BigInt(value);
  if (given < 0n) throw new EncodeError(`${where} cannot hold ${given}: it is negative`);
  const shift = BigInt(row.shift);
  const wanted = given >> shift;
  if (wanted >> BigInt(rowWidth(row)) !== 0n)
    throw new EncodeError(
      `${where} cannot hold ${hex(given)}: it ${row.kind === 'addr' ? `goes up to ${hex(((1n << BigInt(rowWidth(row))) - 1n) << shift)}` : `has ${rowWidth(row)} bit${rowWidth(row) === 1 ? '' : 's'}${choices(row)}`}`,
    );
  if (wanted << shift !== given)
    throw new EncodeError(`${where} cannot hold ${hex(given)}: not a multiple of ${hex(1n << shift)}`);
  if (row.kind === 'fixed' && given !== BigInt(row.value ?? 0))
    throw new EncodeError(`${where} is always ${row.value} in this format, not ${hex(given)}`);
  const meaning = row.values?.[Number(wanted)];
  if (meaning !== undefined && typeof meaning !== 'string')
    throw new EncodeError(`${where} cannot hold ${binary(wanted, rowWidth(row))}: ${meaning.reserved}`);
  return scatterInto(row, wanted);
}

/** What the values of a field are called, for who typed something else: `, for 32 bits, 36 bits or 40 bits`. */
function choices({ values = [] }: FormatRow): string {
  const named = values.filter(meaning => typeof meaning === 'string');
  return named.length === 0 ? '' : `: ${named.join(', ')}`;
}

/** Spread a gathered value over the pieces of a row. */
function scatterInto(row: Row, value: bigint): Word {
  let word = 0n;
  for (const { half, right, mask, position } of partsOf(row))
    word |= ((value >> BigInt(position)) & BigInt(mask)) << BigInt(right + 32 * half);
  return word;
}

/** The bits of a word that a row owns, as a mask. */
export const maskOf = (row: Row): Word => scatterInto(row, (1n << BigInt(rowWidth(row))) - 1n);

/** The bits of some fields of a format; of fields that it does not have, none. */
export const fieldMask = (format: Format, ...keys: readonly string[]): Word =>
  format.rows.reduce((mask, row) => (keys.includes(row.key) ? mask | maskOf(row) : mask), 0n);

/** The bits of a format whose rows are of these kinds. */
export function kindMask(format: Format, ...kinds: readonly Kind[]): Word {
  return format.rows.reduce((mask, row) => (kinds.includes(row.kind) ? mask | maskOf(row) : mask), 0n);
}

const rowOf = (format: Format, key: string): FormatRow => {
  const row = format.rows.find(row => row.key === key && carriesValue(row));
  if (row) return row;
  const known = format.rows.filter(carriesValue).map(row => row.key);
  throw new EncodeError(`${format.id}: no field '${key}'; it has ${known.join(', ')}`);
};

/**
 * The word with these fields. Fields not given are zero; constants and RES1 bits are set by themselves.
 *
 * @throws EncodeError for a field the format does not have, a value that does not fit, an address off its alignment, or
 * an encoding that the manual reserves.
 */
export function encode<F extends Rows>(format: Format<F>, fields: Partial<Decoded<F>>): Word {
  let word = 0n;
  for (const row of format.rows) {
    if (row.kind === 'res1') word |= maskOf(row);
    if (row.kind === 'fixed') word |= scatterInto(row, BigInt(row.value ?? 0));
  }
  for (const [key, value] of Object.entries(fields)) {
    const row = rowOf(format, key);
    word = (word & ~maskOf(row)) | place(format, row, value as number | bigint);
  }
  return word;
}

/**
 * The word with some fields replaced and every other bit kept. `patch(f, w, decode(f, w)) === w` for every word: a
 * value that the word already holds is never refused, whatever the manual says of it.
 *
 * @throws EncodeError as `encode` does, for fields that change.
 */
export function patch<F extends Rows>(format: Format<F>, word: Word, fields: Partial<Decoded<F>>): Word {
  for (const [key, value] of Object.entries(fields)) {
    const row = rowOf(format, key);
    // biome-ignore lint/suspicious/noDoubleEquals: 5 and 5n are the same value of a field
    if (readRow(row, word) == value) continue;
    word = (word & ~maskOf(row)) | place(format, row, value as number | bigint);
  }
  return word;
}
