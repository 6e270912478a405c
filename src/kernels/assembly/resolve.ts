/**
 * From words to codes. What a code means is in the plan: a table of one byte per key and, where the compiler found one,
 * its vector form: a code is the AND of up to eight bytes, each chosen by one nibble of the word.
 */
import {
  COUNT_BANK_BYTES,
  COUNT_BANKS,
  COUNT_CODES,
  COUNT_EACH,
  COUNT_FREQUENT,
  COUNT_FREQUENT_CODES,
  COUNT_FREQUENT_COUNTS,
  COUNT_GROUPS,
  COUNT_LANES,
  COUNT_PATIENCE,
  NIBBLE_0,
  NIBBLE_1,
  NIBBLE_2,
  NIBBLE_3,
  NIBBLE_12,
  NIBBLE_13,
  NIBBLE_14,
  NIBBLE_15,
  PLAN_MASK,
  PLAN_NIBBLES,
  PLAN_NIBBLES_READ,
  PLAN_STEP_COUNT,
  PLAN_STEPS,
  PLAN_TABLE,
  READS_ALL,
  READS_LOW_BITS,
  READS_LOW_BITS_AND_XN,
  READS_LOW_BYTE,
  STEP_BYTES,
  STEP_LEFT,
  STEP_MASK,
  STEP_RIGHT,
} from '../layout.ts';
import { highs, lows } from './vector.ts';

const GROUP = 16;
const GROUP_BYTES = 128;
/** Groups of a histogram between two looks for a run. */
const STRETCH = 4;
const STRETCH_BYTES = 512;

/** The code of one word, step by step. */
export function codeOf(word: u64, plan: usize): u32 {
  let key: u32 = 0;
  let step = plan + PLAN_STEPS;
  for (const end = step + load<u32>(plan, PLAN_STEP_COUNT) * STEP_BYTES; step < end; step += STEP_BYTES)
    key |=
      (<u32>(word >> <u64>load<u32>(step, STEP_RIGHT)) & load<u32>(step, STEP_MASK)) <<
      load<u32>(step, STEP_LEFT);
  return load<u8>(load<usize>(plan, PLAN_TABLE) + key);
}

/** What the low nibbles of sixteen bytes contribute to sixteen codes. */
function byLow(bytes: v128, table: usize): v128 {
  return i8x16.swizzle(v128.load(table), v128.and(bytes, i8x16.splat(15)));
}
/** What the high nibbles contribute. */
function byHigh(bytes: v128, table: usize): v128 {
  return i8x16.swizzle(v128.load(table), v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(15)));
}

/** The lower bytes of sixteen 16-bit numbers, and the upper ones. */
function lowerBytes(p: v128, q: v128): v128 {
  const byte = i16x8.splat(0xff);
  return i8x16.narrow_i16x8_u(v128.and(p, byte), v128.and(q, byte));
}
function upperBytes(p: v128, q: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.shr_u(p, 8), i16x8.shr_u(q, 8));
}

/** Sixteen words to sixteen codes. `reads` does not change in a loop: its branches cost next to nothing. */
function codes16(words: usize, reads: u32, nibbles: usize): v128 {
  const a = v128.load(words);
  const b = v128.load(words, 16);
  const c = v128.load(words, 32);
  const d = v128.load(words, 48);
  const e = v128.load(words, 64);
  const f = v128.load(words, 80);
  const g = v128.load(words, 96);
  const h = v128.load(words, 112);
  let codes = i8x16.splat(-1);
  if (reads & (NIBBLE_0 | NIBBLE_1 | NIBBLE_2 | NIBBLE_3)) {
    const window = i32x4.splat(0xffff); // bits [15:0]
    const p = i16x8.narrow_i32x4_u(v128.and(lows(a, b), window), v128.and(lows(c, d), window));
    const q = i16x8.narrow_i32x4_u(v128.and(lows(e, f), window), v128.and(lows(g, h), window));
    if (reads & (NIBBLE_0 | NIBBLE_1)) {
      const bytes = lowerBytes(p, q);
      if (reads & NIBBLE_0) codes = v128.and(codes, byLow(bytes, nibbles));
      if (reads & NIBBLE_1) codes = v128.and(codes, byHigh(bytes, nibbles + 16));
    }
    if (reads & (NIBBLE_2 | NIBBLE_3)) {
      const bytes = upperBytes(p, q);
      if (reads & NIBBLE_2) codes = v128.and(codes, byLow(bytes, nibbles + 32));
      if (reads & NIBBLE_3) codes = v128.and(codes, byHigh(bytes, nibbles + 48));
    }
  }
  if (reads & (NIBBLE_12 | NIBBLE_13 | NIBBLE_14 | NIBBLE_15)) {
    // bits [63:48]
    const p = i16x8.narrow_i32x4_u(i32x4.shr_u(highs(a, b), 16), i32x4.shr_u(highs(c, d), 16));
    const q = i16x8.narrow_i32x4_u(i32x4.shr_u(highs(e, f), 16), i32x4.shr_u(highs(g, h), 16));
    if (reads & (NIBBLE_12 | NIBBLE_13)) {
      const bytes = lowerBytes(p, q);
      if (reads & NIBBLE_12) codes = v128.and(codes, byLow(bytes, nibbles + 64));
      if (reads & NIBBLE_13) codes = v128.and(codes, byHigh(bytes, nibbles + 80));
    }
    if (reads & (NIBBLE_14 | NIBBLE_15)) {
      const bytes = upperBytes(p, q);
      if (reads & NIBBLE_14) codes = v128.and(codes, byLow(bytes, nibbles + 96));
      if (reads & NIBBLE_15) codes = v128.and(codes, byHigh(bytes, nibbles + 112));
    }
  }
  return codes;
}

