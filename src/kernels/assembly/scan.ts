/**
 * Entries to ranges. A scan reads pieces of tables (segments) entry by entry and writes coalesced ranges, struct of
 * arrays. What an entry is it does not know: it compares attribute bits with patterns that TypeScript has looked up in
 * the rules, and asks for those it has not seen.
 *
 * Entries come in runs: mostly the next word is the last one plus a page. So a block of 64 entries is compared with
 * what would continue the open run; failing that, with its own neighbours, and only entries that break a run are
 * looked at one by one.
 */
import {
  DESCEND_ATTRIBUTES,
  DESCEND_END,
  DESCEND_ENTRIES,
  DESCEND_IMAGE,
  DESCEND_IMAGE_FRAME,
  DESCEND_IMAGE_PAGES,
  DESCEND_IN_PLACE,
  DESCEND_INDEX,
  DESCEND_INPUT,
  DESCEND_MOVED,
  DESCEND_MOVED_BY,
  DESCEND_PATTERN,
  DESCEND_SEGMENT,
  DESCEND_SPAN,
  DESCEND_TABLES,
  KIND_EMPTY,
  KIND_FAULT,
  KIND_LEAF,
  KIND_PAYLOAD,
  LEVEL_ATTRIBUTES,
  LEVEL_BYTES,
  LEVEL_FIELD,
  LEVEL_IN_PLACE,
  LEVEL_KEEP,
  LEVEL_MOVED,
  LEVEL_MOVED_BY,
  LEVEL_PATTERNS,
  LEVEL_PAYLOAD,
  LEVEL_SPAN_LG2,
  LEVEL_STEP,
  PATTERN_KEY,
  PATTERN_MEANING,
  SCAN_ASKS,
  SCAN_AT,
  SCAN_CAPACITY,
  SCAN_DONE,
  SCAN_ENTRY,
  SCAN_FAULTS,
  SCAN_FRAMES,
  SCAN_FULL,
  SCAN_HI,
  SCAN_INHERITED,
  SCAN_INPUT,
  SCAN_KIND,
  SCAN_LEAF_FRAMES,
  SCAN_LEVEL,
  SCAN_LEVELS,
  SCAN_LIST_PAYLOAD,
  SCAN_LO,
  SCAN_OPEN,
  SCAN_OPEN_NEXT,
  SCAN_OPEN_START,
  SCAN_OPEN_WORD,
  SCAN_OTHER,
  SCAN_OUTPUT,
  SCAN_PAYLOADS,
  SCAN_ROOM,
  SCAN_ROWS,
  SCAN_SEGMENT,
  SCAN_SEGMENT_COUNT,
  SCAN_SEGMENTS,
  SCAN_UNKNOWN,
  SCAN_UNKNOWN_LEVEL,
  SEGMENT_AT,
  SEGMENT_BYTES,
  SEGMENT_COUNT,
  SEGMENT_ENTRIES,
  SEGMENT_INHERITED,
  SEGMENT_INPUT,
  SEGMENT_LEVEL,
} from '../layout.ts';
import { addressOf, bucketOf, LEAF_MEANING, meaningOf, pageBytesOf } from './entry.ts';
import { highs, lanes16, lows } from './vector.ts';

const BLOCK: u32 = 64;
const BLOCK_BYTES: usize = 512;

/** A whole number below 2^52 as f64: cheaper than the conversion, and there is one for vectors. */
function exact(value: u64): f64 {
  return reinterpret<f64>(value | 0x4330000000000000) - 4503599627370496.0;
}
function exact2(values: v128): v128 {
  return f64x2.sub(v128.or(values, i64x2.splat(0x4330000000000000)), f64x2.splat(4503599627370496.0));
}

