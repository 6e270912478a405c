/**
 * Where things stand in the kernels' memory: byte offsets of the structures that TypeScript writes and the kernels read.
 * The AssemblyScript sources import this very file, so there is no second list of numbers. All values are little-endian.
 */

// ------------------------------------------------------------------------------------- plan: from a word to a byte
/** u32: address of the table, one byte per key. */
export const PLAN_TABLE = 0;
/** u32: which nibbles the vector form reads (one of `READS_*`); 0 where there is no vector form. */
export const PLAN_NIBBLES_READ = 4;
/** u32: how many gather steps. */
export const PLAN_STEP_COUNT = 8;
/** u64: the bits of a word that the key has. */
export const PLAN_MASK = 304;
/** `PLAN_MAX_STEPS` (as many as a key may have bits) times `STEP_BYTES`: the gather steps, on whole words. */
export const PLAN_STEPS = 16;
export const PLAN_MAX_STEPS = 24;
/** u32 each: `key |= (word >> right & mask) << left`. */
export const STEP_RIGHT = 0;
export const STEP_MASK = 4;
export const STEP_LEFT = 8;
export const STEP_BYTES = 12;
/** Sixteen bytes for each of eight nibbles. The code is the AND of those that are read. */
export const PLAN_NIBBLES = 312;
export const PLAN_BYTES = 440;

/**
 * Scratch of a histogram: four banks of 256 u32; sixteen lanes for each code that is counted by comparing; codes of one
 * chunk. Kept from call to call: those eight different codes, and how often each came, u32; whether codes are counted one by
 * one instead, and for how many chunks not to think again, u32 both. `takeScratch` makes it.
 */
export const COUNT_BANKS = 0;
export const COUNT_BANK_BYTES = 1024;
export const COUNT_LANES = 4096;
export const COUNT_FREQUENT = 4224;
export const COUNT_FREQUENT_CODES = 8;
export const COUNT_FREQUENT_COUNTS = 4240;
export const COUNT_EACH = 4272;
export const COUNT_PATIENCE = 4276;
export const COUNT_CODES = 4288;
/** Groups of sixteen codes that are counted at a time: a byte must hold the sum of one lane. */
export const COUNT_GROUPS = 128;
export const COUNT_BYTES = 6400;

/**
 * The nibbles of a word that the vector form can read, in the order of their tables: bits [3:0], [7:4], [11:8], [15:12],
 * [51:48], [55:52], [59:56], [63:60].
 */
export const NIBBLE_0 = 1;
export const NIBBLE_1 = 2;
export const NIBBLE_2 = 4;
export const NIBBLE_3 = 8;
export const NIBBLE_12 = 16;
export const NIBBLE_13 = 32;
export const NIBBLE_14 = 64;
export const NIBBLE_15 = 128;
/** The sets that there are loops for, smallest first; a plan reads one of them. */
export const READS_LOW_BYTE = 3;
export const READS_LOW_BITS = 7;
export const READS_LOW_BITS_AND_XN = 39;
export const READS_ALL = 255;

// ------------------------------------------------------------------------------- hex text: what was found beside words
/** u32 each. */
export const TEXT_ADDRESSES = 0;
export const TEXT_OTHERS = 4;
export const TEXT_RESULT_BYTES = 8;
/** Classes of a byte of text beyond the sixteen digits. */
export const TEXT_LETTER = 16;
export const TEXT_SEPARATOR = 17;
/** Readable bytes that must follow a text; zero, so that they separate. */
export const TEXT_PADDING = 64;

// ------------------------------------------------------------------------------------------- scan: entries to ranges
/** A piece of one table whose entries are leaves, empty, or faulty, but no tables. */
/** u32: address of the first entry in kernel memory. */
export const SEGMENT_ENTRIES = 0;
/** u32 */
export const SEGMENT_COUNT = 4;
/** u32: index into the levels. */
export const SEGMENT_LEVEL = 8;
/** u32: what the tables above hand down. */
export const SEGMENT_INHERITED = 12;
/** f64: first input frame. */
export const SEGMENT_INPUT = 16;
/** f64: physical address of the first entry, bytes. */
export const SEGMENT_AT = 24;
export const SEGMENT_BYTES = 32;

/** One level of a regime, for leaves. */
/** u64: the bits that tell what an entry is. */
export const LEVEL_ATTRIBUTES = 0;
/** u64: all bits but those to ignore when entries are joined. */
export const LEVEL_KEEP = 8;
/** u64: what the word grows by from one entry to the next where the output is contiguous. Not the bytes of a page: a page number may stand anywhere. */
export const LEVEL_STEP = 16;
/** u64: the address bits that this growth may touch. */
export const LEVEL_FIELD = 24;
/** u64: address bits that stand at their own place. */
export const LEVEL_IN_PLACE = 32;
/** u64: address bits that stand elsewhere, and how far up they belong (u64). */
export const LEVEL_MOVED = 40;
export const LEVEL_MOVED_BY = 48;
/** u64: bits that make an invalid entry worth counting; an entry with none of them is as good as zero. */
export const LEVEL_PAYLOAD = 56;
/** u32: log2 of the frames of one entry. */
export const LEVEL_SPAN_LG2 = 64;
/** u32: address of this level's pattern cache. */
export const LEVEL_PATTERNS = 68;
export const LEVEL_BYTES = 72;

