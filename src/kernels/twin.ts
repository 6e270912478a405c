/**
 * The kernels in plain TypeScript: what each of them means, said once more in the simplest way. Used where there is no
 * WebAssembly, and by the tests, which compare byte for byte.
 */
import { bytesOf, frameOf } from '../image/frames.ts';
import type { Kernels } from './api.ts';
import * as at from './layout.ts';

const INITIAL_BYTES = 65536;

export class Twin implements Kernels {
  readonly implementation = 'typescript';
  #buffer = new ArrayBuffer(INITIAL_BYTES);
  #u8 = new Uint8Array(this.#buffer);
  #u32 = new Uint32Array(this.#buffer);
  #f64 = new Float64Array(this.#buffer);
  #u64 = new BigUint64Array(this.#buffer);

  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  reserve(bytes: number): void {
    if (bytes <= this.#buffer.byteLength) return;
    const larger = new ArrayBuffer(Math.ceil(Math.max(bytes, 2 * this.#buffer.byteLength) / 8) * 8);
    new Uint8Array(larger).set(this.#u8);
    this.#buffer = larger;
    this.#u8 = new Uint8Array(larger);
    this.#u32 = new Uint32Array(larger);
    this.#f64 = new Float64Array(larger);
    this.#u64 = new BigUint64Array(larger);
  }

  #coder(plan: number): (lo: number, hi: number) => number {
    const u8 = this.#u8;
    const field = (offset: number): number => this.#u32[(plan + offset) >> 2] as number;
    const table = field(at.PLAN_TABLE);
    const steps = Array.from({ length: field(at.PLAN_STEP_COUNT) }, (_, i) => {
      const step = at.PLAN_STEPS + i * at.STEP_BYTES;
      const right = field(step + at.STEP_RIGHT);
      return {
        half: right >> 5,
        right: right & 31,
        mask: field(step + at.STEP_MASK),
        left: field(step + at.STEP_LEFT),
      };
    });
    const [a, b] = steps;
    if (a && b && steps.length === 2 && a.half === 1 && b.half === 0)
      return (lo, hi) =>
        u8[
          table + ((((hi >>> a.right) & a.mask) << a.left) | (((lo >>> b.right) & b.mask) << b.left))
        ] as number;
    return (lo, hi) => {
      let key = 0;
      for (const { half, right, mask, left } of steps) key |= (((half ? hi : lo) >>> right) & mask) << left;
      return u8[table + key] as number;
    };
  }

  resolve(words: number, count: number, codes: number, plan: number): void {
    const codeOf = this.#coder(plan);
    const u32 = this.#u32;
    const u8 = this.#u8;
    for (let i = 0, word = words >> 2; i < count; i++, word += 2)
      u8[codes + i] = codeOf(u32[word] as number, u32[word + 1] as number);
  }

  histogram(words: number, count: number, counts: number, plan: number): void {
    const codeOf = this.#coder(plan);
    const u32 = this.#u32;
    const sums = new Float64Array(this.#buffer, counts, 256);
    for (let i = 0, word = words >> 2; i < count; i++, word += 2) {
      const code = codeOf(u32[word] as number, u32[word + 1] as number);
      sums[code] = (sums[code] as number) + 1;
    }
  }

  hexWords(text: number, bytes: number, out: number, classes: number, result: number): number {
    const u8 = this.#u8;
    const u32 = this.#u32;
    const kindAt = (place: number): number => u8[classes + (u8[place] as number)] as number;
    const end = text + bytes;
    let words = 0;
    let addresses = 0;
    let others = 0;
    for (let place = text; place < end; ) {
      if (kindAt(place) === at.TEXT_SEPARATOR) {
        place++;
        continue;
      }
      const prefixed = u8[place] === 0x30 && ((u8[place + 1] as number) | 0x20) === 0x78;
      const digits = prefixed ? place + 2 : place;
      let lo = 0;
      let hi = 0;
      let after = digits;
      for (; kindAt(after) < at.TEXT_LETTER; after++) {
        hi = (hi << 4) | (lo >>> 28);
        lo = (lo << 4) | kindAt(after);
      }
      const count = after - digits;
      const ends = kindAt(after) === at.TEXT_SEPARATOR;
      if (ends && count > 0 && u8[after] === 0x3a) addresses++;
      else if (ends && (prefixed ? count > 0 && count <= 16 : count === 16)) {
        u32[(out >> 2) + 2 * words] = lo;
        u32[(out >> 2) + 2 * words++ + 1] = hi;
      } else others++;
      while (kindAt(after) !== at.TEXT_SEPARATOR) after++;
      place = after + 1;
    }
    u32[(result + at.TEXT_ADDRESSES) >> 2] = addresses;
    u32[(result + at.TEXT_OTHERS) >> 2] = others;
    return words;
  }

  scan(job: number): number {
    const u32 = this.#u32;
    const count = u32[(job + at.SCAN_SEGMENT_COUNT) >> 2] as number;
    for (let index = u32[(job + at.SCAN_SEGMENT) >> 2] as number; index < count; index++) {
      u32[(job + at.SCAN_SEGMENT) >> 2] = index;
      const segment = (u32[(job + at.SCAN_SEGMENTS) >> 2] as number) + index * at.SEGMENT_BYTES;
      const answer = this.#scanSegment(job, segment);
      if (answer !== at.SCAN_DONE) return answer;
      u32[(job + at.SCAN_ENTRY) >> 2] = 0;
    }
    u32[(job + at.SCAN_SEGMENT) >> 2] = count;
    return at.SCAN_DONE;
  }

  descend(job: number, piece: number): number {
    const u32 = this.#u32;
    const f64 = this.#f64;
    const field = (offset: number): number => u32[(piece + offset) >> 2] as number;
    const wide = (offset: number): number => field(offset) + field(offset + 4) * 2 ** 32;
    const segment = piece + at.DESCEND_SEGMENT;
    const end = field(at.DESCEND_END);
    for (let index = field(at.DESCEND_INDEX); index < end; index++) {
      u32[(piece + at.DESCEND_INDEX) >> 2] = index;
      const entry = (field(at.DESCEND_ENTRIES) >> 2) + 2 * index;
      const lo = u32[entry] as number;
      const hi = u32[entry + 1] as number;
      if (lo === 0 && hi === 0) continue;
      const masked = (offset: number): number =>
        ((lo & field(offset)) >>> 0) + ((hi & field(offset + 4)) >>> 0) * 2 ** 32;
      const address =
        masked(at.DESCEND_IN_PLACE) + masked(at.DESCEND_MOVED) * 2 ** field(at.DESCEND_MOVED_BY);
      const page = frameOf(address) - wide(at.DESCEND_IMAGE_FRAME);
      const held = Number.isInteger(page) && page >= 0 && page < wide(at.DESCEND_IMAGE_PAGES);
      if (!held || masked(at.DESCEND_ATTRIBUTES) !== wide(at.DESCEND_PATTERN)) return at.SCAN_OTHER;
      u32[(segment + at.SEGMENT_ENTRIES) >> 2] = field(at.DESCEND_IMAGE) + bytesOf(page);
      f64[(segment + at.SEGMENT_INPUT) >> 3] =
        (f64[(piece + at.DESCEND_INPUT) >> 3] as number) +
        (f64[(piece + at.DESCEND_SPAN) >> 3] as number) * index;
      f64[(segment + at.SEGMENT_AT) >> 3] = address;
      const answer = this.#scanSegment(job, segment);
      if (answer !== at.SCAN_DONE) return answer;
      u32[(job + at.SCAN_ENTRY) >> 2] = 0;
      u32[(piece + at.DESCEND_TABLES) >> 2] = field(at.DESCEND_TABLES) + 1;
    }
    u32[(piece + at.DESCEND_INDEX) >> 2] = end;
    return at.SCAN_DONE;
  }

  finish(job: number): void {
    if (this.#u32[(job + at.SCAN_OPEN) >> 2]) this.#closeRow(job);
  }

  /** The open range ends where it would go on. */
  #closeRow(job: number): void {
    const u32 = this.#u32;
    const row = u32[(job + at.SCAN_ROWS) >> 2] as number;
    const frames = Number(
      (this.#u64[(job + at.SCAN_OPEN_NEXT) >> 3] as bigint) -
        (this.#u64[(job + at.SCAN_OPEN_START) >> 3] as bigint),
    );
    this.#f64[((u32[(job + at.SCAN_FRAMES) >> 2] as number) >> 3) + row] = frames;
    if (u32[(job + at.SCAN_OPEN) >> 2] === at.KIND_LEAF) {
      const level = this.#u8[(u32[(job + at.SCAN_LEVEL) >> 2] as number) + row] as number;
      const total = ((job + at.SCAN_LEAF_FRAMES) >> 3) + level;
      this.#u64[total] = (this.#u64[total] as bigint) + BigInt(frames);
    }
    u32[(job + at.SCAN_ROWS) >> 2] = row + 1;
    u32[(job + at.SCAN_OPEN) >> 2] = 0;
  }

  #scanSegment(job: number, segment: number): number {
    const u32 = this.#u32;
    const u64 = this.#u64;
    const f64 = this.#f64;
    const field = (base: number, offset: number): number => u32[(base + offset) >> 2] as number;
    const set = (offset: number, value: number): void => {
      u32[(job + offset) >> 2] = value;
    };
    const levelIndex = field(segment, at.SEGMENT_LEVEL);
    const inherited = field(segment, at.SEGMENT_INHERITED);
    const level = field(job, at.SCAN_LEVELS) + levelIndex * at.LEVEL_BYTES;
    const halves = (offset: number): readonly [number, number] => [
      field(level, offset),
      field(level, offset + 4),
    ];
    const [attributesLo, attributesHi] = halves(at.LEVEL_ATTRIBUTES);
    const [keepLo, keepHi] = halves(at.LEVEL_KEEP);
    const [inPlaceLo, inPlaceHi] = halves(at.LEVEL_IN_PLACE);
    const [movedLo, movedHi] = halves(at.LEVEL_MOVED);
    const movedWeight = 2 ** field(level, at.LEVEL_MOVED_BY);
    const [payloadLo, payloadHi] = halves(at.LEVEL_PAYLOAD);
    const span = 2 ** field(level, at.LEVEL_SPAN_LG2);
    const outputOf = (lo: number, hi: number): number => {
      const inPlace = ((hi & inPlaceHi) >>> 0) * 2 ** 32 + ((lo & inPlaceLo) >>> 0);
      const moved = ((hi & movedHi) >>> 0) * 2 ** 32 + ((lo & movedLo) >>> 0);
      return frameOf(inPlace + moved * movedWeight);
    };
    const entries = field(segment, at.SEGMENT_ENTRIES) >> 2;
    const input = f64[(segment + at.SEGMENT_INPUT) >> 3] as number;
    const place = f64[(segment + at.SEGMENT_AT) >> 3] as number;
    const end = field(segment, at.SEGMENT_COUNT);
    const column = (offset: number, size: number): number => field(job, offset) / size;
    const inputs = column(at.SCAN_INPUT, 8);
    const outputs = column(at.SCAN_OUTPUT, 8);
    const los = column(at.SCAN_LO, 4);
    const his = column(at.SCAN_HI, 4);
    const ats = column(at.SCAN_AT, 8);
    const levels = column(at.SCAN_LEVEL, 1);
    const kinds = column(at.SCAN_KIND, 1);
    const inheriteds = column(at.SCAN_INHERITED, 4);

    for (let i = field(job, at.SCAN_ENTRY); i < end; i++) {
      set(at.SCAN_ENTRY, i);
      const lo = u32[entries + 2 * i] as number;
      const hi = u32[entries + 2 * i + 1] as number;
      const here = input + i * span;
      let kind: number = at.KIND_EMPTY;
      if ((lo & payloadLo) !== 0 || (hi & payloadHi) !== 0) {
        const attributeLo = (lo & attributesLo) >>> 0;
        const attributeHi = (hi & attributesHi) >>> 0;
        const meaning = this.#meaningOf(attributeLo, attributeHi, field(level, at.LEVEL_PATTERNS));
        if (meaning === 0) {
          set(at.SCAN_UNKNOWN, attributeLo);
          set(at.SCAN_UNKNOWN + 4, attributeHi);
          set(at.SCAN_UNKNOWN_LEVEL, levelIndex);
          return at.SCAN_ASKS;
        }
        kind = meaning - 1;
      }
      let row = field(job, at.SCAN_ROWS);
      if (row >= field(job, at.SCAN_CAPACITY) - at.SCAN_ROOM) return at.SCAN_FULL;
      if (kind === at.KIND_FAULT) {
        u64[(job + at.SCAN_FAULTS) >> 3] = (u64[(job + at.SCAN_FAULTS) >> 3] as bigint) + 1n;
      } else if (kind !== at.KIND_LEAF) {
        const counts = kind <= at.KIND_PAYLOAD && ((lo & payloadLo) !== 0 || (hi & payloadHi) !== 0);
        if (counts) u64[(job + at.SCAN_PAYLOADS) >> 3] = (u64[(job + at.SCAN_PAYLOADS) >> 3] as bigint) + 1n;
        kind = counts && field(job, at.SCAN_LIST_PAYLOAD) ? at.KIND_PAYLOAD : at.KIND_EMPTY;
      }
      const open = field(job, at.SCAN_OPEN);
      const frame = kind === at.KIND_LEAF ? outputOf(lo, hi) : 0;
      if (open) {
        const beforeLo = field(job, at.SCAN_OPEN_WORD);
        const beforeHi = field(job, at.SCAN_OPEN_WORD + 4);
        const goesOn =
          kind === open &&
          u64[(job + at.SCAN_OPEN_NEXT) >> 3] === BigInt(here) &&
          this.#u8[levels + row] === levelIndex &&
          u32[inheriteds + row] === inherited &&
          (kind === at.KIND_LEAF
            ? ((lo ^ beforeLo) & attributesLo & keepLo) === 0 &&
              ((hi ^ beforeHi) & attributesHi & keepHi) === 0 &&
              frame === outputOf(beforeLo, beforeHi) + span
            : lo === beforeLo && hi === beforeHi);
        if (!goesOn) {
          this.#closeRow(job);
          row++;
        }
      }
      if (kind !== at.KIND_EMPTY && field(job, at.SCAN_OPEN) === 0) {
        set(at.SCAN_OPEN, kind);
        u64[(job + at.SCAN_OPEN_START) >> 3] = BigInt(here);
        f64[inputs + row] = here;
        f64[outputs + row] = frame;
        u32[los + row] = lo;
        u32[his + row] = hi;
        f64[ats + row] = place + 8 * i;
        this.#u8[kinds + row] = kind;
        this.#u8[levels + row] = levelIndex;
        u32[inheriteds + row] = inherited;
      }
      u64[(job + at.SCAN_OPEN_NEXT) >> 3] = BigInt(here + span);
      set(at.SCAN_OPEN_WORD, lo);
      set(at.SCAN_OPEN_WORD + 4, hi);
    }
    return at.SCAN_DONE;
  }

  tally(job: number): number {
    const u32 = this.#u32;
    const field = (offset: number): number => u32[(job + offset) >> 2] as number;
    const level = field(at.TALLY_LEVEL) >> 2;
    const halves = (offset: number): readonly [number, number] => [
      u32[level + (offset >> 2)] as number,
      u32[level + (offset >> 2) + 1] as number,
    ];
    const [attributesLo, attributesHi] = halves(at.LEVEL_ATTRIBUTES);
    const [payloadLo, payloadHi] = halves(at.LEVEL_PAYLOAD);
    const [patterns] = halves(at.LEVEL_PATTERNS);
    const segments = field(at.TALLY_SEGMENT_COUNT);
    for (let index = field(at.TALLY_SEGMENT); index < segments; index++) {
      const segment = field(at.TALLY_SEGMENTS) + index * at.SEGMENT_BYTES;
      const ways = this.#f64[(segment + at.SEGMENT_INPUT) >> 3] as number;
      const entries = (u32[(segment + at.SEGMENT_ENTRIES) >> 2] as number) >> 2;
      const count = u32[(segment + at.SEGMENT_COUNT) >> 2] as number;
      for (let i = field(at.TALLY_ENTRY); i < count; i++) {
        const lo = u32[entries + 2 * i] as number;
        const hi = u32[entries + 2 * i + 1] as number;
        if (lo === 0 && hi === 0) continue;
        const pattern = [(lo & attributesLo) >>> 0, (hi & attributesHi) >>> 0] as const;
        const meaning = this.#meaningOf(...pattern, patterns);
        if (meaning === 0) {
          u32.set(pattern, (job + at.TALLY_UNKNOWN) >> 2);
          u32[(job + at.TALLY_SEGMENT) >> 2] = index;
          u32[(job + at.TALLY_ENTRY) >> 2] = i;
          return at.SCAN_ASKS;
        }
        const kind = meaning - 1;
        if (kind === at.TALLY_NOTHING) continue;
        if (kind === at.TALLY_PAYLOAD && (lo & payloadLo) === 0 && (hi & payloadHi) === 0) continue;
        const place = (field(at.TALLY_COUNTS) >> 3) + kind;
        this.#f64[place] = (this.#f64[place] as number) + ways;
      }
      u32[(job + at.TALLY_ENTRY) >> 2] = 0;
    }
    u32[(job + at.TALLY_SEGMENT) >> 2] = segments;
    return at.SCAN_DONE;
  }

  lookups(directory: number, addresses: number, count: number, outputs: number, leaves: number): number {
    const u32 = this.#u32;
    const u64 = this.#u64;
    const field = (offset: number): number => u32[(directory + offset) >> 2] as number;
    for (let i = field(at.DIRECTORY_NEXT); i < count; i++) {
      const address = u64[(addresses >> 3) + i] as bigint;
      const [place, levelIndex] = this.#entryOf(address, directory);
      const lo = u32[place >> 2] as number;
      const hi = u32[(place >> 2) + 1] as number;
      const level = field(at.DIRECTORY_LEVELS) + levelIndex * at.LEVEL_BYTES;
      const levelWide = (offset: number): bigint => u64[(level + offset) >> 3] as bigint;
      let leaf = false;
      if (lo !== 0 || hi !== 0) {
        const pattern = [at.LEVEL_ATTRIBUTES, at.LEVEL_ATTRIBUTES + 4].map(
          (offset, half) => ((half ? hi : lo) & (u32[(level + offset) >> 2] as number)) >>> 0,
        ) as [number, number];
        const meaning = this.#meaningOf(...pattern, u32[(level + at.LEVEL_PATTERNS) >> 2] as number);
        if (meaning === 0) {
          u32.set(pattern, (directory + at.DIRECTORY_UNKNOWN) >> 2);
          u32[(directory + at.DIRECTORY_UNKNOWN_LEVEL) >> 2] = levelIndex;
          u32[(directory + at.DIRECTORY_NEXT) >> 2] = i;
          return at.SCAN_ASKS;
        }
        leaf = meaning - 1 === at.KIND_LEAF;
      }
      const word = u64[place >> 3] as bigint;
      const base =
        (word & levelWide(at.LEVEL_IN_PLACE)) |
        ((word & levelWide(at.LEVEL_MOVED)) << levelWide(at.LEVEL_MOVED_BY));
      const output = base + (address & (this.#pageBytes(level) - 1n));
      u64[(outputs >> 3) + i] = leaf ? output : ~0n;
      u64[(leaves >> 3) + i] = leaf ? word : 0n;
    }
    return at.SCAN_DONE;
  }

  pairs(job: number): number {
    const u32 = this.#u32;
    const u64 = this.#u64;
    const u8 = this.#u8;
    const field = (offset: number): number => u32[(job + offset) >> 2] as number;
    const set = (offset: number, value: number): void => {
      u32[(job + offset) >> 2] = value;
    };
    const codersOf = (plans: number) =>
      Array.from({ length: at.SCAN_MAX_LEVELS }, (_, level) => {
        const plan = field(plans + 4 * level);
        return plan === 0 ? undefined : this.#coder(plan);
      });
    const coders1 = codersOf(at.PAIRS_PLANS_1);
    const coders2 = codersOf(at.PAIRS_PLANS_2);
    const directory = field(at.PAIRS_DIRECTORY);
    const levels = field(at.PAIRS_LEVELS);
    const pageBytes = this.#pageBytes(levels);
    const put = (code1: number, ipa: bigint): void => {
      const [place, level] = this.#entryOf(ipa, directory);
      const lo = u32[place >> 2] as number;
      const hi = u32[(place >> 2) + 1] as number;
      if (lo === 0 && hi === 0) return;
      const code2 = coders2[level]?.(lo, hi);
      if (code2 === undefined) return;
      const code = u8[field(at.PAIRS_TABLE) + code1 * 256 + code2] as number;
      if (code === 0) return;
      u8[field(at.PAIRS_CODES) + field(at.PAIRS_COUNT)] = code;
      set(at.PAIRS_COUNT, field(at.PAIRS_COUNT) + 1);
    };
    for (
      ;
      field(at.PAIRS_SEGMENT) < field(at.PAIRS_SEGMENT_COUNT);
      set(at.PAIRS_SEGMENT, field(at.PAIRS_SEGMENT) + 1)
    ) {
      const segment = field(at.PAIRS_SEGMENTS) + field(at.PAIRS_SEGMENT) * at.SEGMENT_BYTES;
      const ofSegment = (offset: number): number => u32[(segment + offset) >> 2] as number;
      const levelIndex = ofSegment(at.SEGMENT_LEVEL);
      const level = levels + levelIndex * at.LEVEL_BYTES;
      const wide = (offset: number): bigint => u64[(level + offset) >> 3] as bigint;
      const pages = Number(this.#pageBytes(level) / pageBytes);
      for (
        ;
        field(at.PAIRS_ENTRY) < ofSegment(at.SEGMENT_COUNT);
        set(at.PAIRS_ENTRY, field(at.PAIRS_ENTRY) + 1)
      ) {
        const entry = ofSegment(at.SEGMENT_ENTRIES) + 8 * field(at.PAIRS_ENTRY);
        const word = u64[entry >> 3] as bigint;
        if (word === 0n) continue;
        const code1 = coders1[levelIndex]?.(
          u32[entry >> 2] as number,
          u32[(entry >> 2) + 1] as number,
        ) as number;
        const ipa =
          (word & wide(at.LEVEL_IN_PLACE)) | ((word & wide(at.LEVEL_MOVED)) << wide(at.LEVEL_MOVED_BY));
        for (; field(at.PAIRS_PAGE) < pages; set(at.PAIRS_PAGE, field(at.PAIRS_PAGE) + 1)) {
          if (field(at.PAIRS_COUNT) >= field(at.PAIRS_CAPACITY) - 1024) return at.SCAN_FULL;
          put(code1, ipa + BigInt(field(at.PAIRS_PAGE)) * pageBytes);
        }
        set(at.PAIRS_PAGE, 0);
      }
      set(at.PAIRS_ENTRY, 0);
    }
    return at.SCAN_DONE;
  }

  countCodes(codes: number, count: number, counts: number): void {
    const sums = new Float64Array(this.#buffer, counts, 256);
    for (let i = 0; i < count; i++) {
      const code = this.#u8[codes + i] as number;
      sums[code] = (sums[code] as number) + 1;
    }
  }

  /** Where the leaf entry of an input address stands, and its level. */
  #entryOf(address: bigint, directory: number): readonly [place: number, level: number] {
    const u32 = this.#u32;
    const field = (offset: number): number => u32[(directory + offset) >> 2] as number;
    const wide = (offset: number): bigint => this.#u64[(directory + offset) >> 3] as bigint;
    const shift = BigInt(field(at.DIRECTORY_SHIFT));
    const index = (bits: bigint): number => Number(bits & 511n);
    const inside = [
      [at.DIRECTORY_START_0, at.DIRECTORY_SIZE_0],
      [at.DIRECTORY_START_1, at.DIRECTORY_SIZE_1],
    ].some(([start, size]) => BigInt.asUintN(64, address - wide(start as number)) < wide(size as number));
    let record = field(at.DIRECTORY_NOTHING);
    if (inside) {
      const granule = (address & wide(at.DIRECTORY_MASK)) >> (shift + BigInt(at.DIRECTORY_INDEX_BITS));
      const middle = u32[(field(at.DIRECTORY_TOP) >> 2) + Number(granule >> 18n)] as number;
      const records = u32[(middle >> 2) + index(granule >> 9n)] as number;
      record = records + index(granule) * at.RECORD_BYTES;
    }
    const info = u32[(record + at.RECORD_INFO) >> 2] as number;
    const entries = u32[(record + at.RECORD_ENTRIES) >> 2] as number;
    return [entries + 8 * (index(address >> shift) & info), info >>> 16];
  }

  /** Bytes that an entry of a level maps. */
  #pageBytes(level: number): bigint {
    return 4096n << BigInt(this.#u32[(level + at.LEVEL_SPAN_LG2) >> 2] as number);
  }

  #meaningOf(lo: number, hi: number, patterns: number): number {
    const u32 = this.#u32;
    const bucket = patternBucket(lo, hi);
    for (let way = 0; way < at.PATTERN_WAYS; way++) {
      const slot = (patterns + (bucket * at.PATTERN_WAYS + way) * at.PATTERN_BYTES) >> 2;
      if (u32[slot] === lo && u32[slot + 1] === hi) return u32[slot + (at.PATTERN_MEANING >> 2)] as number;
    }
    return 0;
  }

  sum(words: number, count: number): bigint {
    let sum = 0n;
    for (let i = 0; i < count; i++) sum += this.#u64[(words >> 3) + i] as bigint;
    return BigInt.asUintN(64, sum);
  }
}

/** Where a pattern is looked for. */
export const patternBucket = (lo: number, hi: number): number =>
  (Math.imul(lo, at.PATTERN_HASH_LO) ^ Math.imul(hi, at.PATTERN_HASH_HI)) >>> (32 - at.PATTERN_BUCKETS_LG2);