/** How many blocks of 64 entries, of so many, continue a run whose next word is `next`? */
export function continuing(at: usize, blocks: u32, next: u64, step: u64, keep: u64): u32 {
  const first = at;
  const keeps = i64x2.splat(keep);
  const step2 = i64x2.splat(step << 1);
  const step4 = i64x2.splat(step << 2);
  const step8 = i64x2.splat(step << 3);
  let want0 = i64x2.add(i64x2.splat(next), i64x2(0, step));
  let want1 = i64x2.add(want0, step2);
  let want2 = i64x2.add(want0, step4);
  let want3 = i64x2.add(want1, step4);
  for (const end = at + <usize>blocks * BLOCK_BYTES; at < end; at += 128) {
    const low = v128.or(
      v128.or(v128.xor(v128.load(at), want0), v128.xor(v128.load(at, 16), want1)),
      v128.or(v128.xor(v128.load(at, 32), want2), v128.xor(v128.load(at, 48), want3)),
    );
    want0 = i64x2.add(want0, step8);
    want1 = i64x2.add(want1, step8);
    want2 = i64x2.add(want2, step8);
    want3 = i64x2.add(want3, step8);
    const high = v128.or(
      v128.or(v128.xor(v128.load(at, 64), want0), v128.xor(v128.load(at, 80), want1)),
      v128.or(v128.xor(v128.load(at, 96), want2), v128.xor(v128.load(at, 112), want3)),
    );
    want0 = i64x2.add(want0, step8);
    want1 = i64x2.add(want1, step8);
    want2 = i64x2.add(want2, step8);
    want3 = i64x2.add(want3, step8);
    if (v128.any_true(v128.and(v128.or(low, high), keeps))) break;
  }
  return <u32>((at - first) / BLOCK_BYTES);
}

/** Do 64 entries hold nothing? */
function empty64(at: usize, payload: u64): bool {
  const payloads = i64x2.splat(payload);
  for (const end = at + BLOCK_BYTES; at < end; at += 128) {
    const low = v128.or(
      v128.or(v128.load(at), v128.load(at, 16)),
      v128.or(v128.load(at, 32), v128.load(at, 48)),
    );
    const high = v128.or(
      v128.or(v128.load(at, 64), v128.load(at, 80)),
      v128.or(v128.load(at, 96), v128.load(at, 112)),
    );
    if (v128.any_true(v128.and(v128.or(low, high), payloads))) return false;
  }
  return true;
}

/** Each lane's predecessor: the last lane of the vector before, then the first three of this one. */
function shifted(before: v128, lanes: v128): v128 {
  return v128.shuffle<u32>(before, lanes, 3, 4, 5, 6);
}

/**
 * Sixteen entries: bit k of the result says that entry k is the one before it plus a step (ignored bits aside), bit 16 + k
 * that it holds nothing. In halves, because four halves fit a vector: a step must not carry from the low half to the high one.
 */
function masks16(at: usize, step: u64, keep: u64, payload: u64): u32 {
  const a = v128.load(at);
  const b = v128.load(at, 16);
  const c = v128.load(at, 32);
  const d = v128.load(at, 48);
  const e = v128.load(at, 64);
  const f = v128.load(at, 80);
  const g = v128.load(at, 96);
  const h = v128.load(at, 112);
  const lo0 = lows(a, b);
  const lo1 = lows(c, d);
  const lo2 = lows(e, f);
  const lo3 = lows(g, h);
  const hi0 = highs(a, b);
  const hi1 = highs(c, d);
  const hi2 = highs(e, f);
  const hi3 = highs(g, h);
  const empty = empty16(lo0, lo1, lo2, lo3, hi0, hi1, hi2, hi3, payload);
  const loBefore0 = shifted(v128.load_splat<u32>(at - 8), lo0);
  const loBefore1 = shifted(lo0, lo1);
  const loBefore2 = shifted(lo1, lo2);
  const loBefore3 = shifted(lo2, lo3);
  const hiBefore0 = shifted(v128.load_splat<u32>(at - 4), hi0);
  const hiBefore1 = shifted(hi0, hi1);
  const hiBefore2 = shifted(hi1, hi2);
  const hiBefore3 = shifted(hi2, hi3);
  const steps = i32x4.splat(<u32>step);
  let grown: u32;
  if (keep === <u64>-1)
    grown = lanes16(
      v128.and(i32x4.eq(i32x4.sub(lo0, loBefore0), steps), i32x4.eq(hi0, hiBefore0)),
      v128.and(i32x4.eq(i32x4.sub(lo1, loBefore1), steps), i32x4.eq(hi1, hiBefore1)),
      v128.and(i32x4.eq(i32x4.sub(lo2, loBefore2), steps), i32x4.eq(hi2, hiBefore2)),
      v128.and(i32x4.eq(i32x4.sub(lo3, loBefore3), steps), i32x4.eq(hi3, hiBefore3)),
    );
  else {
    const keepLo = i32x4.splat(<u32>keep);
    const keepHi = i32x4.splat(<u32>(keep >> 32));
    grown = lanes16(
      grownBut(lo0, i32x4.add(loBefore0, steps), keepLo, hi0, hiBefore0, keepHi),
      grownBut(lo1, i32x4.add(loBefore1, steps), keepLo, hi1, hiBefore1, keepHi),
      grownBut(lo2, i32x4.add(loBefore2, steps), keepLo, hi2, hiBefore2, keepHi),
      grownBut(lo3, i32x4.add(loBefore3, steps), keepLo, hi3, hiBefore3, keepHi),
    );
  }
  return grown | (empty << 16);
}