/** What attribute patterns mean, as far as they have been asked for: buckets of `PATTERN_WAYS` slots. */
export const PATTERN_BUCKETS_LG2 = 8;
export const PATTERN_WAYS = 4;
/** u64: the attribute bits; u32: 1 + what they mean, 0 for an empty slot. */
export const PATTERN_KEY = 0;
export const PATTERN_MEANING = 8;
export const PATTERN_BYTES = 16;
export const PATTERNS_BYTES = 16384; // 2 ** BUCKETS_LG2 * WAYS * BYTES
/** Odd numbers to multiply the halves of a pattern with; the top bits of both products together choose the bucket. */
export const PATTERN_HASH_LO = 0x7f4a7c15;
export const PATTERN_HASH_HI = 0x9e3779b9;

/** One scan: arguments, results, and the state that lets it go on where it stopped. */
/** u32 each. */
export const SCAN_SEGMENTS = 0;
export const SCAN_SEGMENT_COUNT = 4;
/** The segment and the entry in it to go on with. */
export const SCAN_SEGMENT = 8;
export const SCAN_ENTRY = 12;
export const SCAN_LEVELS = 16;
/** 1: entries with a payload become ranges; 0: they are only counted. */
export const SCAN_LIST_PAYLOAD = 20;
/** Rows finished, and rows that there is room for. */
export const SCAN_ROWS = 24;
export const SCAN_CAPACITY = 28;
/** u32 each: addresses of the columns. */
export const SCAN_INPUT = 32;
export const SCAN_OUTPUT = 36;
export const SCAN_FRAMES = 40;
export const SCAN_LO = 44;
export const SCAN_HI = 48;
export const SCAN_AT = 52;
export const SCAN_LEVEL = 56;
export const SCAN_KIND = 60;
export const SCAN_INHERITED = 64;
/** u32: 0, or the kind of the range that is still growing; it stands in row `SCAN_ROWS`. */
export const SCAN_OPEN = 68;
/** i64: the input frame where the open range began, and the one where it would go on. */
export const SCAN_OPEN_START = 72;
export const SCAN_OPEN_NEXT = 80;
/** u64: the last word of the open range. */
export const SCAN_OPEN_WORD = 88;
/** u64 each: entries counted. */
export const SCAN_PAYLOADS = 96;
export const SCAN_FAULTS = 104;
/** u64 per level: frames mapped by leaves. */
export const SCAN_LEAF_FRAMES = 112;
export const SCAN_MAX_LEVELS = 6;
/** u64, u32: an entry whose attribute bits are not in the pattern cache, and its level. */
export const SCAN_UNKNOWN = 160;
export const SCAN_UNKNOWN_LEVEL = 168;
export const SCAN_BYTES = 176;

/** What a scan answers. */
export const SCAN_DONE = 0;
export const SCAN_ASKS = 1;
export const SCAN_FULL = 2;
/** Of `descend`: an entry that is no plain pointer to a leaf table in the image. */
export const SCAN_OTHER = 3;
/** A scan stops for want of room while this many rows may still be written. */
export const SCAN_ROOM = 80;

/** A piece of a table whose entries point to leaf tables of one page, in an image that lies in kernel memory. */
/** u32: address of the first entry in kernel memory. */
export const DESCEND_ENTRIES = 0;
/** u32: the entry to go on with, and the end. */
export const DESCEND_INDEX = 4;
export const DESCEND_END = 8;
/** u32: leaf tables scanned so far. */
export const DESCEND_TABLES = 12;
/** u64: the attribute bits of a table entry, and what they are in those to follow. */
export const DESCEND_ATTRIBUTES = 16;
export const DESCEND_PATTERN = 24;
/** u64: as for leaves. */
export const DESCEND_IN_PLACE = 32;
export const DESCEND_MOVED = 40;
export const DESCEND_MOVED_BY = 48;
/** f64: input frame of entry 0, and frames of one entry. */
export const DESCEND_INPUT = 56;
export const DESCEND_SPAN = 64;
/** u64: first frame of the image, and its pages; u32: where it lies. */
export const DESCEND_IMAGE_FRAME = 72;
export const DESCEND_IMAGE_PAGES = 80;
export const DESCEND_IMAGE = 88;
/** The segment that is scanned for each: count and inherited bits are given, the rest is filled in. */
export const DESCEND_SEGMENT = 96;
export const DESCEND_BYTES = 128;

