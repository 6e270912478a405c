/** A bitmap of pages as kdump files hold it, with the number of set bits before any page. */
import type { Bytes } from './frames.ts';
import type { ByteSource } from './source.ts';

const CHUNK_BYTES = 64 * 1024;
/** Set bits are counted ahead for blocks of this many bytes; the rest is counted when asked. */
const BLOCK_BYTES = 256;
const BLOCKS = CHUNK_BYTES / BLOCK_BYTES;

/** How many bits are set in each byte value. */
const ONES = new Uint8Array(256);
for (let byte = 1; byte < 256; byte++) ONES[byte] = (ONES[byte >> 1] as number) + (byte & 1);

const EMPTY = new Uint8Array();
const NONE = new Uint32Array();

interface Chunk {
  /** Empty where no bit is set. */
  readonly bytes: Uint8Array;
  /** Set bits before the chunk. */
  readonly before: number;
  /** Set bits before each block, from the start of the chunk. */
  readonly blocks: Uint32Array;
}

/** Bit n of the bitmap is bit n % 8 of byte n / 8. Chunks without a set bit take no room. */
export class PageBitmap {
  readonly #chunks: Chunk[] = [];
  /** Bits that are looked at: none is set from here on. */
  readonly bits: number;
  /** Set bits. */
  readonly total: number;

  constructor(source: ByteSource, offset: Bytes, bits: number) {
    this.bits = bits;
    let total = 0;
    const length = Math.ceil(bits / 8);
    for (let at = 0; at < length; at += CHUNK_BYTES) {
      const bytes = source.read(offset + at, Math.min(CHUNK_BYTES, length - at)).slice();
      if (at + bytes.length >= length && bits % 8 !== 0) {
        const last = length - at - 1;
        bytes[last] = (bytes[last] ?? 0) & ((1 << (bits % 8)) - 1);
      }
      const blocks = new Uint32Array(BLOCKS);
      let ones = 0;
      for (let i = 0; i < bytes.length; i++) {
        if (i % BLOCK_BYTES === 0) blocks[i / BLOCK_BYTES] = ones;
        ones += ONES[bytes[i] as number] as number;
      }
      this.#chunks.push(
        ones === 0 ? { bytes: EMPTY, before: total, blocks: NONE } : { bytes, before: total, blocks },
      );
      total += ones;
    }
    this.total = total;
  }

  has(bit: number): boolean {
    const byte = Math.floor(bit / 8);
    const chunk = this.#chunks[Math.floor(byte / CHUNK_BYTES)];
    return (((chunk?.bytes[byte % CHUNK_BYTES] ?? 0) >> (bit % 8)) & 1) === 1;
  }

  /** How many bits are set below `bit`. */
  before(bit: number): number {
    if (bit >= this.bits) return this.total;
    const byte = Math.floor(bit / 8);
    const chunk = this.#chunks[Math.floor(byte / CHUNK_BYTES)] as Chunk;
    const within = byte % CHUNK_BYTES;
    const block = Math.floor(within / BLOCK_BYTES);
    let ones = chunk.before + (chunk.blocks[block] ?? 0);
    for (let i = block * BLOCK_BYTES; i < within; i++) ones += ONES[chunk.bytes[i] as number] as number;
    return ones + (ONES[(chunk.bytes[within] ?? 0) & ((1 << (bit % 8)) - 1)] as number);
  }

  /** Runs of set bits, in order: first bit, bit behind the last. */
  *runs(): Generator<readonly [number, number]> {
    let start = -1;
    for (let c = 0; c < this.#chunks.length; c++) {
      const base = c * CHUNK_BYTES * 8;
      const bytes = this.#chunks[c]?.bytes;
      if (bytes === undefined || bytes.length === 0) {
        if (start >= 0) yield [start, base];
        start = -1;
        continue;
      }
      for (let i = 0; i < bytes.length; i++) {
        const byte = bytes[i] as number;
        if (byte === (start < 0 ? 0 : 0xff)) continue;
        for (let bit = 0; bit < 8; bit++) {
          const set = ((byte >> bit) & 1) === 1;
          if (set === start >= 0) continue;
          const at = base + i * 8 + bit;
          if (set) start = at;
          else {
            yield [start, at];
            start = -1;
          }
        }
      }
    }
    if (start >= 0) yield [start, this.bits];
  }
}