/** Which of sixteen entries, in halves, hold nothing. */
function empty16(
  lo0: v128,
  lo1: v128,
  lo2: v128,
  lo3: v128,
  hi0: v128,
  hi1: v128,
  hi2: v128,
  hi3: v128,
  payload: u64,
): u32 {
  const zero = i64x2.splat(0);
  if (payload === <u64>-1)
    return lanes16(
      i32x4.eq(v128.or(lo0, hi0), zero),
      i32x4.eq(v128.or(lo1, hi1), zero),
      i32x4.eq(v128.or(lo2, hi2), zero),
      i32x4.eq(v128.or(lo3, hi3), zero),
    );
  const lo = i32x4.splat(<u32>payload);
  const hi = i32x4.splat(<u32>(payload >> 32));
  return lanes16(
    i32x4.eq(v128.or(v128.and(lo0, lo), v128.and(hi0, hi)), zero),
    i32x4.eq(v128.or(v128.and(lo1, lo), v128.and(hi1, hi)), zero),
    i32x4.eq(v128.or(v128.and(lo2, lo), v128.and(hi2, hi)), zero),
    i32x4.eq(v128.or(v128.and(lo3, lo), v128.and(hi3, hi)), zero),
  );
}

/** Are four entries what they should be, in the bits that count? */
function grownBut(lo: v128, loWanted: v128, keepLo: v128, hi: v128, hiWanted: v128, keepHi: v128): v128 {
  const differs = v128.or(v128.and(v128.xor(lo, loWanted), keepLo), v128.and(v128.xor(hi, hiWanted), keepHi));
  return i32x4.eq(differs, i64x2.splat(0));
}

/**
 * The entries of a block that do not go on as the one before them: neither grown by a step from something, nor nothing after
 * nothing. The first one counts as if nothing stood before it.
 */
function events64(at: usize, step: u64, keep: u64, payload: u64): u64 {
  const a = <u64>masks16(at, step, keep, payload);
  const b = <u64>masks16(at + 128, step, keep, payload);
  const c = <u64>masks16(at + 256, step, keep, payload);
  const d = <u64>masks16(at + 384, step, keep, payload);
  const grown = (a & 0xffff) | ((b & 0xffff) << 16) | ((c & 0xffff) << 32) | (d << 48);
  const empty = (a >> 16) | ((b >> 16) << 16) | ((c >> 16) << 32) | ((d >> 16) << 48);
  const emptyBefore = (empty << 1) | 1;
  return ~((grown & ~emptyBefore) | (empty & emptyBefore));
}

/** Are 64 entries all leaves, by the first way of their buckets? */
function leaves64(at: usize, attributes: u64, patterns: usize): bool {
  let differ: u64 = 0;
  for (const end = at + BLOCK_BYTES; at < end; at += 8) {
    const pattern = load<u64>(at) & attributes;
    const slot = bucketOf(pattern, patterns);
    differ |=
      (load<u64>(slot, PATTERN_KEY) ^ pattern) | <u64>(load<u32>(slot, PATTERN_MEANING) ^ LEAF_MEANING);
  }
  return differ === 0;
}

/**
 * Read one word of every cache line of eight pages in turn, so that they are fetched at the same time. Where most of them
 * follow each other, the processor fetches ahead by itself.
 */
