/**
 * From words to codes. What a code means is in the plan: a table of one byte per key and, where the compiler found one,
 * its vector form: a code is the AND of up to eight bytes, each chosen by one nibble of the word.
 */
import {
  PLAN_NIBBLES,
  PLAN_PLANES,
  PLAN_STEP_COUNT,
  PLAN_STEPS,
  PLAN_TABLE,
  PLANE_0,
  PLANE_1,
  PLANE_6,
  PLANE_7,
  STEP_BYTES,
  STEP_LEFT,
  STEP_MASK,
  STEP_RIGHT,
} from '../layout.ts';
import { highs, lows } from './vector.ts';

const GROUP = 16;
const GROUP_BYTES = 128;

/** The code of one word, step by step. */
function codeOf(word: u64, plan: usize): u32 {
  let key: u32 = 0;
  let step = plan + PLAN_STEPS;
  for (const end = step + load<u32>(plan, PLAN_STEP_COUNT) * STEP_BYTES; step < end; step += STEP_BYTES)
    key |=
      (<u32>(word >> <u64>load<u32>(step, STEP_RIGHT)) & load<u32>(step, STEP_MASK)) <<
      load<u32>(step, STEP_LEFT);
  return load<u8>(load<usize>(plan, PLAN_TABLE) + key);
}

/** What sixteen bytes of the words contribute to sixteen codes. */
function byNibbles(bytes: v128, tables: usize): v128 {
  const nibble = i8x16.splat(15);
  return v128.and(
    i8x16.swizzle(v128.load(tables), v128.and(bytes, nibble)),
    i8x16.swizzle(v128.load(tables, 16), v128.and(i16x8.shr_u(bytes, 4), nibble)),
  );
}

/** The lower bytes of sixteen 16-bit numbers, and the upper ones. */
function lowerBytes(p: v128, q: v128): v128 {
  const byte = i16x8.splat(0xff);
  return i8x16.narrow_i16x8_u(v128.and(p, byte), v128.and(q, byte));
}
function upperBytes(p: v128, q: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.shr_u(p, 8), i16x8.shr_u(q, 8));
}

/** Sixteen words to sixteen codes. `planes` does not change in a loop: its branches cost next to nothing. */
function codes16(words: usize, planes: u32, nibbles: usize): v128 {
  const a = v128.load(words);
  const b = v128.load(words, 16);
  const c = v128.load(words, 32);
  const d = v128.load(words, 48);
  const e = v128.load(words, 64);
  const f = v128.load(words, 80);
  const g = v128.load(words, 96);
  const h = v128.load(words, 112);
  let codes = i8x16.splat(-1);
  if (planes & (PLANE_0 | PLANE_1)) {
    const window = i32x4.splat(0xffff); // bits [15:0]
    const p = i16x8.narrow_i32x4_u(v128.and(lows(a, b), window), v128.and(lows(c, d), window));
    const q = i16x8.narrow_i32x4_u(v128.and(lows(e, f), window), v128.and(lows(g, h), window));
    if (planes & PLANE_0) codes = v128.and(codes, byNibbles(lowerBytes(p, q), nibbles));
    if (planes & PLANE_1) codes = v128.and(codes, byNibbles(upperBytes(p, q), nibbles + 32));
  }
  if (planes & (PLANE_6 | PLANE_7)) {
    // bits [63:48]
    const p = i16x8.narrow_i32x4_u(i32x4.shr_u(highs(a, b), 16), i32x4.shr_u(highs(c, d), 16));
    const q = i16x8.narrow_i32x4_u(i32x4.shr_u(highs(e, f), 16), i32x4.shr_u(highs(g, h), 16));
    if (planes & PLANE_6) codes = v128.and(codes, byNibbles(lowerBytes(p, q), nibbles + 64));
    if (planes & PLANE_7) codes = v128.and(codes, byNibbles(upperBytes(p, q), nibbles + 96));
  }
  return codes;
}

