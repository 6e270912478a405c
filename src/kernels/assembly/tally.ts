/**
 * How many entries of each class there are, without ranges: attribute bits alone decide. Tables are full of neighbours that
 * have them in common, so eight entries are compared at a time with the last one that was looked up.
 */
import {
  LEVEL_ATTRIBUTES,
  LEVEL_PATTERNS,
  LEVEL_PAYLOAD,
  SCAN_ASKS,
  SCAN_DONE,
  SEGMENT_BYTES,
  SEGMENT_COUNT,
  SEGMENT_ENTRIES,
  SEGMENT_INPUT,
  TALLY_COUNTS,
  TALLY_ENTRY,
  TALLY_LEVEL,
  TALLY_NOTHING,
  TALLY_PAYLOAD,
  TALLY_SEGMENT,
  TALLY_SEGMENT_COUNT,
  TALLY_SEGMENTS,
  TALLY_UNKNOWN,
} from '../layout.ts';
import { meaningOf } from './entry.ts';

/** Have eight entries these bits? */
function alike8(at: usize, bits: v128, mask: v128): bool {
  const differ = v128.or(
    v128.or(v128.xor(v128.load(at), bits), v128.xor(v128.load(at, 16), bits)),
    v128.or(v128.xor(v128.load(at, 32), bits), v128.xor(v128.load(at, 48), bits)),
  );
  return !v128.any_true(v128.and(differ, mask));
}

/** How many of the entries have a bit of a mask. */
function countPayload(at: usize, end: usize, payload: u64): u32 {
  let count: u32 = 0;
  for (; at < end; at += 8) count += u32((load<u64>(at) & payload) !== 0);
  return count;
}

/** Count the segments of a job. Answers `SCAN_DONE`, or `SCAN_ASKS` where a class is wanted in the pattern cache. */
export function tally(job: usize): u32 {
  const count = load<u32>(job, TALLY_SEGMENT_COUNT);
  const level = load<usize>(job, TALLY_LEVEL);
  const attributes = load<u64>(level, LEVEL_ATTRIBUTES);
  const payload = load<u64>(level, LEVEL_PAYLOAD);
  const patterns = load<usize>(level, LEVEL_PATTERNS);
  const counts = load<usize>(job, TALLY_COUNTS);
  const mask = i64x2.splat(attributes);
  for (let index = load<u32>(job, TALLY_SEGMENT); index < count; index++) {
    const segment = load<usize>(job, TALLY_SEGMENTS) + index * SEGMENT_BYTES;
    const ways = load<f64>(segment, SEGMENT_INPUT);
    const entries = load<usize>(segment, SEGMENT_ENTRIES);
    const end = entries + (load<u32>(segment, SEGMENT_COUNT) << 3);
    let at = entries + (load<u32>(job, TALLY_ENTRY) << 3);
    while (at < end) {
      const first = at;
      const word = load<u64>(at);
      at += 8;
      const bits = i64x2.splat(word);
      while (at + 64 <= end && alike8(at, bits, mask)) at += 64;
      while (at < end && ((load<u64>(at) ^ word) & attributes) === 0) at += 8;
      const pattern = word & attributes;
      // zeros are nothing; an entry without attribute bits that is not zero may be something
      if (pattern === 0 && word === 0 && countPayload(first, at, -1) === 0) continue;
      const meaning = meaningOf(pattern, patterns);
      if (meaning === 0) {
        store<u64>(job, pattern, TALLY_UNKNOWN);
        store<u32>(job, index, TALLY_SEGMENT);
        store<u32>(job, <u32>((first - entries) >> 3), TALLY_ENTRY);
        return SCAN_ASKS;
      }
      const kind = meaning - 1;
      if (kind === TALLY_NOTHING) continue;
      const n = kind === TALLY_PAYLOAD ? countPayload(first, at, payload) : <u32>((at - first) >> 3);
      const place = counts + (kind << 3);
      store<f64>(place, load<f64>(place) + ways * <f64>n);
    }
    store<u32>(job, 0, TALLY_ENTRY);
  }
  store<u32>(job, count, TALLY_SEGMENT);
  return SCAN_DONE;
}
