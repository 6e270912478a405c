/**
 * Two stages together: for every page that stage 1 maps and stage 2 maps too, the code of the pair, in the order of the
 * input. Both stages' leaf size is the same.
 *
 * A block of 64 stage 1 entries that continue each other meets 64 stage 2 entries that stand side by side: these become
 * codes where they stand. Otherwise the entries are fetched first, in a loop that only loads, as look-ups do.
 */
import {
  DIRECTORY_INDEX_BITS,
  DIRECTORY_SHIFT,
  LEVEL_BYTES,
  LEVEL_FIELD,
  LEVEL_IN_PLACE,
  LEVEL_MOVED,
  LEVEL_MOVED_BY,
  LEVEL_STEP,
  PAIRS_BATCH,
  PAIRS_CAPACITY,
  PAIRS_CODES,
  PAIRS_CODES_1,
  PAIRS_CODES_2,
  PAIRS_COUNT,
  PAIRS_DIRECTORY,
  PAIRS_ENTRY,
  PAIRS_LEVELS,
  PAIRS_PAGE,
  PAIRS_PLACES,
  PAIRS_PLANS_1,
  PAIRS_PLANS_2,
  PAIRS_SEGMENT,
  PAIRS_SEGMENT_COUNT,
  PAIRS_SEGMENTS,
  PAIRS_STARTS,
  PAIRS_TABLE,
  PAIRS_WORDS,
  RECORD_ENTRIES,
  RECORD_INFO,
  SCAN_DONE,
  SCAN_FULL,
  SEGMENT_BYTES,
  SEGMENT_COUNT,
  SEGMENT_ENTRIES,
  SEGMENT_LEVEL,
} from '../layout.ts';
import { recordOf } from './directory.ts';
import { addressOf, pageBytesOf } from './entry.ts';
import { codeOf, resolve } from './resolve.ts';
import { continuing } from './scan.ts';

const BLOCK: u32 = 64;
/** No code: stage 2 maps nothing here. */
const NOTHING: u32 = 0x100;
const INDEX: u32 = (1 << DIRECTORY_INDEX_BITS) - 1;

/** The plan for leaves of a level. */
function planOf(plans: usize, level: u32): usize {
  return load<usize>(plans + (level << 2));
}

/** The code of what a record's block entry, or one of its leaf entries, says. */
function codeAt(job: usize, record: usize, index: u32): u32 {
  const info = load<u32>(record, RECORD_INFO);
  const word = load<u64>(load<usize>(record, RECORD_ENTRIES) + ((index & info & INDEX) << 3));
  const plan = planOf(job + PAIRS_PLANS_2, info >> 16);
  return word === 0 || plan === 0 ? NOTHING : codeOf(word, plan);
}

/** Codes of `count` neighbouring pages from `ipa` on, within a granule, that stage 1 maps with one code. */
function linear(job: usize, ipa: u64, code1: u32, count: u32, out: usize): usize {
  const directory = load<usize>(job, PAIRS_DIRECTORY);
  const row = load<usize>(job, PAIRS_TABLE) + (code1 << 8);
  const record = recordOf(ipa, directory);
  const info = load<u32>(record, RECORD_INFO);
  const first = <u32>(ipa >> <u64>load<u32>(directory, DIRECTORY_SHIFT)) & INDEX;
  if ((info & INDEX) === 0) {
    const code2 = codeAt(job, record, 0);
    const code = code2 === NOTHING ? 0 : load<u8>(row + code2);
    if (code === 0) return out;
    memory.fill(out, <u8>code, count);
    return out + count;
  }
  const codes2 = job + PAIRS_CODES_2;
  const words = load<usize>(record, RECORD_ENTRIES) + (first << 3);
  resolve(words, count, codes2, planOf(job + PAIRS_PLANS_2, 0));
  let i: u32 = 0;
  for (; i + 16 <= count; i += 16) {
    const group = v128.load(codes2 + i);
    if (i8x16.all_true(i8x16.eq(group, i8x16.swizzle(group, i8x16.splat(0))))) {
      const code = load<u8>(row + load<u8>(codes2 + i));
      v128.store(out, i8x16.splat(code));
      out += code ? 16 : 0;
    } else
      for (let k: u32 = 0; k < 16; k++) {
        const one = load<u8>(row + load<u8>(codes2 + i + k));
        store<u8>(out, one);
        out += usize(one !== 0);
      }
  }
  for (; i < count; i++) {
    const one = load<u8>(row + load<u8>(codes2 + i));
    store<u8>(out, one);
    out += usize(one !== 0);
  }
  return out;
}

