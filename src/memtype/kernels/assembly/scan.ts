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
  PATTERN_BUCKETS_LG2,
  PATTERN_BYTES,
  PATTERN_HASH_HI,
  PATTERN_HASH_LO,
  PATTERN_KEY,
  PATTERN_MEANING,
  PATTERN_WAYS,
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
import { bits16 } from './vector.ts';

const BLOCK: u32 = 64;
const BLOCK_BYTES: usize = 512;

/** 1 + what a pattern means, or 0 where nobody has said yet. */
export function meaningOf(pattern: u64, patterns: usize): u32 {
  const hash = (<u32>pattern * <u32>PATTERN_HASH_LO) ^ (<u32>(pattern >> 32) * <u32>PATTERN_HASH_HI);
  const bucket = <usize>(hash >> (32 - PATTERN_BUCKETS_LG2));
  let slot = patterns + bucket * (PATTERN_WAYS * PATTERN_BYTES);
  for (const end = slot + PATTERN_WAYS * PATTERN_BYTES; slot < end; slot += PATTERN_BYTES)
    if (load<u64>(slot, PATTERN_KEY) === pattern) return load<u32>(slot, PATTERN_MEANING);
  return 0;
}

/** A whole number below 2^52 as f64: cheaper than the conversion, and there is one for vectors. */
function exact(value: u64): f64 {
  return reinterpret<f64>(value | 0x4330000000000000) - 4503599627370496.0;
}
function exact2(values: v128): v128 {
  return f64x2.sub(v128.or(values, i64x2.splat(0x4330000000000000)), f64x2.splat(4503599627370496.0));
}

/** Do 64 entries continue a run whose next word is `next`? */
function continues64(at: usize, next: u64, step: u64, keep: v128): bool {
  const step2 = i64x2.splat(step << 1);
  let want = i64x2.add(i64x2.splat(next), i64x2(0, step));
  for (const end = at + BLOCK_BYTES; at < end; at += 128) {
    const want1 = i64x2.add(want, step2);
    const want2 = i64x2.add(want1, step2);
    const want3 = i64x2.add(want2, step2);
    const want4 = i64x2.add(want3, step2);
    const want5 = i64x2.add(want4, step2);
    const want6 = i64x2.add(want5, step2);
    const want7 = i64x2.add(want6, step2);
    const low = v128.or(
      v128.or(v128.xor(v128.load(at), want), v128.xor(v128.load(at, 16), want1)),
      v128.or(v128.xor(v128.load(at, 32), want2), v128.xor(v128.load(at, 48), want3)),
    );
    const high = v128.or(
      v128.or(v128.xor(v128.load(at, 64), want4), v128.xor(v128.load(at, 80), want5)),
      v128.or(v128.xor(v128.load(at, 96), want6), v128.xor(v128.load(at, 112), want7)),
    );
    if (v128.any_true(v128.and(v128.or(low, high), keep))) return false;
    want = i64x2.add(want7, step2);
  }
  return true;
}

/** Are 64 entries zero? */
function empty64(at: usize): bool {
  for (const end = at + BLOCK_BYTES; at < end; at += 128) {
    const low = v128.or(
      v128.or(v128.load(at), v128.load(at, 16)),
      v128.or(v128.load(at, 32), v128.load(at, 48)),
    );
    const high = v128.or(
      v128.or(v128.load(at, 64), v128.load(at, 80)),
      v128.or(v128.load(at, 96), v128.load(at, 112)),
    );
    if (v128.any_true(v128.or(low, high))) return false;
  }
  return true;
}

/**
 * Two entries: does each go on as the one before it? As a leaf: the word has grown by a step, from something that was not
 * zero, and the address has not run over. As a hole: both are zero.
 */
function goOn(at: usize, step: v128, field: v128, keep: v128): v128 {
  const zero = i64x2.splat(0);
  const entry = v128.load(at);
  const before = v128.load(at - 8);
  const grown = i64x2.eq(v128.and(v128.xor(entry, i64x2.add(before, step)), keep), zero);
  const stop = v128.or(i64x2.eq(v128.and(entry, field), zero), i64x2.eq(before, zero));
  return v128.or(v128.andnot(grown, stop), i64x2.eq(v128.or(entry, before), zero));
}
function goOn16(at: usize, step: v128, field: v128, keep: v128): u64 {
  return <u64>(
    bits16(
      goOn(at, step, field, keep),
      goOn(at + 16, step, field, keep),
      goOn(at + 32, step, field, keep),
      goOn(at + 48, step, field, keep),
      goOn(at + 64, step, field, keep),
      goOn(at + 80, step, field, keep),
      goOn(at + 96, step, field, keep),
      goOn(at + 112, step, field, keep),
    )
  );
}