/** Whole groups of words to codes; answers where it stopped. `reads` is a constant: each caller gets its own loop. */
function groups(words: usize, codes: usize, end: usize, nibbles: usize, reads: u32): usize {
  for (; codes + GROUP <= end; codes += GROUP, words += GROUP_BYTES)
    v128.store(codes, codes16(words, reads, nibbles));
  return codes;
}

/** One code per word. */
export function resolve(words: usize, count: usize, codes: usize, plan: usize): void {
  const end = codes + count;
  const reads = load<u32>(plan, PLAN_NIBBLES_READ);
  if (reads) {
    const nibbles = plan + PLAN_NIBBLES;
    const first = codes;
    if (reads === READS_LOW_BYTE) codes = groups(words, codes, end, nibbles, READS_LOW_BYTE);
    else if (reads === READS_LOW_BITS) codes = groups(words, codes, end, nibbles, READS_LOW_BITS);
    else if (reads === READS_LOW_BITS_AND_XN)
      codes = groups(words, codes, end, nibbles, READS_LOW_BITS_AND_XN);
    else codes = groups(words, codes, end, nibbles, READS_ALL);
    words += (codes - first) << 3;
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
function count1(bank: usize, code: u64, times: u32): void {
  const place = bank + ((<usize>code) << 2);
  store<u32>(place, load<u32>(place) + times);
}

/** Count codes one by one. */
function countEach(codes: usize, end: usize, banks: usize): void {
  for (; codes < end; codes += 8) {
    const eight = load<u64>(codes);
    count1(banks, eight & 255, 1);
    count1(banks + COUNT_BANK_BYTES, (eight >> 8) & 255, 1);
    count1(banks + 2 * COUNT_BANK_BYTES, (eight >> 16) & 255, 1);
    count1(banks + 3 * COUNT_BANK_BYTES, (eight >> 24) & 255, 1);
    count1(banks, (eight >> 32) & 255, 1);
    count1(banks + COUNT_BANK_BYTES, (eight >> 40) & 255, 1);
    count1(banks + 2 * COUNT_BANK_BYTES, (eight >> 48) & 255, 1);
    count1(banks + 3 * COUNT_BANK_BYTES, eight >> 56, 1);
  }
}

/** Add to sixteen lanes each, in four counters at `lanes`, how often four frequent codes occur. Eight need more registers. */
function compareFour(codes: usize, end: usize, frequent: usize, lanes: usize): void {
  const a = v128.load_splat<u8>(frequent);
  const b = v128.load_splat<u8>(frequent + 1);
  const c = v128.load_splat<u8>(frequent + 2);
  const d = v128.load_splat<u8>(frequent + 3);
  let aCount = v128.load(lanes);
  let bCount = v128.load(lanes, 16);
  let cCount = v128.load(lanes, 32);
  let dCount = v128.load(lanes, 48);
  for (; codes < end; codes += GROUP) {
    const group = v128.load(codes);
    aCount = i8x16.sub(aCount, i8x16.eq(group, a));
    bCount = i8x16.sub(bCount, i8x16.eq(group, b));
    cCount = i8x16.sub(cCount, i8x16.eq(group, c));
    dCount = i8x16.sub(dCount, i8x16.eq(group, d));
  }
  v128.store(lanes, aCount);
  v128.store(lanes, bCount, 16);
  v128.store(lanes, cCount, 32);
  v128.store(lanes, dCount, 48);
}

/** Compare codes with the frequent ones; counted when `addFrequent` is called. */
function compare(codes: usize, end: usize, scratch: usize): void {
  compareFour(codes, end, scratch + COUNT_FREQUENT, scratch + COUNT_LANES);
  compareFour(codes, end, scratch + COUNT_FREQUENT + 4, scratch + COUNT_LANES + 64);
}

/** Add what `compare` found to the counts, and begin again from zero; answers how many there were. */
function addFrequent(scratch: usize): u32 {
  let total: u32 = 0;
  for (let i = 0; i < COUNT_FREQUENT_CODES; i++) {
    const lanes = scratch + COUNT_LANES + ((<usize>i) << 4);
    const sums = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(v128.load(lanes)));
    const sum =
      i32x4.extract_lane(sums, 0) +
      i32x4.extract_lane(sums, 1) +
      i32x4.extract_lane(sums, 2) +
      i32x4.extract_lane(sums, 3);
    count1(scratch + COUNT_BANKS, <u64>load<u8>(scratch + COUNT_FREQUENT + i), <u32>sum);
    v128.store(lanes, i8x16.splat(0));
    total += <u32>sum;
  }
  return total;
}

/** Is a code one of four? */
function isOneOf(group: v128, four: usize): v128 {
  return v128.or(
    v128.or(i8x16.eq(group, v128.load_splat<u8>(four)), i8x16.eq(group, v128.load_splat<u8>(four + 1))),
    v128.or(i8x16.eq(group, v128.load_splat<u8>(four + 2)), i8x16.eq(group, v128.load_splat<u8>(four + 3))),
  );
}

/** Count one by one the codes that are not among the frequent ones. */
function countRare(codes: usize, end: usize, scratch: usize): void {
  const frequent = scratch + COUNT_FREQUENT;
  for (; codes < end; codes += GROUP) {
    const group = v128.load(codes);
    const known = v128.or(isOneOf(group, frequent), isOneOf(group, frequent + 4));
    for (let others = ~i8x16.bitmask(known) & 0xffff; others; others &= others - 1)
      count1(scratch + COUNT_BANKS, <u64>load<u8>(codes + ctz(others)), 1);
  }
}

/** Count a stretch of a chunk. */
function countStretch(codes: usize, end: usize, scratch: usize): void {
  if (load<u32>(scratch, COUNT_EACH)) countEach(codes, end, scratch + COUNT_BANKS);
  else compare(codes, end, scratch);
}

/** Chunks to be counted in one way before another is tried. */
const PATIENCE: u32 = 16;

/**
 * All stretches of a chunk are counted: settle it, and the way of the next one. Where many codes were rare, the frequent
 * ones are chosen anew; where that did not help, codes are counted one by one for a while.
 */
function endChunk(codes: usize, end: usize, scratch: usize): void {
  const chunk = <u32>(end - codes);
  let patience = load<u32>(scratch, COUNT_PATIENCE);
  let choose = false;
  let each = load<u32>(scratch, COUNT_EACH);
  if (each) choose = patience === 0;
  else {
    const rare = chunk - addFrequent(scratch);
    if (rare) countRare(codes, end, scratch);
    choose = patience === 0 && rare > chunk >> 5;
    if (patience && rare > chunk >> 2) {
      each = 1;
      patience = PATIENCE;
    }
  }
  if (choose) {
    chooseFrequent(scratch);
    each = 0;
    patience = PATIENCE;
  } else if (patience) patience--;
  store<u32>(scratch, each, COUNT_EACH);
  store<u32>(scratch, patience, COUNT_PATIENCE);
}

/** The eight codes that were counted most so far, most frequent first. */
function chooseFrequent(scratch: usize): void {
  const frequent = scratch + COUNT_FREQUENT;
  const counts = scratch + COUNT_FREQUENT_COUNTS;
  let chosen = 0;
  for (let code: u32 = 0; code < 256; code++) {
    const n = countOf(code, scratch + COUNT_BANKS);
    if (chosen === COUNT_FREQUENT_CODES && n <= load<u32>(counts + ((chosen - 1) << 2))) continue;
    // less frequent ones move back; the last one falls out
    let place = chosen < COUNT_FREQUENT_CODES ? chosen++ : chosen - 1;
    for (; place > 0 && load<u32>(counts + ((place - 1) << 2)) < n; place--) {
      store<u8>(frequent + place, load<u8>(frequent + place - 1));
      store<u32>(counts + (place << 2), load<u32>(counts + ((place - 1) << 2)));
    }
    store<u8>(frequent + place, <u8>code);
    store<u32>(counts + (place << 2), n);
  }
}
function countOf(code: u32, banks: usize): u32 {
  const bank = banks + (code << 2);
  return (
    load<u32>(bank) +
    load<u32>(bank, COUNT_BANK_BYTES) +
    load<u32>(bank, 2 * COUNT_BANK_BYTES) +
    load<u32>(bank, 3 * COUNT_BANK_BYTES)
  );
}

/** Have sixteen words these bits? */
function alike16(words: usize, bits: v128, mask: v128): bool {
  const low = v128.or(
    v128.or(v128.xor(v128.load(words), bits), v128.xor(v128.load(words, 16), bits)),
    v128.or(v128.xor(v128.load(words, 32), bits), v128.xor(v128.load(words, 48), bits)),
  );
  const high = v128.or(
    v128.or(v128.xor(v128.load(words, 64), bits), v128.xor(v128.load(words, 80), bits)),
    v128.or(v128.xor(v128.load(words, 96), bits), v128.xor(v128.load(words, 112), bits)),
  );
  return !v128.any_true(v128.and(v128.or(low, high), mask));
}

/**
 * Count whole groups of words; answers where it stopped. `reads` is a constant, as above.
 *
 * Sixteen words with the bits of the one before them are counted without looking at their codes: real tables are full of
 * them. Other codes are collected and counted by comparing with the frequent ones, or, where there are too many different
 * ones for that, one by one.
 */
function countGroups(words: usize, last: usize, plan: usize, scratch: usize, reads: u32): void {
  const banks = scratch + COUNT_BANKS;
  const first = scratch + COUNT_CODES;
  const nibbles = plan + PLAN_NIBBLES;
  const mask = v128.load_splat<u64>(plan + PLAN_MASK);
  let codes = first;
  let group = mask;
  while (words < last) {
    // a few groups, counted while the next words are on their way from memory
    const stretch = codes;
    const pause = min(words + STRETCH_BYTES, last);
    let differ = i8x16.splat(0);
    for (; words < pause; words += GROUP_BYTES, codes += GROUP) {
      const next = codes16(words, reads, nibbles);
      differ = v128.or(differ, v128.xor(next, group));
      group = next;
      v128.store(codes, group);
    }
    countStretch(stretch, codes, scratch);
    // if all were alike, as many as are like them; asked of a single group, the answer would be hard to predict
    if (!v128.any_true(v128.or(differ, v128.xor(group, i8x16.swizzle(group, i8x16.splat(0)))))) {
      const bits = v128.load_splat<u64>(words - 8);
      let alike: u32 = 0;
      for (; words < last && alike16(words, bits, mask); words += GROUP_BYTES) alike += GROUP;
      count1(banks, <u64>i8x16.extract_lane_u(group, 0), alike);
    }
    if (codes <= first + (COUNT_GROUPS - STRETCH) * GROUP && words < last) continue;
    endChunk(first, codes, scratch);
    codes = first;
  }
}

/** How many words have each code: added to 256 f64 at `counts`. Fewer than 2^32 words per call. */
export function histogram(words: usize, count: usize, counts: usize, plan: usize, scratch: usize): void {
  const banks = scratch + COUNT_BANKS;
  memory.fill(scratch, 0, COUNT_FREQUENT); // banks and lanes
  const end = words + (count << 3);
  const reads = load<u32>(plan, PLAN_NIBBLES_READ);
  if (reads) {
    const last = words + ((count << 3) & ~(GROUP_BYTES - 1));
    if (reads === READS_LOW_BYTE) countGroups(words, last, plan, scratch, READS_LOW_BYTE);
    else if (reads === READS_LOW_BITS) countGroups(words, last, plan, scratch, READS_LOW_BITS);
    else if (reads === READS_LOW_BITS_AND_XN) countGroups(words, last, plan, scratch, READS_LOW_BITS_AND_XN);
    else countGroups(words, last, plan, scratch, READS_ALL);
    words = last;
  }
  for (; words < end; words += 8) count1(banks, codeOf(load<u64>(words), plan), 1);
  for (let code: u32 = 0; code < 256; code++) {
    const place = counts + (code << 3);
    store<f64>(place, load<f64>(place) + <f64>countOf(code, banks));
  }
}

/** How often each code stands in `count` bytes: added to 256 f64 at `counts`. */
export function countCodes(codes: usize, count: usize, counts: usize, scratch: usize): void {
  const banks = scratch + COUNT_BANKS;
  memory.fill(scratch, 0, COUNT_FREQUENT); // banks and lanes
  const end = codes + count;
  const last = codes + (count & ~(GROUP - 1));
  while (codes < last) {
    const pause = min<usize>(codes + COUNT_GROUPS * GROUP, last);
    countStretch(codes, pause, scratch);
    endChunk(codes, pause, scratch);
    codes = pause;
  }
  for (; codes < end; codes++) count1(banks, <u64>load<u8>(codes), 1);
  for (let code: u32 = 0; code < 256; code++) {
    const place = counts + (code << 3);
    store<f64>(place, load<f64>(place) + <f64>countOf(code, banks));
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