function touch(a: usize, b: usize, c: usize, d: usize, e: usize, f: usize, g: usize, h: usize): u64 {
  const neighbours =
    i32(b - a === 4096) +
    i32(c - b === 4096) +
    i32(d - c === 4096) +
    i32(e - d === 4096) +
    i32(f - e === 4096) +
    i32(g - f === 4096) +
    i32(h - g === 4096);
  if (neighbours >= 4) return 0;
  let read: u64 = 0;
  for (let line: usize = 0; line < 4096; line += 64)
    read ^=
      load<u64>(a + line) ^
      load<u64>(b + line) ^
      load<u64>(c + line) ^
      load<u64>(d + line) ^
      load<u64>(e + line) ^
      load<u64>(f + line) ^
      load<u64>(g + line) ^
      load<u64>(h + line);
  return read;
}

/** Let a number look used: what is only read to have it in the cache must not be optimised away. */
function use(job: usize, read: u64): void {
  if (read === 0x5ca1ab1e0ddb) store<u64>(job, read, SCAN_UNKNOWN);
}

/**
 * Scan the segments of a job from where it stands. Answers `SCAN_DONE`, `SCAN_ASKS` (the meaning of `SCAN_UNKNOWN` is
 * wanted in the pattern cache) or `SCAN_FULL` (the rows are to be taken away); call it again to go on.
 * The last range stays open, because the next scan may continue it: see `SCAN_OPEN`.
 */
export function scan(job: usize): u32 {
  const count = load<u32>(job, SCAN_SEGMENT_COUNT);
  for (let index = load<u32>(job, SCAN_SEGMENT); index < count; index++) {
    const segment = load<usize>(job, SCAN_SEGMENTS) + index * SEGMENT_BYTES;
    if ((index & 7) === 0 && index + 8 <= count) touchSegments(job, segment);
    const answer = scanSegment(job, segment);
    if (answer !== SCAN_DONE) {
      store<u32>(job, index, SCAN_SEGMENT);
      return answer;
    }
    store<u32>(job, 0, SCAN_ENTRY);
  }
  store<u32>(job, count, SCAN_SEGMENT);
  return SCAN_DONE;
}
function touchSegments(job: usize, segment: usize): void {
  use(
    job,
    touch(
      load<usize>(segment, SEGMENT_ENTRIES),
      load<usize>(segment, SEGMENT_BYTES + SEGMENT_ENTRIES),
      load<usize>(segment, 2 * SEGMENT_BYTES + SEGMENT_ENTRIES),
      load<usize>(segment, 3 * SEGMENT_BYTES + SEGMENT_ENTRIES),
      load<usize>(segment, 4 * SEGMENT_BYTES + SEGMENT_ENTRIES),
      load<usize>(segment, 5 * SEGMENT_BYTES + SEGMENT_ENTRIES),
      load<usize>(segment, 6 * SEGMENT_BYTES + SEGMENT_ENTRIES),
      load<usize>(segment, 7 * SEGMENT_BYTES + SEGMENT_ENTRIES),
    ),
  );
}

/**
 * Scan the leaf tables that a piece of a table points to, in an image that lies in kernel memory. Follows entries with one
 * pattern of attribute bits; stops with `SCAN_OTHER` at anything else that is not zero. Else as `scan`.
 */