// ------------------------------------------------------------------------------ tally: how many entries of each class
/** Segments as for a scan, but `SEGMENT_INPUT` is how often each entry counts, and a meaning is a class. */
/** u32 each. */
export const TALLY_SEGMENTS = 0;
export const TALLY_SEGMENT_COUNT = 4;
export const TALLY_SEGMENT = 8;
/** The entry to go on with. */
export const TALLY_ENTRY = 12;
/** The level that all segments are of, as for scans. */
export const TALLY_LEVEL = 16;
/** f64 per class. */
export const TALLY_COUNTS = 20;
/** u64: an entry whose attribute bits are not in the pattern cache. */
export const TALLY_UNKNOWN = 24;
export const TALLY_BYTES = 32;
/** Class 0 is not counted. Entries of class 1 are counted where they have a bit of `LEVEL_PAYLOAD`. */
export const TALLY_NOTHING = 0;
export const TALLY_PAYLOAD = 1;

// --------------------------------------------------------------------------- directory: from an address to its entry
/**
 * Where the leaf entry of any input address stands, three table look-ups away. The input is cut into granules of 512 leaf
 * entries; one record per granule says where its entries begin, or where the one block entry stands that maps it all.
 */
/** u64: first byte and number of bytes of the two input ranges; the second may be empty. */
export const DIRECTORY_START_0 = 0;
export const DIRECTORY_SIZE_0 = 8;
export const DIRECTORY_START_1 = 16;
export const DIRECTORY_SIZE_1 = 24;
/** u64: the input bits that tell granules apart. */
export const DIRECTORY_MASK = 32;
/** u32: log2 of the bytes of a leaf entry. */
export const DIRECTORY_SHIFT = 40;
/** u32: address of the top table: u32 addresses of middle tables, of 512 u32 addresses of 512 records each. */
export const DIRECTORY_TOP = 44;
export const DIRECTORY_INDEX_BITS = 9;
/** u32: the levels, as for scans; a record whose entries map nothing. */
export const DIRECTORY_LEVELS = 48;
export const DIRECTORY_NOTHING = 52;
/** u64, u32: an entry whose attribute bits are not in the pattern cache, and its level. */
export const DIRECTORY_UNKNOWN = 56;
export const DIRECTORY_UNKNOWN_LEVEL = 64;
/** u32: the address to go on with. */
export const DIRECTORY_NEXT = 68;
/** Scratch: places and words of one batch. */
export const DIRECTORY_SCRATCH = 128;
export const DIRECTORY_BATCH = 256;
export const DIRECTORY_BYTES = 4224;
/** A record. u32: where the entries begin; u32: 511 or 0, which bits of the entry's number count, and level << 16. */
export const RECORD_ENTRIES = 0;
export const RECORD_INFO = 4;
export const RECORD_BYTES = 8;

// -------------------------------------------------------------------- pairs: codes of pages that two stages map
/** Pieces of stage 1 tables against a directory of stage 2. */
/** u32 each: as for a scan. */
export const PAIRS_SEGMENTS = 0;
export const PAIRS_SEGMENT_COUNT = 4;
export const PAIRS_SEGMENT = 8;
/** The entry to go on with, and, where it is a block, the page in it. */
export const PAIRS_ENTRY = 12;
export const PAIRS_PAGE = 16;
/** u32: stage 1 levels; stage 2 directory. */
export const PAIRS_LEVELS = 20;
export const PAIRS_DIRECTORY = 24;
/** u32: address of 256 rows of 256 bytes: row the code of stage 1, column that of stage 2; 0 where a page is not mapped. */
export const PAIRS_TABLE = 28;
/** u32: where the codes go, how many there are, and how many there is room for. */
export const PAIRS_CODES = 32;
export const PAIRS_COUNT = 36;
export const PAIRS_CAPACITY = 40;
/** u32 for each level: the plan for its leaves; 0 for a level that has none. */
export const PAIRS_PLANS_1 = 48;
export const PAIRS_PLANS_2 = 72;
/** Scratch for up to 512 entries: codes of both stages, where the stage 2 entries stand, which of them to fetch, the entries. */
export const PAIRS_BATCH = 512;
export const PAIRS_CODES_1 = 128;
export const PAIRS_CODES_2 = 640;
export const PAIRS_PLACES = 1152;
export const PAIRS_STARTS = 3200;
export const PAIRS_WORDS = 5312;
export const PAIRS_BYTES = 9408;

/** Kinds of entries; the numbers of `KIND` in `walk/regime.ts`. */
export const KIND_EMPTY = 0;
export const KIND_PAYLOAD = 1;
export const KIND_TABLE = 2;
export const KIND_LEAF = 3;
export const KIND_FAULT = 4;
