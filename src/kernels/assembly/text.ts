/**
 * Hex text to words. A word is `0x` with 1 to 16 digits, or 16 digits alone, between separators. One that a colon
 * follows is the address column of a dump. Whatever else looks like a token is counted.
 */
import { TEXT_ADDRESSES, TEXT_LETTER, TEXT_OTHERS, TEXT_SEPARATOR } from '../layout.ts';

const COLON: u32 = 0x3a;
const SPACE: u32 = 0x20;
/** `0x` as it stands in memory; the mask lets `X` pass. */
const PREFIX: u32 = 0x7830;
const LOWER_X: u32 = 0x2000;

/** Are sixteen characters hex digits? A mask of bits is tested sooner than a vector. */
function allHex(chars: v128): bool {
  const digits = i8x16.le_u(i8x16.sub(chars, i8x16.splat(0x30)), i8x16.splat(9));
  const letters = i8x16.le_u(i8x16.sub(v128.or(chars, i8x16.splat(0x20)), i8x16.splat(0x61)), i8x16.splat(5));
  return i8x16.bitmask(v128.or(digits, letters)) === 0xffff;
}

/** Sixteen hex digits as a word. */
function word16(chars: v128): u64 {
  // the low nibble of a digit is its value, that of a letter nine less
  const nine = v128.and(i8x16.gt_s(chars, i8x16.splat(0x39)), i8x16.splat(9));
  const nibbles = i8x16.add(v128.and(chars, i8x16.splat(15)), nine);
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
    // A token begins here, or a separator stands here. First the two that dumps are made of: `0x` and 16 digits, and 16
    // digits without. Two branches, not one with a variable offset: they are guessed well, and the next token does not
    // have to wait for this one's first bytes.
    if ((<u32>load<u16>(text) | LOWER_X) === PREFIX) {
      const chars = v128.load(text, 2);
      const after = <u32>load<u8>(text, 18);
      if (allHex(chars) && load<u8>(classes + after) === TEXT_SEPARATOR && after !== COLON) {
        store<u64>(out, word16(chars));
        out += 8;
        text += 19;
        continue;
      }
    } else {
      const chars = v128.load(text);
      const after = <u32>load<u8>(text, 16);
      if (allHex(chars) && load<u8>(classes + after) === TEXT_SEPARATOR) {
        if (after === COLON) {
          addresses++;
          text += <u32>load<u8>(text, 17) === SPACE ? 18 : 17;
        } else {
          store<u64>(out, word16(chars));
          out += 8;
          text += 17;
        }
        continue;
      }
    }
    if (load<u8>(classes + load<u8>(text)) === TEXT_SEPARATOR) {
      text++;
      continue;
    }
    const prefixed = (<u32>load<u16>(text) | LOWER_X) === PREFIX;
    const digits = prefixed ? text + 2 : text;
    let at = digits;
    let word: u64 = 0;
    let kind = <i32>load<u8>(classes + load<u8>(at));
    for (; kind < TEXT_LETTER; kind = <i32>load<u8>(classes + load<u8>(++at))) word = (word << 4) | <u64>kind;
    const count = at - digits;
    const ends = kind === TEXT_SEPARATOR && count > 0;
    if (ends && load<u8>(at) === COLON) addresses++;
    else if (ends && prefixed && count <= 16) {
      store<u64>(out, word);
      out += 8;
    } else others++;
    while (load<u8>(classes + load<u8>(at)) !== TEXT_SEPARATOR) at++;
    text = at + 1;
  }
  store<u32>(result, addresses, TEXT_ADDRESSES);
  store<u32>(result, others, TEXT_OTHERS);
  return (out - first) >> 3;
}
