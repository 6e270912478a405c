/** Words from hex text, by the kernels. */
import type { Kernels } from './api.ts';
import { Heap } from './heap.ts';
import * as at from './layout.ts';
import { sharedHeap } from './resolve.ts';

/** What stands for each byte: the value of a digit, another character of a token, or a separator. */
export const textClasses = (): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => {
    const char = String.fromCharCode(byte);
    if (/[0-9a-f]/i.test(char)) return Number.parseInt(char, 16);
    return /[0-9a-z_`]/i.test(char) || byte >= 0x80 ? at.TEXT_LETTER : at.TEXT_SEPARATOR;
  });

export interface HexWords {
  /** In the order of the text. */
  readonly words: BigUint64Array;
  /** Tokens before a colon: the address column of a dump. */
  readonly addresses: number;
  /** Tokens that are neither: names, decimal numbers, the text column. */
  readonly others: number;
}

/** Bytes of one kernel call. */
const CHUNK = 1 << 18;
/** A token longer than this is no number, wherever it is cut. */
const LONGEST = 4096;

/** Reads text in pieces: tokens that a piece cuts in two are put together again. */
export class HexReader {
  readonly #heap: Heap;
  readonly #classes: number;
  readonly #text: number;
  readonly #out: number;
  readonly #result: number;
  /** Bytes of a token that the last piece cut in two. */
  #kept = 0;
  addresses = 0;
  others = 0;

  constructor(heap: Heap) {
    this.#heap = heap;
    this.#classes = heap.take(256);
    this.#text = heap.take(CHUNK + LONGEST + at.TEXT_PADDING);
    this.#out = heap.take((CHUNK + LONGEST) * 4);
    this.#result = heap.take(at.TEXT_RESULT_BYTES);
    heap.u8.set(textClasses(), this.#classes);
  }

  /** Start a new text. */
  begin(): void {
    this.#kept = 0;
    this.addresses = 0;
    this.others = 0;
  }

  /** The words of the next bytes of the text; `last` for the last ones. A view: copy it before the next call. */
  *read(bytes: Uint8Array, last: boolean): Generator<BigUint64Array> {
    for (let done = 0; done < bytes.length || (last && done === 0 && this.#kept > 0); done += CHUNK) {
      const piece = bytes.subarray(done, done + CHUNK);
      const { u8 } = this.#heap;
      u8.set(piece, this.#text + this.#kept);
      const size = this.#kept + piece.length;
      // up to the last separator, unless this is the end; a token that is too long is cut
      let whole = size;
      if (!last || done + CHUNK < bytes.length) {
        while (whole > 0 && size - whole < LONGEST && !this.#separates(this.#text + whole - 1)) whole--;
        if (size - whole >= LONGEST) whole = size;
      }
      const rest = u8.slice(this.#text + whole, this.#text + size);
      u8.fill(0, this.#text + whole, this.#text + whole + at.TEXT_PADDING);
      const count = this.#heap.kernels.hexWords(this.#text, whole, this.#out, this.#classes, this.#result);
      this.#note();
      this.#kept = rest.length;
      this.#heap.u8.set(rest, this.#text);
      if (count > 0) yield new BigUint64Array(this.#heap.kernels.buffer, this.#out, count);
    }
  }

  /**
   * The words of a whole text that lies in the kernels' memory, with `TEXT_PADDING` separators behind it, to a place in the
   * same memory that has room for all of them: nothing is copied.
   *
   * @returns how many there are
   */
  readInPlace(text: number, bytes: number, out: number): number {
    const { kernels } = this.#heap;
    let count = 0;
    for (let done = 0; done < bytes; ) {
      let size = Math.min(CHUNK, bytes - done);
      while (done + size < bytes && size > CHUNK - LONGEST && !this.#separates(text + done + size - 1))
        size--;
      count += kernels.hexWords(text + done, size, out + 8 * count, this.#classes, this.#result);
      this.#note();
      done += size;
    }
    return count;
  }

  #note(): void {
    const { u32 } = this.#heap;
    this.addresses += u32[(this.#result + at.TEXT_ADDRESSES) >> 2] as number;
    this.others += u32[(this.#result + at.TEXT_OTHERS) >> 2] as number;
  }

  #separates(place: number): boolean {
    const { u8 } = this.#heap;
    return u8[this.#classes + (u8[place] as number)] === at.TEXT_SEPARATOR;
  }
}

let shared: HexReader | undefined;

/**
 * The words in hex text: `0x` with 1 to 16 digits, or 16 digits without a prefix, between separators. Costs about 2 ns per
 * word.
 */
export function hexWords(text: Uint8Array | string, kernels?: Kernels): HexWords {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  if (!kernels) shared ??= new HexReader(sharedHeap());
  const reader = kernels || !shared ? new HexReader(kernels ? new Heap(kernels) : sharedHeap()) : shared;
  reader.begin();
  const pieces: BigUint64Array[] = [];
  for (const piece of reader.read(bytes, true)) pieces.push(piece.slice());
  const words = new BigUint64Array(pieces.reduce((n, piece) => n + piece.length, 0));
  let done = 0;
  for (const piece of pieces) {
    words.set(piece, done);
    done += piece.length;
  }
  return { words, addresses: reader.addresses, others: reader.others };
}
