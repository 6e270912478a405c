/**
 * A word: one 64-bit (or 32-bit) entry or register value.
 *
 * BigInt at the edges, where one word is parsed, decoded or printed; inside loops a word is a pair of unsigned
 * 32-bit numbers, always `(lo, hi)`.
 */
export type Word = bigint;

export const WORD_MASK = 0xffff_ffff_ffff_ffffn;

/** The halves of a word, `(lo, hi)`, both unsigned. */
export const split = (word: Word): readonly [lo: number, hi: number] => [
  Number(word & 0xffff_ffffn),
  Number((word >> 32n) & 0xffff_ffffn),
];

/** The word of two unsigned halves. */
export const join = (lo: number, hi: number): Word => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);

/** One bit of a word whose bits are numbered by data: a list of names, a diagram. What has a row is decoded. */
export const bitAt = (word: Word, bit: number): 0 | 1 => ((word >> BigInt(bit)) & 1n ? 1 : 0);

/** `0x` and as many digits as asked for (16 for an entry): the way every dump prints one. */
export const hexWord = (word: Word, digits = 16): string => `0x${word.toString(16).padStart(digits, '0')}`;

/** `0x` without leading zeros, for addresses and sizes. */
export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** Text that is no number, or none that fits: says what was read and what would be accepted. */
export class WordSyntaxError extends Error {
  override name = 'WordSyntaxError';
}

const SUFFIX: Readonly<Record<string, bigint>> = { k: 10n, m: 20n, g: 30n, t: 40n, p: 50n, e: 60n };

/** `2M`, `512GiB`: digits are decimal beside a size; a bare E is a hex digit. */
const SIZED = /^(\d+)(?:([kmgtp])(?:i?b)?|(e)ib)$/;
/** `_`, `'` and WinDbg's backtick may group digits. */
const plainOf = (text: string): string => text.trim().replace(/[_`']/g, '').toLowerCase();

function sizeOf(plain: string): Word | undefined {
  const [, digits, unit, exa] = SIZED.exec(plain) ?? [];
  return digits === undefined ? undefined : BigInt(digits) << (SUFFIX[unit ?? exa ?? ''] ?? 0n);
}

function within(value: Word, text: string): Word {
  if (value > WORD_MASK) throw new WordSyntaxError(`'${text}' needs more than 64 bits`);
  return value;
}

/**
 * A word, an address, a register's value, an error code: hexadecimal with and without `0x`, as every dump prints them. `0b`
 * with more than one digit is binary; K, M, G, T, P (with optional `iB` or `B`) and EiB make a size of a decimal number.
 * Text, never a JavaScript number: a number has already lost its low bits.
 *
 * @throws WordSyntaxError for anything else, and for values of more than 64 bits.
 */
export function parseWord(text: string): Word {
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return BigInt(text); // nearly every word is written like this
  const plain = plainOf(text);
  if (/^0x[0-9a-f]+$/.test(plain) || /^0b[01]+$/.test(plain)) return within(BigInt(plain), text);
  if (/^[0-9a-f]+$/.test(plain)) return within(BigInt(`0x${plain}`), text);
  const size = sizeOf(plain);
  if (size !== undefined) return within(size, text);
  throw new WordSyntaxError(`'${text}' is not a number: write 0x1234, bare hex digits, 0b1010 or 2M`);
}

/**
 * A count or a size: decimal, `0x` hexadecimal, `0b` binary, with K, M, G… as in `parseWord`.
 *
 * @throws WordSyntaxError for anything else, and for values of more than 64 bits.
 */
export function parseCount(text: string): Word {
  const plain = plainOf(text);
  if (/^(?:0x[0-9a-f]+|0b[01]+|\d+)$/.test(plain)) return within(BigInt(plain), text);
  const size = sizeOf(plain);
  if (size !== undefined) return within(size, text);
  throw new WordSyntaxError(`'${text}' is not a number: write 4096, 0x1000 or 4K`);
}

/**
 * Could somebody mean another number by this word? Digits alone that no dump would print so: fewer than eight, without a
 * leading zero. What is read as hexadecimal here is said.
 */
export const couldBeDecimal = (text: string): boolean => /^[1-9]\d{1,6}$/.test(plainOf(text));
