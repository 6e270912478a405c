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

/** `0x` and as many digits as asked for (16 for an entry): the way every dump prints one. */
export const hexWord = (word: Word, digits = 16): string => `0x${word.toString(16).padStart(digits, '0')}`;

/** `0x` without leading zeros, for addresses and sizes. */
export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** Text that is no number, or none that fits: says what was read and what would be accepted. */
export class WordSyntaxError extends Error {
  override name = 'WordSyntaxError';
}

const SUFFIX: Readonly<Record<string, bigint>> = { k: 10n, m: 20n, g: 30n, t: 40n, p: 50n, e: 60n };

/**
 * A 64-bit number as people write it: `0x` hex, `0b` binary, decimal; `_`, `'` and WinDbg's backtick may group digits;
 * K, M, G, T, P (with optional `iB` or `B`) and EiB multiply decimal numbers; a bare E is a hex digit.
 * Without a prefix, text with a digit a-f, or of exactly 16 digits, is hex: that is how every dump prints an entry.
 * Text, never a JavaScript number: a number has already lost its low bits.
 *
 * @throws WordSyntaxError for anything else, and for values of more than 64 bits.
 */
export function parseWord(text: string): Word {
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return BigInt(text); // nearly every word is written like this
  const plain = text.trim().replace(/[_`']/g, '').toLowerCase();
  let value: bigint;
  const scaled = /^(\d+)(?:([kmgtp])(?:i?b)?|(e)ib)$/.exec(plain);
  if (/^0x[0-9a-f]+$/.test(plain) || /^0b[01]+$/.test(plain)) value = BigInt(plain);
  else if (/^[0-9a-f]{16}$/.test(plain)) value = BigInt(`0x${plain}`);
  else if (scaled) value = BigInt(scaled[1] ?? '') << (SUFFIX[scaled[2] ?? scaled[3] ?? ''] ?? 0n);
  else if (/^\d+$/.test(plain)) value = BigInt(plain);
  else if (/^[0-9a-f]+$/.test(plain)) value = BigInt(`0x${plain}`);
  else
    throw new WordSyntaxError(`'${text}' is not a number: write 0x1234, 0b1010, 4096, 2M or bare hex digits`);
  if (value > WORD_MASK) throw new WordSyntaxError(`'${text}' needs more than 64 bits`);
  return value;
}
