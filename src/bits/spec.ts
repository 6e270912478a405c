/**
 * The rows that layouts are made of. A row says where a field stands (bit positions as printed in the manual, from the
 * high bit to the low one), how the manual spells it, and what its values mean. Everything that knows about bits is
 * computed from rows.
 */

/** Where a fact is written. `refs.ts` names the manuals and their editions. */
export interface Ref {
  readonly manual: string;
  readonly where: string;
}

/** Bits `hi` down to `lo`, both inclusive, as the manual prints them. */
export type Piece = readonly [hi: number, lo: number];

/** An encoding that the manual reserves. `acts` says what the manual lets the processor do with it. */
export interface Reserved {
  readonly reserved: string;
  readonly ref?: Ref;
}
export const reserved = (text = 'Reserved', ref?: Ref): Reserved =>
  ref ? { reserved: text, ref } : { reserved: text };

/** One name per encoding, index = value. Every value of the field must be there; `reserved()` marks the holes. */
export type ValueTable = readonly (string | Reserved)[];

/**
 * flag, bits, addr: a value the hardware reads; fixed: a constant that selects the format (descriptor type);
 * res0, res1: reserved; ignored: the hardware never looks; software: reserved for software's use.
 */
export type Kind = 'flag' | 'bits' | 'addr' | 'fixed' | 'res0' | 'res1' | 'ignored' | 'software';

export type Severity = 'error' | 'warning' | 'note';

export interface RowOptions {
  readonly values?: ValueTable;
  readonly ref?: Ref;
  /** One short remark for readers, printed by `formats`. */
  readonly note?: string;
  /** How bad it is when this row is violated (a reserved bit set, a reserved encoding used). */
  readonly severity?: Severity;
  /** How a violated reserved row is reported, where that is not `res0-set`: the finding's id and what the bits are. */
  readonly violation?: Violation;
}

export interface Violation {
  readonly id: string;
  /** Ends the sentence `bits 51:46 set but …`. */
  readonly text: string;
}

/** A field's row. `V` is the type its value decodes to; reserved rows decode to nothing (`never`). */
export interface Row<V = unknown> extends RowOptions {
  readonly kind: Kind;
  readonly name: string;
  /** Most significant piece first. */
  readonly pieces: readonly Piece[];
  /** The value is a bigint: addresses, and fields of more than 32 bits. */
  readonly big?: true;
  /** addr: the value is the gathered bits shifted left by this, so it is an address in bytes. */
  readonly shift: number;
  /** fixed: the value that the bits must have. */
  readonly value?: number;
  /** Carries the decoded type; never set. */
  readonly decodes?: V;
}

export type Bit = 0 | 1;
/**
 * The rows of a format by key. `undefined` stands only in the types of rows that may be absent, as projects without
 * `exactOptionalPropertyTypes` see them; `format` never meets one.
 */
export type Rows = Readonly<Record<string, Row | undefined>>;

const span = (hi: number, lo: number): string => (hi === lo ? `[${hi}]` : `[${hi}:${lo}]`);
const row = <V>(
  kind: Kind,
  name: string,
  pieces: readonly Piece[],
  options: RowOptions & { value?: number; big?: true } = {},
  shift = 0,
): Row<V> => ({
  kind,
  name,
  pieces,
  shift,
  ...options,
});

/** One bit. */
export const flag = (bit: number, name: string, options?: RowOptions): Row<Bit> =>
  row('flag', name, [[bit, bit]], options);

/** A field of up to 32 bits. */
export const bits = (hi: number, lo: number, name: string, options?: RowOptions): Row<number> =>
  row('bits', name, [[hi, lo]], options);

/** A field of up to 32 bits that stands in several places, most significant piece first. */
export const scattered = (name: string, pieces: readonly Piece[], options?: RowOptions): Row<number> =>
  row('bits', name, pieces, options);

/** A field of more than 32 bits that is no address. */
export const wide = (hi: number, lo: number, name: string, options?: RowOptions): Row<bigint> =>
  row('bits', name, [[hi, lo]], { ...options, big: true });

/**
 * An address, in bytes. Scattered addresses list their pieces, most significant first; the lowest bit of the last
 * piece is the address bit of the same number: `addr('OutputAddress', [9, 8], [49, 12])` is A[51:50] = d[9:8] over
 * A[49:12] = d[49:12].
 */
export const addr = (name: string, ...pieces: readonly Piece[]): Row<bigint> =>
  row('addr', name, pieces, { big: true }, pieces.at(-1)?.[1] ?? 0);

/**
 * An address, in bytes, that stands in the word as a page number: its lowest bit is address bit `lowest`, wherever the
 * field begins.
 */
export const pageNumber = (name: string, lowest: number, ...pieces: readonly Piece[]): Row<bigint> =>
  row('addr', name, pieces, { big: true }, lowest);

/** A constant that tells this format from its neighbours: the descriptor type, the page-size bit. */
export const fixed = (
  hi: number,
  lo: number,
  value: number,
  name: string,
  options?: RowOptions,
): Row<number> => row('fixed', name, [[hi, lo]], { ...options, value });

/** Must be zero. Arm: RES0. x86: reserved, a fault if set. */
export const res0 = (hi: number, lo = hi, options?: RowOptions & { name?: string }): Row<never> =>
  row('res0', options?.name ?? `RES0${span(hi, lo)}`, [[hi, lo]], options);

/** x86 "Reserved (must be 0)": the processor faults on a set bit, so it is an error and no warning. */
export const mbz = (
  hi: number,
  lo = hi,
  violation: Violation = { id: 'reserved-set', text: 'reserved (must be 0)' },
  options?: RowOptions,
): Row<never> => res0(hi, lo, { severity: 'error', violation, ...options, name: `Reserved${span(hi, lo)}` });

/** Must be one. */
export const res1 = (hi: number, lo = hi, options?: RowOptions): Row<never> =>
  row('res1', `RES1${span(hi, lo)}`, [[hi, lo]], options);

/** The hardware never looks at these bits. */
export const ignored = (hi: number, lo = hi, options?: RowOptions): Row<number> =>
  row('ignored', `IGNORED${span(hi, lo)}`, [[hi, lo]], options);

/** Reserved for software's use, under the name that software gave it, if any. */
export const software = (
  hi: number,
  lo = hi,
  name = `software${span(hi, lo)}`,
  options?: RowOptions,
): Row<number> => row('software', name, [[hi, lo]], options);

/** More than 32 bits that are all software's: most of an invalid entry. */
export const softwareWide = (hi: number, lo: number, name: string, options?: RowOptions): Row<bigint> =>
  row('software', name, [[hi, lo]], { ...options, big: true });

/**
 * One group of rows or another. The type says which keys are certain (none of these) and which may be there, so that
 * layouts which differ in one group still decode to exact types.
 */
export const choose = <A extends Rows, B extends Rows>(
  condition: unknown,
  a: A,
  b: B,
): Partial<A> & Partial<B> => (condition ? a : b) as unknown as Partial<A> & Partial<B>;
