import type { Decoded } from './infer.ts';
import { once } from './once.ts';
import type { Piece, Ref, Row, Rows } from './spec.ts';

/** What a format is, in words, and where the manual draws it. */
export interface About {
  readonly title: string;
  readonly ref: Ref;
  /** 32 for the entries of 32-bit paging; 64 otherwise. */
  readonly width?: 32 | 64;
}

/** A layout that owns every bit of the word exactly once. */
export interface Format<F extends Rows = Rows> {
  readonly id: string;
  readonly title: string;
  readonly ref: Ref;
  readonly width: 32 | 64;
  readonly fields: F;
  /** Every row with its key, from the highest bit down. */
  readonly rows: readonly FormatRow[];
  /** The type that `decode` returns; never set. */
  readonly decodes?: Decoded<F>;
}

export interface FormatRow extends Row {
  readonly key: string;
}

/** A layout that cannot be: thrown when its rows are made. */
export class LayoutError extends Error {
  override name = 'LayoutError';
}

export const pieceWidth = ([hi, lo]: Piece): number => hi - lo + 1;
export function rowWidth({ pieces }: Row): number {
  let width = 0;
  for (const piece of pieces) width += pieceWidth(piece);
  return width;
}
/** `54:53`, `63`, or `9:8,49:12` for scattered fields: positions as the manual prints them. */
export const positions = (pieces: readonly Piece[]): string =>
  pieces.map(([hi, lo]) => (hi === lo ? `${hi}` : `${hi}:${lo}`)).join(',');

/**
 * Declare a layout. Rows may come in any order (manuals: from bit 63 down); together they must own every bit once.
 *
 * @param fields the rows; or a function that makes them, called when somebody first looks at them. Registers are declared
 * so: there are some fifty, with a thousand rows, and a command reads two or three of them.
 * @throws LayoutError naming the format, the bit and the fields, for a gap, an overlap, positions outside the word, a
 * value table that does not list every value, a duplicate name, or a `bits` field of more than 32 bits. Thrown when the
 * rows are there: where a function makes them, by what looks at them first.
 */
export function format<const F extends Rows>(id: string, about: About, fields: F | (() => F)): Format<F> {
  const width = about.width ?? 64;
  const named = { id, title: about.title, ref: about.ref, width } as const;
  if (typeof fields !== 'function') return { ...named, fields, rows: checkedRows(named, fields) };
  const made = once(() => {
    const own = fields();
    return { fields: own, rows: checkedRows(named, own) };
  });
  return {
    ...named,
    get fields() {
      return made().fields;
    },
    get rows() {
      return made().rows;
    },
  };
}

const withKeys = new WeakMap<Row, FormatRow>();
/** A row with its key. One object for all layouts that share the row: what is worked out of it is kept by object. */
function keyed(row: Row, key: string): FormatRow {
  const known = withKeys.get(row);
  if (known?.key === key) return known;
  const made = { ...row, key };
  withKeys.set(row, made);
  return made;
}

/** The rows of a layout from the highest bit down, if it can be. */
function checkedRows({ id, width }: Pick<Format, 'id' | 'width'>, fields: Rows): readonly FormatRow[] {
  const rows = Object.entries(fields as Readonly<Record<string, Row>>).map(([key, row]) => keyed(row, key));
  const refuse = (text: string): never => {
    throw new LayoutError(`format ${id}: ${text}`);
  };
  const names = new Map<string, string>();
  const owned: [lo: number, hi: number] = [0, 0]; // masks: layouts are made by the hundred when a command starts
  for (const row of rows) {
    if (row.pieces.length === 0) refuse(`field '${row.key}' stands nowhere`);
    for (const [hi, lo] of row.pieces) {
      if (!(Number.isInteger(hi) && Number.isInteger(lo) && hi >= lo && lo >= 0 && hi < width))
        refuse(`field '${row.key}' stands at [${hi}:${lo}], which is no bit range of a ${width}-bit word`);
      const lower = hi < 32 ? ones(lo, hi) : lo < 32 ? ones(lo, 31) : 0;
      const upper = lo >= 32 ? ones(lo - 32, hi - 32) : hi >= 32 ? ones(0, hi - 32) : 0;
      if ((owned[0] & lower) | (owned[1] & upper)) overlap(rows, refuse);
      owned[0] |= lower;
      owned[1] |= upper;
    }
    checkRow(row, refuse);
    const twin = names.get(row.name);
    if (twin !== undefined) refuse(`fields '${twin}' and '${row.key}' have the same name '${row.name}'`);
    names.set(row.name, row.key);
  }
  if (owned[0] !== -1 || owned[1] !== (width === 64 ? -1 : 0)) gap(rows, width, refuse);
  return rows.sort((a, b) => top(b) - top(a));
}

/** The highest bit of a row. */
const top = ({ pieces }: Row): number =>
  pieces.length === 1 && pieces[0] ? pieces[0][0] : Math.max(...pieces.map(([hi]) => hi));

function checkRow(row: FormatRow, refuse: (text: string) => never): void {
  const width = rowWidth(row);
  const valued = row.kind !== 'res0' && row.kind !== 'res1';
  if (valued && !row.big && width > 32)
    refuse(`field '${row.key}' has ${width} bits: declare it with wide() or softwareWide()`);
  const value = row.value ?? -1;
  if (row.kind === 'fixed' && !(Number.isInteger(value) && value >= 0 && value < 2 ** width))
    refuse(`field '${row.key}' is fixed to ${row.value}, which does not fit ${width} bits`);
  if (row.values && row.values.length !== 2 ** width)
    refuse(`field '${row.key}' has ${2 ** width} values but its table lists ${row.values.length}`);
}

/** Bits `lo` to `hi` of a 32-bit half, as a signed number. */
const ones = (lo: number, hi: number): number => (2 ** (hi - lo + 1) - 1) << lo;

/** Name the bit and the two rows that own it. */
function overlap(rows: readonly FormatRow[], refuse: (text: string) => never): void {
  const owner: (FormatRow | undefined)[] = [];
  for (const row of rows)
    for (const [hi, lo] of row.pieces)
      for (let bit = lo; bit <= hi; bit++) {
        const other = owner[bit];
        if (other) refuse(`bit ${bit} belongs to both '${other.key}' and '${row.key}'`);
        owner[bit] = row;
      }
}

/** Name the highest bit that no row owns. */
function gap(rows: readonly FormatRow[], width: number, refuse: (text: string) => never): void {
  const owner: (FormatRow | undefined)[] = Array.from({ length: width });
  for (const row of rows)
    for (const [hi, lo] of row.pieces) for (let bit = lo; bit <= hi; bit++) owner[bit] = row;
  for (let bit = width - 1; bit >= 0; bit--)
    if (!owner[bit]) refuse(`bit ${bit} belongs to no field${neighbours(owner, bit)}`);
}

/** Which fields stand beside an unowned bit: the place to look for the mistake. */
function neighbours(owner: readonly (FormatRow | undefined)[], bit: number): string {
  const above = owner.slice(bit + 1).find(row => row);
  const below = owner.slice(0, bit).findLast(row => row);
  const names = [above, below]
    .filter(row => row !== undefined)
    .map(row => `'${row.key}' [${positions(row.pieces)}]`);
  return names.length > 0 ? ` (beside ${names.join(' and ')})` : '';
}