/** Codes of pages by those of both stages. */
function joined(table: usize, codes1: usize, codes2: usize, count: u32, out: usize): usize {
  for (let i: u32 = 0; i < count; i++) {
    const one = load<u8>(table + ((<u32>load<u8>(codes1 + i)) << 8) + load<u8>(codes2 + i));
    store<u8>(out, one);
    out += usize(one !== 0);
  }
  return out;
}

/** Codes of up to 512 pages that stage 1 maps anywhere. */
function scattered(job: usize, block: usize, count: u32, level: usize, plan1: usize, out: usize): usize {
  const directory = load<usize>(job, PAIRS_DIRECTORY);
  const inPlace = load<u64>(level, LEVEL_IN_PLACE);
  const moved = load<u64>(level, LEVEL_MOVED);
  const movedBy = load<u64>(level, LEVEL_MOVED_BY);
  const step = load<u64>(level, LEVEL_STEP);
  const shift = <u64>load<u32>(directory, DIRECTORY_SHIFT);
  const granuleShift = shift + DIRECTORY_INDEX_BITS;
  const table = load<usize>(job, PAIRS_TABLE);
  const codes1 = job + PAIRS_CODES_1;
  const codes2 = job + PAIRS_CODES_2;
  const places = job + PAIRS_PLACES;
  const words = job + PAIRS_WORDS;
  // where the entries stand, and which of them are the first of a run or of a cache line
  let start = job + PAIRS_STARTS;
  let blocks: u32 = 0;
  let granule: u64 = -1;
  let entries: usize = 0;
  let info: u32 = 0;
  let before: u64 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const word = load<u64>(block + (i << 3));
    const ipa = addressOf(word, inPlace, moved, movedBy);
    // neighbours are mostly in one granule, or never
    if (ipa >> granuleShift !== granule) {
      granule = ipa >> granuleShift;
      const record = recordOf(ipa, directory);
      info = load<u32>(record, RECORD_INFO);
      entries = load<usize>(record, RECORD_ENTRIES);
      blocks |= info >> 16;
    }
    const place = entries + ((<u32>(ipa >> shift) & info & INDEX) << 3);
    store<usize>(places + (i << 2), place);
    store<usize>(start, place);
    start += usize((word !== before + step) | ((place & 63) === 0)) << 2;
    before = word;
  }
  // only loads, of places that are not in the cache: many at a time
  let read: u64 = 0;
  for (let at = job + PAIRS_STARTS; at < start; at += 4) read ^= load<u64>(load<usize>(at));
  for (let i: u32 = 0; i < count; i++)
    store<u64>(words + (i << 3), load<u64>(load<usize>(places + (i << 2))));
  store<u64>(words + (count << 3), read); // so that it is used
  resolve(block, count, codes1, plan1);
  if (blocks === 0) {
    resolve(words, count, codes2, planOf(job + PAIRS_PLANS_2, 0));
    return joined(table, codes1, codes2, count, out);
  }
  for (let i: u32 = 0; i < count; i++) {
    const ipa = addressOf(load<u64>(block + (i << 3)), inPlace, moved, movedBy);
    const code2 = codeAt(job, recordOf(ipa, directory), <u32>(ipa >> shift));
    const one: u8 = code2 === NOTHING ? 0 : load<u8>(table + ((<u32>load<u8>(codes1 + i)) << 8) + code2);
    store<u8>(out, one);
    out += usize(one !== 0);
  }
  return out;
}