export function descend(job: usize, piece: usize): u32 {
  const entries = load<usize>(piece, DESCEND_ENTRIES);
  const end = load<u32>(piece, DESCEND_END);
  const attributes = load<u64>(piece, DESCEND_ATTRIBUTES);
  const pattern = load<u64>(piece, DESCEND_PATTERN);
  const input = load<f64>(piece, DESCEND_INPUT);
  const span = load<f64>(piece, DESCEND_SPAN);
  const segment = piece + DESCEND_SEGMENT;
  let answer: u32 = SCAN_DONE;
  let index = load<u32>(piece, DESCEND_INDEX);
  for (; index < end; index++) {
    const at = entries + (index << 3);
    if ((index & 7) === 0 && index + 8 <= end) touchPointers(job, piece, at);
    const word = load<u64>(at);
    if (word === 0) continue;
    const page = pageOf(word, piece);
    if ((word & attributes) !== pattern || page === 0) {
      answer = SCAN_OTHER;
      break;
    }
    store<usize>(segment, page, SEGMENT_ENTRIES);
    store<f64>(segment, input + span * <f64>index, SEGMENT_INPUT);
    store<f64>(segment, <f64>addressIn(word, piece), SEGMENT_AT);
    answer = scanSegment(job, segment);
    if (answer !== SCAN_DONE) break;
    store<u32>(job, 0, SCAN_ENTRY);
    store<u32>(piece, load<u32>(piece, DESCEND_TABLES) + 1, DESCEND_TABLES);
  }
  store<u32>(piece, index, DESCEND_INDEX);
  return answer;
}
function addressIn(word: u64, piece: usize): u64 {
  return addressOf(
    word,
    load<u64>(piece, DESCEND_IN_PLACE),
    load<u64>(piece, DESCEND_MOVED),
    load<u64>(piece, DESCEND_MOVED_BY),
  );
}
/** Where the page that an entry points to lies; 0 for one that the image does not hold, or that is not a page. */
function pageOf(word: u64, piece: usize): usize {
  const address = addressIn(word, piece);
  const page = (address >> 12) - load<u64>(piece, DESCEND_IMAGE_FRAME);
  if (page >= load<u64>(piece, DESCEND_IMAGE_PAGES) || (address & 4095) !== 0) return 0;
  return load<usize>(piece, DESCEND_IMAGE) + ((<usize>page) << 12);
}
/** What is not held is taken for the image's first page: that does no harm. */
function pageOrFirst(at: usize, piece: usize): usize {
  const page = pageOf(load<u64>(at), piece);
  return page ? page : load<usize>(piece, DESCEND_IMAGE);
}
function touchPointers(job: usize, piece: usize, at: usize): void {
  use(
    job,
    touch(
      pageOrFirst(at, piece),
      pageOrFirst(at + 8, piece),
      pageOrFirst(at + 16, piece),
      pageOrFirst(at + 24, piece),
      pageOrFirst(at + 32, piece),
      pageOrFirst(at + 40, piece),
      pageOrFirst(at + 48, piece),
      pageOrFirst(at + 56, piece),
    ),
  );
}

/** Finish the open range: the next scan starts afresh. */
export function finish(job: usize): void {
  const open = load<i32>(job, SCAN_OPEN);
  if (open === 0) return;
  closeRow(job, open);
}
function closeRow(job: usize, open: i32): void {
  const row = load<u32>(job, SCAN_ROWS);
  const frames = load<u64>(job, SCAN_OPEN_NEXT) - load<u64>(job, SCAN_OPEN_START);
  store<f64>(load<usize>(job, SCAN_FRAMES) + (row << 3), <f64>frames);
  if (open === KIND_LEAF) {
    const total = job + SCAN_LEAF_FRAMES + ((<usize>load<u8>(load<usize>(job, SCAN_LEVEL) + row)) << 3);
    store<u64>(total, load<u64>(total) + frames);
  }
  store<u32>(job, row + 1, SCAN_ROWS);
  store<u32>(job, 0, SCAN_OPEN);
}

/** What is open where a scan goes on: a range of other bits, or that ends before, is closed. */
function openAt(job: usize, here: u64, levelIndex: u32, inherited: u32): i32 {
  const open = load<i32>(job, SCAN_OPEN);
  if (open === 0) return 0;
  const row = load<u32>(job, SCAN_ROWS);
  if (
    load<u64>(job, SCAN_OPEN_NEXT) === here &&
    load<u8>(load<usize>(job, SCAN_LEVEL) + row) === levelIndex &&
    load<u32>(load<usize>(job, SCAN_INHERITED) + (row << 2)) === inherited
  )
    return open;
  closeRow(job, open);
  return 0;
}

/** The events of a block, whose first entry has its predecessor elsewhere: `last`. */
function eventsAfter(open: i32, last: u64, block: usize, step: u64, keep: u64, payload: u64): u64 {
  const events = events64(block, step, keep, payload);
  const first = load<u64>(block);
  const goesOn =
    open === KIND_LEAF ? ((first ^ (last + step)) & keep) === 0 : open === 0 && (first & payload) === 0;
  return goesOn ? events & ~(<u64>1) : events | 1;
}

