/** What an entry is, and where it points: by patterns and masks that TypeScript has written. */
import {
  KIND_LEAF,
  LEVEL_SPAN_LG2,
  PATTERN_BUCKETS_LG2,
  PATTERN_BYTES,
  PATTERN_HASH_HI,
  PATTERN_HASH_LO,
  PATTERN_KEY,
  PATTERN_MEANING,
  PATTERN_WAYS,
} from '../layout.ts';

export const LEAF_MEANING: u32 = 1 + KIND_LEAF;

/** Where a pattern is looked for. */
export function bucketOf(pattern: u64, patterns: usize): usize {
  const hash = (<u32>pattern * <u32>PATTERN_HASH_LO) ^ (<u32>(pattern >> 32) * <u32>PATTERN_HASH_HI);
  return patterns + <usize>(hash >> (32 - PATTERN_BUCKETS_LG2)) * (PATTERN_WAYS * PATTERN_BYTES);
}

/** 1 + what a pattern means, or 0 where nobody has said yet. */
export function meaningOf(pattern: u64, patterns: usize): u32 {
  let slot = bucketOf(pattern, patterns);
  for (const end = slot + PATTERN_WAYS * PATTERN_BYTES; slot < end; slot += PATTERN_BYTES)
    if (load<u64>(slot, PATTERN_KEY) === pattern) return load<u32>(slot, PATTERN_MEANING);
  return 0;
}

/** Bytes that an entry of a level maps. */
export function pageBytesOf(level: usize): u64 {
  return (<u64>4096) << (<u64>load<u32>(level, LEVEL_SPAN_LG2));
}

/** The address in an entry: in place, or with some bits kept elsewhere. */
export function addressOf(word: u64, inPlace: u64, moved: u64, movedBy: u64): u64 {
  return (word & inPlace) | ((word & moved) << movedBy);
}
