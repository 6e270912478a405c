/**
 * Memory dumps as text give bytes or units of bytes at addresses. Page-table entries are words: this puts the bytes
 * together, little-endian, at their natural alignment.
 */
import { split } from '../bits/word.ts';
import type { Line } from './lines.ts';
import type { Entry } from './model.ts';
import type { Sink } from './recogniser.ts';

type Extra = Pick<Entry, 'atSpace' | 'regime' | 'level'>;

/**
 * How many rows one `*` may stand for: 4096 rows of 16 bytes are 16 tables. Beyond, the repeat is said, not expanded;
 * and all stars of a text together expand to no more than 4 MiB, or a short text could ask for hours.
 */
const REPEAT_ROWS = 4096;
const REPEAT_BUDGET = 262_144;

/**
 * Bytes in, entries out. Runs that do not start or end at an entry's alignment give what is whole: a half of a 64-bit
 * entry comes out as a 32-bit word, and loose bytes are counted.
 */
export class WordAssembler {
  readonly #out: Sink;
  readonly #entryBytes: 4 | 8;
  #next: bigint | undefined;
  #word = 0n;
  /** Bytes gathered of the current word, and how many were skipped at its start. */
  #have = 0;
  #skipped = 0;
  #line: Line | undefined;
  #extra: Extra = {};
  #group = 0;

  constructor(out: Sink, entryBytes: 4 | 8 = 8) {
    this.#out = out;
    this.#entryBytes = entryBytes;
  }

  /** One unit of 1, 2, 4 or 8 bytes at an address, value already in host order. */
  unit(line: Line, at: bigint, value: bigint, bytes: number, extra: Extra = {}, group = 0): void {
    if (this.#next !== at) this.flush();
    this.#extra = extra;
    this.#group = group;
    const size = this.#entryBytes;
    if (bytes === size && this.#have === 0 && this.#skipped === 0 && at % BigInt(size) === 0n) {
      this.#emit(line, at, value, size);
      this.#next = at + BigInt(bytes);
      return;
    }
    for (let i = 0; i < bytes; i++) this.#byte(line, at + BigInt(i), (value >> BigInt(8 * i)) & 0xffn, size);
    this.#next = at + BigInt(bytes);
  }

  #byte(line: Line, at: bigint, byte: bigint, size: number): void {
    const place = Number(at % BigInt(size));
    if (this.#have === 0) {
      this.#skipped = place;
      this.#line = line;
    }
    this.#word |= byte << BigInt(8 * place);
    this.#have++;
    this.#next = at + 1n;
    if (place === size - 1) {
      if (this.#skipped === 0) {
        this.#emit(this.#line ?? line, at - BigInt(size - 1), this.#word, size);
        this.#reset();
      } else this.#partial();
    }
  }

  /** Part of a word: a whole aligned half is worth saying. */
  #partial(): void {
    const { at, lo, hi } = this.#span();
    if (this.#line && this.#entryBytes === 8 && lo <= 0 && hi >= 4) {
      this.#emit(this.#line, at, BigInt(split(this.#word)[0]), 4);
      this.#loose(hi - 4);
    } else if (this.#line && this.#entryBytes === 8 && lo <= 4 && hi === 8) {
      this.#emit(this.#line, at + 4n, BigInt(split(this.#word)[1]), 4);
      this.#loose(4 - lo);
    } else this.#loose(this.#have);
    this.#reset();
  }

  #span(): { at: bigint; lo: number; hi: number } {
    const end = this.#next ?? 0n;
    const lo = this.#skipped;
    return { at: end - BigInt(this.#have) - BigInt(lo), lo, hi: lo + this.#have };
  }

  #loose(bytes: number): void {
    if (bytes > 0) this.#out.trouble('bytes that make no whole entry were left out', this.#line);
  }

  #reset(): void {
    this.#word = 0n;
    this.#have = 0;
    this.#skipped = 0;
    this.#line = undefined;
  }

  #emit(line: Line, at: bigint, word: bigint, bytes: number): void {
    this.#out.put(line, { is: 'entry', word, width: bytes === 8 ? 64 : 32, at, ...this.#extra }, this.#group);
  }

  /** The run ends here: what is incomplete comes out. */
  flush(): void {
    if (this.#have > 0) this.#partial();
    this.#next = undefined;
  }
}

/**
 * Rows of a dump with `*` for repeated rows: the row before stands for every address up to the next offset.
 */
export class RowRepeater {
  #row: { at: bigint; units: readonly bigint[]; bytes: number; line: Line } | undefined;
  #star = false;
  #budget = REPEAT_BUDGET;
  readonly #words: WordAssembler;
  readonly #out: Sink;

  constructor(words: WordAssembler, out: Sink) {
    this.#words = words;
    this.#out = out;
  }

  row(line: Line, at: bigint, units: readonly bigint[], bytes: number, extra: Extra = {}): void {
    this.#fill(at, extra);
    this.#put(line, at, units, bytes, extra);
    this.#row = units.length === 0 ? undefined : { at, units, bytes, line };
  }

  star(): void {
    if (this.#row) this.#star = true;
  }

  /** The last line: an offset alone. */
  endAt(at: bigint): void {
    this.#fill(at, {});
    this.#row = undefined;
  }

  end(): void {
    if (this.#star)
      this.#out.trouble('the text ends in "*": how often the last row repeats is not known', this.#row?.line);
    this.#star = false;
    this.#words.flush();
  }

  #fill(to: bigint, extra: Extra): void {
    const row = this.#row;
    const star = this.#star;
    this.#star = false;
    if (!row || !star) return;
    const length = BigInt(row.units.length * row.bytes);
    const rows = (to - row.at) / length - 1n;
    if (to <= row.at) {
      this.#out.trouble('an offset goes back after "*": the repeat was not expanded', row.line);
      return;
    }
    // A table page of zeros is one row and a star; megabytes of zeros are nobody's page table.
    const expand = rows > BigInt(Math.min(REPEAT_ROWS, this.#budget)) ? 0n : rows;
    this.#budget -= Number(expand);
    if (expand < rows)
      this.#out.trouble(`"*" stands for more than ${REPEAT_ROWS} rows, or many do: not expanded`, row.line);
    for (let i = 1n; i <= expand; i++) this.#put(row.line, row.at + i * length, row.units, row.bytes, extra);
  }

  #put(line: Line, at: bigint, units: readonly bigint[], bytes: number, extra: Extra): void {
    let place = at;
    for (const value of units) {
      this.#words.unit(line, place, value, bytes, extra);
      place += BigInt(bytes);
    }
  }
}

/** Bytes `00 11 22` in memory order as a number. */
export function littleEndian(hex: string): bigint {
  let out = '';
  for (let i = hex.length - 2; i >= 0; i -= 2) out += hex.slice(i, i + 2);
  return BigInt(`0x${out || '0'}`);
}