/** Is a leaf the one before it, one page further? Wherever its address stands. */
function nextLeaf(
  word: u64,
  before: u64,
  same: u64,
  inPlace: u64,
  moved: u64,
  movedBy: u64,
  page: u64,
): bool {
  return (
    ((word ^ before) & same) === 0 &&
    addressOf(word, inPlace, moved, movedBy) === addressOf(before, inPlace, moved, movedBy) + page
  );
}

function storeWord(row: u32, word: u64, los: usize, his: usize): void {
  store<u32>(los + (row << 2), <u32>word);
  store<u32>(his + (row << 2), <u32>(word >> 32));
}

/** Level and inherited bits are the same for all rows that began in one segment. */
function storeLevel(job: usize, first: u32, end: u32, levelIndex: u32, inherited: u32): void {
  if (end <= first) return;
  memory.fill(load<usize>(job, SCAN_LEVEL) + first, <u8>levelIndex, end - first);
  const column = load<usize>(job, SCAN_INHERITED);
  for (let row = first; row < end; row++) store<u32>(column + (row << 2), inherited);
}

function addTotals(job: usize, levelIndex: u32, leafFrames: u64, faults: u64, payloads: u64): void {
  const total = job + SCAN_LEAF_FRAMES + ((<usize>levelIndex) << 3);
  store<u64>(total, load<u64>(total) + leafFrames);
  store<u64>(job, load<u64>(job, SCAN_FAULTS) + faults, SCAN_FAULTS);
  store<u64>(job, load<u64>(job, SCAN_PAYLOADS) + payloads, SCAN_PAYLOADS);
}