/** Have 64 entries all this pattern? */
function alike64(at: usize, pattern: u64, attributes: v128): bool {
  const want = i64x2.splat(pattern);
  let differ = i64x2.splat(0);
  for (const end = at + BLOCK_BYTES; at < end; at += 16)
    differ = v128.or(differ, v128.xor(v128.and(v128.load(at), attributes), want));
  return !v128.any_true(differ);
}

/** Read one word of every cache line of eight tables in turn, so that they are fetched at the same time. */
function touch(segment: usize): u64 {
  const a = load<usize>(segment, SEGMENT_ENTRIES);
  const b = load<usize>(segment, SEGMENT_BYTES + SEGMENT_ENTRIES);
  const c = load<usize>(segment, 2 * SEGMENT_BYTES + SEGMENT_ENTRIES);
  const d = load<usize>(segment, 3 * SEGMENT_BYTES + SEGMENT_ENTRIES);
  const e = load<usize>(segment, 4 * SEGMENT_BYTES + SEGMENT_ENTRIES);
  const f = load<usize>(segment, 5 * SEGMENT_BYTES + SEGMENT_ENTRIES);
  const g = load<usize>(segment, 6 * SEGMENT_BYTES + SEGMENT_ENTRIES);
  const h = load<usize>(segment, 7 * SEGMENT_BYTES + SEGMENT_ENTRIES);
  // where most tables follow each other, the processor fetches ahead by itself
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

/**
 * Scan the segments of a job from where it stands. Answers `SCAN_DONE`, `SCAN_ASKS` (the meaning of `SCAN_UNKNOWN` is
 * wanted in the pattern cache) or `SCAN_FULL` (the rows are to be taken away); call it again to go on.
 * The last range stays open, because the next scan may continue it: see `SCAN_OPEN`.
 */
export function scan(job: usize): u32 {
  const count = load<u32>(job, SCAN_SEGMENT_COUNT);
  let read: u64 = 0;
  for (let index = load<u32>(job, SCAN_SEGMENT); index < count; index++) {
    const segment = load<usize>(job, SCAN_SEGMENTS) + index * SEGMENT_BYTES;
    if ((index & 7) === 0 && index + 8 <= count && load<u32>(job, SCAN_ENTRY) === 0) read ^= touch(segment);
    const answer = scanSegment(job, segment);
    if (answer !== SCAN_DONE) {
      store<u32>(job, index, SCAN_SEGMENT);
      return answer;
    }
    store<u32>(job, 0, SCAN_ENTRY);
  }
  store<u32>(job, count, SCAN_SEGMENT);
  // `read` must not look unused
  if (read === 0x5ca1ab1e0ddb) store<u64>(job, read, SCAN_UNKNOWN);
  return SCAN_DONE;
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

  const keep2 = i64x2.splat(keep);
  const step2 = i64x2.splat(step);
  const field2 = i64x2.splat(field);
  const attributes2 = i64x2.splat(attributes);

  let index = load<u32>(job, SCAN_ENTRY);
  let here = input + ((<u64>index) << spanLg2);

  // Does the open range go on here?
  let open = load<i32>(job, SCAN_OPEN);
  if (open !== 0) {
    const row = load<u32>(job, SCAN_ROWS);
    if (
      load<u64>(job, SCAN_OPEN_NEXT) !== here ||
      load<u8>(load<usize>(job, SCAN_LEVEL) + row) !== levelIndex ||
      load<u32>(load<usize>(job, SCAN_INHERITED) + (row << 2)) !== inherited
    ) {
      closeRow(job, open);
      open = 0;
    }
  }
  let row = load<u32>(job, SCAN_ROWS);
  let filled = open ? row + 1 : row; // rows whose level and inherited bits are written
  let start = load<u64>(job, SCAN_OPEN_START);
  let last = load<u64>(job, SCAN_OPEN_WORD); // the entry before, where a range is open
  let leafFrames: u64 = 0;
  let faults: u64 = 0;
  let payloads: u64 = 0;
  let pattern: u64 = 0;
  let meaning: u32 = 0;
  let answer: u32 = SCAN_DONE;

  while (index < end) {
    if (row >= capacity) {
      answer = SCAN_FULL;
      break;
    }
    const block = entries + (index << 3);
    const size = end - index < BLOCK ? end - index : BLOCK;
    let events: u64 = 0;
    if (size === BLOCK) {
      if (open === KIND_LEAF) {
        if ((last & field) + (step << 6) <= field && continues64(block, last + step, step, keep2)) {
          last = load<u64>(block, BLOCK_BYTES - 8);
          index += BLOCK;
          here += span << 6;
          continue;
        }
      } else if (open === 0 && empty64(block)) {
        index += BLOCK;
        here += span << 6;
        continue;
      }
      events = ~(
        goOn16(block, step2, field2, keep2) |
        (goOn16(block + 128, step2, field2, keep2) << 16) |
        (goOn16(block + 256, step2, field2, keep2) << 32) |
        (goOn16(block + 384, step2, field2, keep2) << 48)
      );
    } else {
      // the end of a piece that is not made of blocks: look at every entry
      events = ((<u64>1) << size) - 1;
    }
    // the first entry has its predecessor elsewhere
    const first = load<u64>(block);
    const quiet =
      open === KIND_LEAF
        ? (last & field) + step <= field && ((first ^ (last + step)) & keep) === 0
        : open === 0 && first === 0;
    events = quiet ? events & ~(<u64>1) : events | 1;

    if (
      events === <u64>-1 &&
      meaning === 1 + KIND_LEAF &&
      moved === 0 &&
      size === BLOCK &&
      alike64(block, pattern, attributes2)
    ) {
      // 64 leaves, each a range: the same stores, two at a time
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

    while (events) {
      const bit = <u32>ctz(events);
      events &= events - 1;
      const word = load<u64>(block + (bit << 3));
      const now = here + ((<u64>bit) << spanLg2);
      let kind: i32 = KIND_EMPTY;
      if (word !== 0) {
        const attribute = word & attributes;
        if (attribute !== pattern || meaning === 0) {
          const found = meaningOf(attribute, patterns);
          if (found === 0) {
            store<u64>(job, attribute, SCAN_UNKNOWN);
            store<u32>(job, levelIndex, SCAN_UNKNOWN_LEVEL);
            answer = SCAN_ASKS;
            index += bit;
            here = now;
            // the entries before this one have been dealt with
            if (bit) last = load<u64>(block + (bit << 3) - 8);
            break;
          }
          pattern = attribute;
          meaning = found;
        }
        kind = <i32>meaning - 1;
        if (kind !== KIND_LEAF) {
          if (kind === KIND_FAULT) faults++;
          else if (kind <= KIND_PAYLOAD && (word & payload) !== 0) {
            payloads++;
            kind = listPayload ? KIND_PAYLOAD : KIND_EMPTY;
          } else kind = KIND_EMPTY;
          events |= ((<u64>2) << bit) & (size === BLOCK ? <u64>-1 : ((<u64>1) << size) - 1); // what follows is not judged by this word
        }
      }
      if (open !== 0) {
        const before = bit ? load<u64>(block + (bit << 3) - 8) : last;
        const same =
          kind === KIND_LEAF
            ? open === KIND_LEAF &&
              moved | u64(size !== BLOCK) && // words of plain addresses that go on are no events in a block
              ((word ^ before) & attributes & keep) === 0 &&
              addressOf(word, inPlace, moved, movedBy) === addressOf(before, inPlace, moved, movedBy) + step
            : kind === open && word === before;
        if (same) continue;
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
      store<u32>(los + (row << 2), <u32>word);
      store<u32>(his + (row << 2), <u32>(word >> 32));
      store<f64>(ats + (row << 3), exact(place + ((<u64>(index + bit)) << 3)));
      store<u8>(kinds + row, kind);
    }
    if (answer !== SCAN_DONE) break;
    last = load<u64>(block + (size << 3) - 8);
    index += size;
    here += (<u64>size) << spanLg2;
  }

  // level and inherited bits are the same for all rows that began here
  const begun = open ? row + 1 : row;
  if (begun > filled) {
    memory.fill(load<usize>(job, SCAN_LEVEL) + filled, <u8>levelIndex, begun - filled);
    const column = load<usize>(job, SCAN_INHERITED);
    for (; filled < begun; filled++) store<u32>(column + (filled << 2), inherited);
  }
  const total = job + SCAN_LEAF_FRAMES + ((<usize>levelIndex) << 3);
  store<u64>(total, load<u64>(total) + leafFrames);
  store<u64>(job, load<u64>(job, SCAN_FAULTS) + faults, SCAN_FAULTS);
  store<u64>(job, load<u64>(job, SCAN_PAYLOADS) + payloads, SCAN_PAYLOADS);
  store<u32>(job, row, SCAN_ROWS);
  store<u32>(job, open, SCAN_OPEN);
  store<u64>(job, start, SCAN_OPEN_START);
  store<u64>(job, here, SCAN_OPEN_NEXT);
  store<u64>(job, last, SCAN_OPEN_WORD);
  store<u32>(job, index, SCAN_ENTRY);
  return answer;
}

/** The address in an entry: in place, or with some bits kept elsewhere. */
function addressOf(word: u64, inPlace: u64, moved: u64, movedBy: u64): u64 {
  return (word & inPlace) | ((word & moved) << movedBy);
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