/** One code per word. */
export function resolve(words: usize, count: usize, codes: usize, plan: usize): void {
  const end = codes + count;
  const planes = load<u32>(plan, PLAN_PLANES);
  if (planes) {
    const nibbles = plan + PLAN_NIBBLES;
    for (; codes + GROUP <= end; codes += GROUP, words += GROUP_BYTES)
      v128.store(codes, codes16(words, planes, nibbles));
  } else if (load<u32>(plan, PLAN_STEP_COUNT) <= 2) {
    // a second step with mask 0 does nothing
    const step = plan + PLAN_STEPS;
    const table = load<usize>(plan, PLAN_TABLE);
    const right0 = <u64>load<u32>(step, STEP_RIGHT);
    const mask0 = <u64>load<u32>(step, STEP_MASK);
    const left0 = <u64>load<u32>(step, STEP_LEFT);
    const right1 = <u64>load<u32>(step, STEP_BYTES + STEP_RIGHT);
    const mask1 = <u64>load<u32>(step, STEP_BYTES + STEP_MASK);
    const left1 = <u64>load<u32>(step, STEP_BYTES + STEP_LEFT);
    for (; codes < end; codes++, words += 8) {
      const word = load<u64>(words);
      const key = (((word >> right0) & mask0) << left0) | (((word >> right1) & mask1) << left1);
      store<u8>(codes, load<u8>(table + <u32>key));
    }
  }
  for (; codes < end; codes++, words += 8) store<u8>(codes, codeOf(load<u64>(words), plan));
}

/** Count a code in one of four banks, so that equal neighbours do not wait for each other. */
function count1(bank: usize, code: u64): void {
  const place = bank + ((<usize>code) << 2);
  store<u32>(place, load<u32>(place) + 1);
}
function count8(banks: usize, codes: u64): void {
  count1(banks, codes & 255);
  count1(banks + 1024, (codes >> 8) & 255);
  count1(banks + 2048, (codes >> 16) & 255);
  count1(banks + 3072, (codes >> 24) & 255);
  count1(banks, (codes >> 32) & 255);
  count1(banks + 1024, (codes >> 40) & 255);
  count1(banks + 2048, (codes >> 48) & 255);
  count1(banks + 3072, codes >> 56);
}

/**
 * How many words have each code: added to 256 f64 at `counts`. `banks` is 4 KiB of scratch. At most 2^32 words per call.
 * Sixteen equal codes are counted in one step: real tables are full of them.
 */
export function histogram(words: usize, count: usize, counts: usize, plan: usize, banks: usize): void {
  memory.fill(banks, 0, 4096);
  const end = words + (count << 3);
  const planes = load<u32>(plan, PLAN_PLANES);
  if (planes) {
    const nibbles = plan + PLAN_NIBBLES;
    const first = i8x16.splat(0);
    for (; words + GROUP_BYTES <= end; words += GROUP_BYTES) {
      const codes = codes16(words, planes, nibbles);
      if (i8x16.all_true(i8x16.eq(codes, i8x16.swizzle(codes, first)))) {
        const place = banks + ((<usize>i8x16.extract_lane_u(codes, 0)) << 2);
        store<u32>(place, load<u32>(place) + GROUP);
      } else {
        count8(banks, i64x2.extract_lane(codes, 0));
        count8(banks, i64x2.extract_lane(codes, 1));
      }
    }
  }
  for (; words < end; words += 8) count1(banks, codeOf(load<u64>(words), plan));
  for (let code: usize = 0; code < 256; code++) {
    const bank = banks + (code << 2);
    const sum = <u64>load<u32>(bank) + load<u32>(bank, 1024) + load<u32>(bank, 2048) + load<u32>(bank, 3072);
    const place = counts + (code << 3);
    store<f64>(place, load<f64>(place) + <f64>sum);
  }
}

/** The sum of all words: what this machine can read, for comparison. */
export function sum(words: usize, count: usize): u64 {
  let a = i64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const end = words + (count << 3);
  for (; words + 64 <= end; words += 64) {
    a = i64x2.add(a, v128.load(words));
    b = i64x2.add(b, v128.load(words, 16));
    c = i64x2.add(c, v128.load(words, 32));
    d = i64x2.add(d, v128.load(words, 48));
  }
  a = i64x2.add(i64x2.add(a, b), i64x2.add(c, d));
  let total = i64x2.extract_lane(a, 0) + i64x2.extract_lane(a, 1);
  for (; words < end; words += 8) total += load<u64>(words);
  return total;
}