function scanSegment(job: usize, segment: usize): u32 {
  const levelIndex = load<u32>(segment, SEGMENT_LEVEL);
  const inherited = load<u32>(segment, SEGMENT_INHERITED);
  const level = load<usize>(job, SCAN_LEVELS) + levelIndex * LEVEL_BYTES;
  const attributes = load<u64>(level, LEVEL_ATTRIBUTES);
  const keep = load<u64>(level, LEVEL_KEEP);
  const step = load<u64>(level, LEVEL_STEP);
  const field = load<u64>(level, LEVEL_FIELD);
  const inPlace = load<u64>(level, LEVEL_IN_PLACE);
  const moved = load<u64>(level, LEVEL_MOVED);
  const movedBy = load<u64>(level, LEVEL_MOVED_BY);
  const payload = load<u64>(level, LEVEL_PAYLOAD);
  const spanLg2 = <u64>load<u32>(level, LEVEL_SPAN_LG2);
  const page = pageBytesOf(level);
  const span = (<u64>1) << spanLg2;
  const patterns = load<usize>(level, LEVEL_PATTERNS);
  const listPayload = load<u32>(job, SCAN_LIST_PAYLOAD);
  const entries = load<usize>(segment, SEGMENT_ENTRIES);
  const inputs = load<usize>(job, SCAN_INPUT);
  const outputs = load<usize>(job, SCAN_OUTPUT);
  const frames = load<usize>(job, SCAN_FRAMES);
  const los = load<usize>(job, SCAN_LO);
  const his = load<usize>(job, SCAN_HI);
  const ats = load<usize>(job, SCAN_AT);
  const kinds = load<usize>(job, SCAN_KIND);
  const capacity = load<u32>(job, SCAN_CAPACITY) - SCAN_ROOM;
  const input = <u64>load<f64>(segment, SEGMENT_INPUT);
  const place = <u64>load<f64>(segment, SEGMENT_AT);
  const end = load<u32>(segment, SEGMENT_COUNT);
  /** A run whose address field is beyond this may run over within a block. */
  const safe = field - (step << 6);
  const canRunOver = field < step << 6;
  const stepLg2 = ctz(step);

  let index = load<u32>(job, SCAN_ENTRY);
  let here = input + ((<u64>index) << spanLg2);

  let open = openAt(job, here, levelIndex, inherited);
  let row = load<u32>(job, SCAN_ROWS);
  const filled = open ? row + 1 : row; // rows whose level and inherited bits are written
  let start = load<u64>(job, SCAN_OPEN_START);
  let last = load<u64>(job, SCAN_OPEN_WORD); // the entry before, where a range is open
  let leafFrames: u64 = 0;
  let faults: u64 = 0;
  let payloads: u64 = 0;
  let quiet = true; // the last block had no event: the next one probably has none
  let answer: u32 = SCAN_DONE;

  while (index < end) {
    if (row >= capacity) {
      answer = SCAN_FULL;
      break;
    }
    const block = entries + (index << 3);
    const size = end - index < BLOCK ? end - index : BLOCK;
    /** The open run may run over in this block, or the block is none: words do not tell whether a run goes on. */
    const unsure = size !== BLOCK || canRunOver || (open === KIND_LEAF && (last & field) > safe);
    if (quiet && !unsure) {
      if (open === KIND_LEAF) {
        const room = 1 + ((safe - (last & field)) >> stepLg2) / BLOCK; // blocks in which the run cannot run over
        const whole = min<u64>((end - index) / BLOCK, room);
        const blocks = continuing(block, <u32>whole, last + step, step, keep);
        if (blocks) {
          last = load<u64>(block + <usize>blocks * BLOCK_BYTES - 8);
          index += blocks * BLOCK;
          here += (span << 6) * blocks;
          continue;
        }
      } else if (open === 0 && empty64(block, payload)) {
        index += BLOCK;
        here += span << 6;
        continue;
      }
    }
    const all: u64 = size === BLOCK ? <u64>-1 : ((<u64>1) << size) - 1;
    let events = unsure ? all : eventsAfter(open, last, block, step, keep, payload);
    const careful = unsure || moved !== 0;
    quiet = events === 0;

    if (events === <u64>-1 && !careful && leaves64(block, attributes, patterns)) {
      // 64 leaves, each a range: the same stores, two rows at a time
      store<f64>(frames + (row << 3), exact(here - start));
      leafFrames += open === KIND_LEAF ? here - start : 0;
      row += u32(open !== 0);
      emit64(
        block,
        exact(here),
        <f64>span,
        exact(place + ((<u64>index) << 3)),
        inPlace,
        inputs + (row << 3),
        outputs + (row << 3),
        frames + (row << 3),
        los + (row << 2),
        his + (row << 2),
        ats + (row << 3),
      );
      memory.fill(kinds + row, <u8>KIND_LEAF, BLOCK);
      row += BLOCK - 1;
      start = here + 63 * span;
      leafFrames += 63 * span;
      open = KIND_LEAF;
      last = load<u64>(block, BLOCK_BYTES - 8);
      index += BLOCK;
      here += span << 6;
      continue;
    }

    // Leaves and holes only: no branch depends on which of them comes.
    while (events) {
      if (careful || (open !== 0 && open !== KIND_LEAF)) break;
      const bit = <u64>ctz(events);
      const word = load<u64>(block + ((<usize>bit) << 3));
      const pattern = word & attributes;
      const slot = bucketOf(pattern, patterns);
      const leaf = (word & payload) !== 0;
      if (
        leaf &&
        (load<u64>(slot, PATTERN_KEY) !== pattern ||
          load<u32>(slot, PATTERN_MEANING) !== LEAF_MEANING ||
          (word & field) > safe)
      )
        break;
      events &= events - 1;
      const now = here + (bit << spanLg2);
      const length = now - start;
      store<f64>(frames + (row << 3), exact(length));
      leafFrames += open ? length : 0;
      row += u32(open !== 0);
      open = leaf ? KIND_LEAF : 0;
      start = now;
      store<f64>(inputs + (row << 3), exact(now));
      store<f64>(outputs + (row << 3), exact((word & inPlace) >> 12));
      storeWord(row, word, los, his);
      store<f64>(ats + (row << 3), exact(place + ((<u64>index) << 3) + (bit << 3)));
      store<u8>(kinds + row, KIND_LEAF);
    }

    // Whatever else there is, one entry at a time.
    while (events) {
      const bit = <u32>ctz(events);
      events &= events - 1;
      const word = load<u64>(block + (bit << 3));
      const now = here + ((<u64>bit) << spanLg2);
      let kind: i32 = KIND_EMPTY;
      if ((word & payload) !== 0) {
        const meaning = meaningOf(word & attributes, patterns);
        if (meaning === 0) {
          store<u64>(job, word & attributes, SCAN_UNKNOWN);
          store<u32>(job, levelIndex, SCAN_UNKNOWN_LEVEL);
          answer = SCAN_ASKS;
          // the entries before this one have been dealt with
          if (bit) last = load<u64>(block + (bit << 3) - 8);
          index += bit;
          here = now;
          break;
        }
        kind = <i32>meaning - 1;
        if (kind !== KIND_LEAF) {
          if (kind === KIND_FAULT) faults++;
          else if (kind <= KIND_PAYLOAD) {
            payloads++;
            kind = listPayload ? KIND_PAYLOAD : KIND_EMPTY;
          } else kind = KIND_EMPTY;
          events |= ((<u64>2) << bit) & all; // what follows is not judged by this word
        } else if ((word & field) > safe || canRunOver) {
          events |= ((<u64>-2) << bit) & all; // the run that begins or goes on here may run over
        }
      }
      if (open !== 0) {
        const before = bit ? load<u64>(block + (bit << 3) - 8) : last;
        if (
          kind === open &&
          (kind === KIND_LEAF
            ? nextLeaf(word, before, attributes & keep, inPlace, moved, movedBy, page)
            : word === before)
        )
          continue;
        store<f64>(frames + (row << 3), exact(now - start));
        leafFrames += open === KIND_LEAF ? now - start : 0;
        row++;
      }
      open = kind;
      start = now;
      store<f64>(inputs + (row << 3), exact(now));
      store<f64>(
        outputs + (row << 3),
        kind === KIND_LEAF ? exact(addressOf(word, inPlace, moved, movedBy) >> 12) : 0,
      );
      storeWord(row, word, los, his);
      store<f64>(ats + (row << 3), exact(place + ((<u64>(index + bit)) << 3)));
      store<u8>(kinds + row, kind);
    }
    if (answer !== SCAN_DONE) break;
    last = load<u64>(block + (size << 3) - 8);
    index += size;
    here += (<u64>size) << spanLg2;
  }

  storeLevel(job, filled, open ? row + 1 : row, levelIndex, inherited);
  addTotals(job, levelIndex, leafFrames, faults, payloads);
  store<u32>(job, row, SCAN_ROWS);
  store<u32>(job, open, SCAN_OPEN);
  store<u64>(job, start, SCAN_OPEN_START);
  store<u64>(job, here, SCAN_OPEN_NEXT);
  store<u64>(job, last, SCAN_OPEN_WORD);
  store<u32>(job, index, SCAN_ENTRY);
  return answer;
}

