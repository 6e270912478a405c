/**
 * The hot loops, over one memory that is the home of tables, data and results. Arguments are byte addresses in that
 * memory and counts; what stands where is in `layout.ts`.
 */
export interface Kernels {
  readonly implementation: 'wasm' | 'typescript';
  /** Replaced when the memory grows: views on it must be made again. */
  readonly buffer: ArrayBuffer;
  /** Make the memory at least this large, in bytes. @throws RangeError where it cannot be. */
  reserve(bytes: number): void;

  /** One code per word: `count` u64 at `words` to `count` bytes at `codes`, by the plan at `plan`. */
  resolve(words: number, count: number, codes: number, plan: number): void;
  /** Add to 256 f64 at `counts` how many words have each code. `scratch`: `COUNT_BYTES`. Fewer than 2^32 words. */
  histogram(words: number, count: number, counts: number, plan: number, scratch: number): void;
  /**
   * The words written in hex in `bytes` bytes at `text`, as u64 at `out` (room for one per two bytes); answers how many. A
   * word is `0x` with 1 to 16 digits, or 16 digits alone, and stands between separators; followed by a colon it is an
   * address column. How many of these, and of other tokens, goes to `result`. `classes`: 256 bytes, see `textClasses`.
   */
  hexWords(text: number, bytes: number, out: number, classes: number, result: number): number;
  /** Entries to ranges; see `layout.ts` (`SCAN_*`) and `assembly/scan.ts`. Answers `SCAN_DONE`, `_ASKS` or `_FULL`. */
  scan(job: number): number;
  /** Scan the leaf tables that a piece of a table points to (`DESCEND_*`). Answers as `scan`, or `SCAN_OTHER`. */
  descend(job: number, piece: number): number;
  /** Count entries by class (`TALLY_*`). Answers `SCAN_DONE` or `_ASKS`. */
  tally(job: number): number;
  /** Finish the range that a scan left open. */
  finish(job: number): void;
  /**
   * For `count` u64 input addresses: u64 output addresses, all ones where nothing is mapped, and u64 leaf entries, 0 where
   * there is none, by a directory (`DIRECTORY_*`). Answers `SCAN_DONE` or `_ASKS`.
   */
  lookups(directory: number, addresses: number, count: number, outputs: number, leaves: number): number;
  /** Codes of the pages that two stages map (`PAIRS_*`). Answers `SCAN_DONE` or `_FULL`. */
  pairs(job: number): number;
  /** Add to 256 f64 at `counts` how often each code stands in `count` bytes. `scratch`: as for `histogram`. */
  countCodes(codes: number, count: number, counts: number, scratch: number): void;
  /** The sum of `count` u64, modulo 2^64: what the machine can read, for comparison. */
  sum(words: number, count: number): bigint;
}
