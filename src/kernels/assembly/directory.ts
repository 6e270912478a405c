/**
 * Look-ups of many addresses. Each costs three loads that mostly hit the cache, and one, of the entry itself, that does
 * not. So a batch is done in three loops: where the entries stand, all entries, what they say; the loads of the second
 * loop do not depend on each other, and the processor keeps many of them under way.
 */
import {
  DIRECTORY_BATCH,
  DIRECTORY_INDEX_BITS,
  DIRECTORY_LEVELS,
  DIRECTORY_MASK,
  DIRECTORY_NEXT,
  DIRECTORY_NOTHING,
  DIRECTORY_SCRATCH,
  DIRECTORY_SHIFT,
  DIRECTORY_SIZE_0,
  DIRECTORY_SIZE_1,
  DIRECTORY_START_0,
  DIRECTORY_START_1,
  DIRECTORY_TOP,
  DIRECTORY_UNKNOWN,
  DIRECTORY_UNKNOWN_LEVEL,
  LEVEL_ATTRIBUTES,
  LEVEL_BYTES,
  LEVEL_IN_PLACE,
  LEVEL_MOVED,
  LEVEL_MOVED_BY,
  LEVEL_PATTERNS,
  PATTERN_KEY,
  PATTERN_MEANING,
  RECORD_BYTES,
  RECORD_ENTRIES,
  RECORD_INFO,
  SCAN_ASKS,
  SCAN_DONE,
} from '../layout.ts';
import { addressOf, bucketOf, LEAF_MEANING, meaningOf, pageBytesOf } from './entry.ts';

const INDEX: u32 = (1 << DIRECTORY_INDEX_BITS) - 1;
/** Scratch: u32 pairs (place, info), then u64 words. */
const WORDS: usize = DIRECTORY_SCRATCH + DIRECTORY_BATCH * 8;

/**
 * For `count` addresses: the output address (all ones where nothing is mapped) and the leaf entry (0 where there is none).
 * Answers `SCAN_DONE`, or `SCAN_ASKS` where a pattern is not known: go on from `DIRECTORY_NEXT`.
 */
export function lookups(directory: usize, addresses: usize, count: u32, outputs: usize, leaves: usize): u32 {
  // everything that is the same for all addresses is read once: the compiler cannot know that stores do not change it
  const start0 = load<u64>(directory, DIRECTORY_START_0);
  const size0 = load<u64>(directory, DIRECTORY_SIZE_0);
  const start1 = load<u64>(directory, DIRECTORY_START_1);
  const size1 = load<u64>(directory, DIRECTORY_SIZE_1);
  const mask = load<u64>(directory, DIRECTORY_MASK);
  const top = load<usize>(directory, DIRECTORY_TOP);
  const nothing = load<usize>(directory, DIRECTORY_NOTHING);
  const shift = <u64>load<u32>(directory, DIRECTORY_SHIFT);
  const granuleShift = shift + DIRECTORY_INDEX_BITS;
  const levels = load<usize>(directory, DIRECTORY_LEVELS);
  const attributes = load<u64>(levels, LEVEL_ATTRIBUTES);
  const inPlace = load<u64>(levels, LEVEL_IN_PLACE);
  const moved = load<u64>(levels, LEVEL_MOVED);
  const movedBy = load<u64>(levels, LEVEL_MOVED_BY);
  const within = pageBytesOf(levels) - 1;
  const patterns = load<usize>(levels, LEVEL_PATTERNS);
  const places = directory + DIRECTORY_SCRATCH;
  const words = directory + WORDS;
  for (let first = load<u32>(directory, DIRECTORY_NEXT); first < count; first += DIRECTORY_BATCH) {
    const size = min<u32>(count - first, DIRECTORY_BATCH);
    const from = addresses + (first << 3);
    for (let i: u32 = 0; i < size; i++) {
      const address = load<u64>(from + (i << 3));
      const granule = (address & mask) >> granuleShift; // up to 36 bits, with 5 levels
      let record = nothing;
      if (address - start0 < size0 || address - start1 < size1) {
        const middle = load<usize>(top + ((<usize>(granule >> 18)) << 2));
        const records = load<usize>(middle + ((<u32>(granule >> 9) & INDEX) << 2));
        record = records + (<u32>granule & INDEX) * RECORD_BYTES;
      }
      const info = load<u32>(record, RECORD_INFO);
      const index = <u32>(address >> shift) & info & INDEX;
      store<usize>(places + (i << 3), load<usize>(record, RECORD_ENTRIES) + ((<usize>index) << 3));
      store<u32>(places + (i << 3), info >> 16, 4);
    }
    for (let i: u32 = 0; i < size; i++)
      store<u64>(words + (i << 3), load<u64>(load<usize>(places + (i << 3))));
    for (let i: u32 = 0; i < size; i++) {
      const address = load<u64>(from + (i << 3));
      const word = load<u64>(words + (i << 3));
      const levelIndex = load<u32>(places + (i << 3), 4);
      const slot = bucketOf(word & attributes, patterns);
      // mostly: a page, or nothing
      let mapped = word !== 0;
      let output = addressOf(word, inPlace, moved, movedBy) + (address & within);
      if (
        levelIndex !== 0 ||
        (mapped &&
          (load<u64>(slot, PATTERN_KEY) !== (word & attributes) ||
            load<u32>(slot, PATTERN_MEANING) !== LEAF_MEANING))
      ) {
        const level = levels + levelIndex * LEVEL_BYTES;
        const pattern = word & load<u64>(level, LEVEL_ATTRIBUTES);
        const meaning = meaningOf(pattern, load<usize>(level, LEVEL_PATTERNS));
        if (meaning === 0) {
          store<u64>(directory, pattern, DIRECTORY_UNKNOWN);
          store<u32>(directory, levelIndex, DIRECTORY_UNKNOWN_LEVEL);
          store<u32>(directory, first, DIRECTORY_NEXT);
          return SCAN_ASKS;
        }
        mapped = meaning === LEAF_MEANING;
        output = outputOf(word, address, level);
      }
      const missing: u64 = mapped ? 0 : -1;
      store<u64>(outputs + ((first + i) << 3), output | missing);
      store<u64>(leaves + ((first + i) << 3), word & ~missing);
    }
  }
  return SCAN_DONE;
}

/** The record of an address. */
export function recordOf(address: u64, directory: usize): usize {
  const inside =
    address - load<u64>(directory, DIRECTORY_START_0) < load<u64>(directory, DIRECTORY_SIZE_0) ||
    address - load<u64>(directory, DIRECTORY_START_1) < load<u64>(directory, DIRECTORY_SIZE_1);
  if (!inside) return load<usize>(directory, DIRECTORY_NOTHING);
  const shift = <u64>load<u32>(directory, DIRECTORY_SHIFT) + DIRECTORY_INDEX_BITS;
  const granule = (address & load<u64>(directory, DIRECTORY_MASK)) >> shift;
  const middle = load<usize>(load<usize>(directory, DIRECTORY_TOP) + ((<usize>(granule >> 18)) << 2));
  const records = load<usize>(middle + ((<u32>(granule >> 9) & INDEX) << 2));
  return records + (<u32>granule & INDEX) * RECORD_BYTES;
}

/** The output address by an entry of any level. */
function outputOf(word: u64, address: u64, level: usize): u64 {
  const base = addressOf(
    word,
    load<u64>(level, LEVEL_IN_PLACE),
    load<u64>(level, LEVEL_MOVED),
    load<u64>(level, LEVEL_MOVED_BY),
  );
  return base + (address & (pageBytesOf(level) - 1));
}