/** 64 rows for 64 leaves that do not go on from each other. */
function emit64(
  at: usize,
  input: f64,
  span: f64,
  place: f64,
  inPlace: u64,
  inputs: usize,
  outputs: usize,
  frames: usize,
  los: usize,
  his: usize,
  ats: usize,
): void {
  const address = i64x2.splat(inPlace);
  const spans = f64x2.splat(span);
  const spans2 = f64x2.splat(span * 2);
  let input2 = f64x2.add(f64x2.splat(input), v128.and(spans, i64x2(0, -1)));
  let place2 = f64x2.add(f64x2.splat(place), f64x2(0, 8));
  for (const end = at + BLOCK_BYTES; at < end; at += 32) {
    const a = v128.load(at);
    const b = v128.load(at, 16);
    v128.store(inputs, input2);
    input2 = f64x2.add(input2, spans2);
    v128.store(inputs, input2, 16);
    input2 = f64x2.add(input2, spans2);
    v128.store(outputs, exact2(i64x2.shr_u(v128.and(a, address), 12)));
    v128.store(outputs, exact2(i64x2.shr_u(v128.and(b, address), 12)), 16);
    v128.store(frames, spans);
    v128.store(frames, spans, 16);
    v128.store(los, v128.shuffle<u32>(a, b, 0, 2, 4, 6));
    v128.store(his, v128.shuffle<u32>(a, b, 1, 3, 5, 7));
    v128.store(ats, place2);
    place2 = f64x2.add(place2, f64x2.splat(16));
    v128.store(ats, place2, 16);
    place2 = f64x2.add(place2, f64x2.splat(16));
    inputs += 32;
    outputs += 32;
    frames += 32;
    los += 16;
    his += 16;
    ats += 32;
  }
}