/**
 * Codes for the segments of a job, from where it stands. Answers `SCAN_DONE`, or `SCAN_FULL` where the codes are to be
 * taken away first.
 */
export function pairs(job: usize): u32 {
  const count = load<u32>(job, PAIRS_SEGMENT_COUNT);
  const begin = load<usize>(job, PAIRS_CODES);
  const full = begin + load<u32>(job, PAIRS_CAPACITY) - 1024;
  const pageBytes = pageBytesOf(load<usize>(job, PAIRS_LEVELS));
  const granule = pageBytes << DIRECTORY_INDEX_BITS;
  let out = begin + load<u32>(job, PAIRS_COUNT);
  let answer: u32 = SCAN_DONE;
  let index = load<u32>(job, PAIRS_SEGMENT);
  let entry = load<u32>(job, PAIRS_ENTRY);
  let page = load<u32>(job, PAIRS_PAGE);
  for (; index < count; index++, entry = 0) {
    const segment = load<usize>(job, PAIRS_SEGMENTS) + index * SEGMENT_BYTES;
    const entries = load<usize>(segment, SEGMENT_ENTRIES);
    const end = load<u32>(segment, SEGMENT_COUNT);
    const levelIndex = load<u32>(segment, SEGMENT_LEVEL);
    const level = load<usize>(job, PAIRS_LEVELS) + levelIndex * LEVEL_BYTES;
    const plan1 = planOf(job + PAIRS_PLANS_1, levelIndex);
    const step = load<u64>(level, LEVEL_STEP);
    const field = load<u64>(level, LEVEL_FIELD);
    const inPlace = load<u64>(level, LEVEL_IN_PLACE);
    const moved = load<u64>(level, LEVEL_MOVED);
    const movedBy = load<u64>(level, LEVEL_MOVED_BY);
    if (levelIndex === 0) {
      while (entry < end) {
        if (out > full) break;
        const block = entries + (entry << 3);
        const word = load<u64>(block);
        const ipa = addressOf(word, inPlace, moved, movedBy);
        const room = <u32>((granule - (ipa & (granule - 1))) / pageBytes); // pages up to the end of the granule
        const safe = field >= step << 6 && (word & field) <= field - (step << 6);
        if (word !== 0 && entry + BLOCK <= end && safe && continuing(block, 1, word, step, -1)) {
          const code1 = codeOf(word, plan1);
          out = linear(job, ipa, code1, min(room, BLOCK), out);
          if (room < BLOCK) out = linear(job, ipa + <u64>room * pageBytes, code1, BLOCK - room, out);
          entry += BLOCK;
        } else {
          const size = min<u32>(PAIRS_BATCH, end - entry);
          out = scattered(job, block, size, level, plan1, out);
          entry += size;
        }
      }
    } else {
      const pages = <u32>(pageBytesOf(level) / pageBytes);
      for (; entry < end; entry++, page = 0) {
        const word = load<u64>(entries + (entry << 3));
        if (word === 0) continue;
        const code1 = codeOf(word, plan1);
        const ipa = addressOf(word, inPlace, moved, movedBy);
        for (; page < pages && out <= full; page += BLOCK)
          out = linear(job, ipa + <u64>page * pageBytes, code1, BLOCK, out);
        if (page < pages) break;
      }
    }
    if (entry < end) {
      answer = SCAN_FULL;
      break;
    }
  }
  store<u32>(job, index, PAIRS_SEGMENT);
  store<u32>(job, entry, PAIRS_ENTRY);
  store<u32>(job, page, PAIRS_PAGE);
  store<u32>(job, <u32>(out - begin), PAIRS_COUNT);
  return answer;
}
