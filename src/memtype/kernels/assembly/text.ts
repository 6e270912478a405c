/**
 * Hex text to words. A word is `0x` with 1 to 16 digits, or 16 digits alone, between separators. One that a colon
 * follows is the address column of a dump. Whatever else looks like a token is counted.
 */
import { TEXT_ADDRESSES, TEXT_LETTER, TEXT_OTHERS, TEXT_SEPARATOR } from '../layout.ts';

const COLON: u32 = 0x3a;
/** `0x` as it stands in memory; the mask lets `X` pass. */
const PREFIX: u32 = 0x7830;
const LOWER_X: u32 = 0x2000;

/** Sixteen digits as a word. */
function word16(digits: v128, letters: v128): u64 {
  // digits hold 0..9 where they are digits; letters hold 0..5 where they are letters
  const isDigit = i8x16.le_u(digits, i8x16.splat(9));
  const nibbles = v128.bitselect(digits, i8x16.add(letters, i8x16.splat(10)), isDigit);
  // in every 16-bit lane: first digit << 4 | second digit, then the lanes from last to first
  const pairs = v128.or(i16x8.shl(nibbles, 4), i16x8.shr_u(nibbles, 8));
  return i64x2.extract_lane(
    i8x16.swizzle(pairs, i8x16(14, 12, 10, 8, 6, 4, 2, 0, -1, -1, -1, -1, -1, -1, -1, -1)),
    0,
  );
}

/**
 * The words of `bytes` bytes at `text`, to `out`; answers how many. `classes` says for each byte whether it is a digit
 * (its value), another letter, or separates. `TEXT_PADDING` separators must follow the text.
 */
export function hexWords(text: usize, bytes: usize, out: usize, classes: usize, result: usize): usize {
  const first = out;
  const end = text + bytes;
  let addresses: u32 = 0;
  let others: u32 = 0;
  while (text < end) {
    // a token begins here, or a separator stands here
    const digitsAt = text + ((<u32>load<u16>(text) | LOWER_X) === PREFIX ? 2 : 0);
    const chars = v128.load(digitsAt);
    const digits = i8x16.sub(chars, i8x16.splat(0x30));
    const letters = i8x16.sub(v128.or(chars, i8x16.splat(0x20)), i8x16.splat(0x61));
    const hex = v128.or(i8x16.le_u(digits, i8x16.splat(9)), i8x16.le_u(letters, i8x16.splat(5)));
    const after = <u32>load<u8>(digitsAt, 16);
    if (i8x16.all_true(hex) && load<u8>(classes + after) === TEXT_SEPARATOR) {
      if (after === COLON) addresses++;
      else {
        store<u64>(out, word16(digits, letters));
        out += 8;
      }
      text = digitsAt + 17;
      continue;
    }
    if (load<u8>(classes + load<u8>(text)) === TEXT_SEPARATOR) {
      text++;
      continue;
    }
    let at = digitsAt;
    let word: u64 = 0;
    let kind = <i32>load<u8>(classes + load<u8>(at));
    for (; kind < TEXT_LETTER; kind = <i32>load<u8>(classes + load<u8>(++at))) word = (word << 4) | <u64>kind;
    const count = at - digitsAt;
    const whole = kind === TEXT_SEPARATOR && digitsAt !== text && count > 0 && count <= 16;
    while (load<u8>(classes + load<u8>(at)) !== TEXT_SEPARATOR) at++;
    if (load<u8>(at) === COLON && kind === TEXT_SEPARATOR && count > 0) addresses++;
    else if (whole) {
      store<u64>(out, word);
      out += 8;
    } else others++;
    text = at + 1;
  }
  store<u32>(result, addresses, TEXT_ADDRESSES);
  store<u32>(result, others, TEXT_OTHERS);
  return (out - first) >> 3;
}
