/** LiME, and AVML in its second version, which has the same headers around compressed data. */

import { Parser } from 'binary-parser';
import { counted } from '../bits/counted.ts';
import { hex } from '../bits/word.ts';
import { type FrameRange, joinRanges, rangeOf } from './address-space.ts';
import { type Codecs, snappyLength } from './codecs.ts';
import type { Container } from './container.ts';
import { crc32c } from './crc32c.ts';
import { ImageError, isOurs, Remarks } from './errors.ts';
import { layOut, type Piece } from './extents.ts';
import { type Bytes, bytesOf, type Frame, frameAt, frameHex, frameOf, inPageAt } from './frames.ts';
import { ExtentReader, PagedSpace, type PageReader } from './paged.ts';
import type { ByteSource } from './source.ts';

export const LIME_MAGIC = 0x4c694d45;
export const AVML_MAGIC = 0x4c4d5641;
const HEADER_BYTES = 32;
/** Ranges that are read; machines have dozens, AVML cuts memory into pieces of 16 MiB. */
const MAX_RANGES = 1 << 20;

const rangeHeader = new Parser()
  .endianness('little')
  .uint32('magic')
  .uint32('version')
  .uint64('start')
  .uint64('end')
  .uint64('reserved');

const magicOf = (head: Uint8Array): number =>
  head.length < 4 ? 0 : new DataView(head.buffer, head.byteOffset).getUint32(0, true);
export const isLime = (head: Uint8Array): boolean => magicOf(head) === LIME_MAGIC;
export const isAvml = (head: Uint8Array): boolean => magicOf(head) === AVML_MAGIC;

interface RangeHeader {
  readonly start: bigint;
  /** Exclusive. */
  readonly end: bigint;
}

/** The header at `offset`, or undefined with a remark where there should be one and is not. */
function headerAt(
  source: ByteSource,
  offset: Bytes,
  magic: number,
  version: number,
  remarks: Remarks,
): RangeHeader | undefined {
  if (offset >= source.size) return undefined;
  const bytes = source.read(offset, HEADER_BYTES);
  if (bytes.length < HEADER_BYTES) {
    remarks.warn('truncated', 'the file ends inside a range header', source.size);
    return undefined;
  }
  const row = rangeHeader.parse(bytes);
  if (row.magic !== magic || row.version !== version) {
    remarks.warn('damaged', `no range header of version ${version} here; what follows is left out`, offset);
    return undefined;
  }
  // The last byte of the range is stated. Some descriptions of AVML say the byte behind it; its ranges are made of pages, which tells.
  const behind = magic === AVML_MAGIC && inPageAt(row.end) === 0 && row.end > row.start;
  const end: bigint = behind ? row.end : row.end + 1n;
  if (end <= row.start || end > 1n << 64n) {
    remarks.warn(
      'damaged',
      `a range from ${hex(row.start)} to ${hex(row.end)} is none; what follows is left out`,
      offset,
    );
    return undefined;
  }
  return { start: row.start, end };
}

/** Are there as many ranges as are read? What follows is then left out, with a word. */
function full(count: number, at: Bytes, remarks: Remarks): boolean {
  if (count < MAX_RANGES) return false;
  remarks.warn('ranges', `more than ${MAX_RANGES} ranges: what follows is left out`, at);
  return true;
}

/** Read a LiME file: headers and memory in turn. */
export function openLime(source: ByteSource, cacheBytes?: number): Container {
  const remarks = new Remarks();
  const pieces: Piece[] = [];
  for (let at = 0; ; ) {
    const range = headerAt(source, at, LIME_MAGIC, 1, remarks);
    if (range === undefined || full(pieces.length, at, remarks)) break;
    const { start } = range;
    const offset = at + HEADER_BYTES;
    let bytes = Number(range.end - start);
    if (offset + bytes > source.size) {
      remarks.warn(
        'truncated',
        `the range at ${hex(start)} has ${hex(bytes)} bytes, the file ends after ${hex(source.size - offset)} of them`,
        source.size,
      );
      bytes = source.size - offset;
    }
    if (bytes > 0)
      pieces.push({
        index: pieces.length,
        frame: frameAt(start),
        head: inPageAt(start),
        bytes,
        offset,
      });
    at = offset + bytes;
  }
  if (pieces.length === 0) throw new ImageError(source.name, 'the LiME file holds no memory', 0);
  const { extents, pieced } = layOut(pieces, remarks);
  return {
    space: new PagedSpace(new ExtentReader(source, extents, pieced), cacheBytes),
    notes: { cpus: [] },
    remarks,
  };
}

/** Snappy framing format: a type, a length of three bytes, data behind a masked CRC-32C of what it unpacks to. */
const COMPRESSED = 0x00;
const PLAIN = 0x01;
const FIRST_SKIPPABLE = 0x80;
const STREAM_START = 0xff;
const CHUNK_OUTPUT = 65536;

interface Chunk extends FrameRange {
  /** Bytes that come out: whole pages, but for the last chunk of a range that ends inside a page. */
  readonly length: Bytes;
  /** Where the chunk's CRC begins. */
  readonly offset: Bytes;
  readonly size: Bytes;
  readonly plain: boolean;
}

/** Read an AVML file (version 2): a range header, then snappy frames, then the number of bytes they took. */
export function openAvml(source: ByteSource, codecs: Codecs, cacheBytes?: number): Container {
  const remarks = new Remarks();
  const chunks: Chunk[] = [];
  for (let at = 0; ; ) {
    const range = headerAt(source, at, AVML_MAGIC, 2, remarks);
    if (range === undefined || full(chunks.length, at, remarks)) break;
    const next = readFrames(source, at + HEADER_BYTES, range, chunks, remarks);
    if (next === undefined) break;
    at = next;
  }
  if (chunks.length === 0) throw new ImageError(source.name, 'the AVML file holds no memory', 0);
  chunks.sort((a, b) => a.frame - b.frame || a.offset - b.offset);
  const disjoint: Chunk[] = [];
  let doubled = 0;
  for (const chunk of chunks) {
    if (chunk.frame < (disjoint.at(-1)?.end ?? 0)) doubled++;
    else disjoint.push(chunk);
  }
  if (doubled > 0)
    remarks.warn(
      'overlap',
      `${counted(doubled, 'chunk')} for memory that another chunk holds already: left out`,
    );
  return {
    space: new PagedSpace(new AvmlReader(source, disjoint, codecs, remarks), cacheBytes),
    notes: { cpus: [] },
    remarks,
  };
}

/** Can a chunk give so many bytes, where `room` are left in its range? */
const fits = (length: Bytes | undefined, room: bigint): length is Bytes =>
  length !== undefined && length > 0 && length <= CHUNK_OUTPUT && BigInt(length) <= room;

/** Add the chunks of one range; answers where the next header is, or undefined where nothing follows that could be read. */
function readFrames(
  source: ByteSource,
  begin: number,
  range: RangeHeader,
  chunks: Chunk[],
  remarks: Remarks,
): number | undefined {
  let at = begin;
  let address = range.start;
  while (address < range.end) {
    const head = source.read(at, 4);
    const type = head[0] as number;
    const size = (head[1] ?? 0) | ((head[2] ?? 0) << 8) | ((head[3] ?? 0) << 16);
    if (head.length < 4 || at + 4 + size > source.size) {
      remarks.warn(
        'truncated',
        `the file ends inside the range at ${hex(range.start)}, ${hex(address - range.start)} bytes into it`,
        source.size,
      );
      return undefined;
    }
    if (type === COMPRESSED || type === PLAIN) {
      const length = type === PLAIN ? size - 4 : snappyLength(source.read(at + 8, 5));
      if (full(chunks.length, at, remarks)) return undefined;
      if (!fits(length, range.end - address)) {
        remarks.warn(
          'damaged',
          `a chunk of ${length} bytes at ${hex(address)} does not fit its range; what follows is left out`,
          at,
        );
        return undefined;
      }
      const frame = frameAt(address);
      const pages = inPageAt(address) === 0 ? frameOf(length) : 0;
      if (pages > 0)
        chunks.push({ frame, end: frame + pages, length, offset: at + 4, size, plain: type === PLAIN });
      if (bytesOf(pages) < length)
        remarks.warn(
          'partial-page',
          `${length - bytesOf(pages)} bytes at ${hex(address)} fill no page: left out`,
          at,
        );
      address += BigInt(length);
    } else if (type < FIRST_SKIPPABLE) {
      remarks.warn(
        'damaged',
        `a snappy chunk of type ${hex(type)} is not known; what follows is left out`,
        at,
      );
      return undefined;
    } else if (type === STREAM_START && String.fromCharCode(...source.read(at + 4, 6)) !== 'sNaPpY') {
      remarks.warn('damaged', 'a snappy stream does not begin with its name; what follows is left out', at);
      return undefined;
    }
    at += 4 + size;
  }
  return behindTrailer(source, begin, at);
}

/** Behind the frames from `begin` to `at` stands how many bytes they took, or the next header. */
function behindTrailer(source: ByteSource, begin: Bytes, at: Bytes): Bytes {
  const trailer = source.read(at, 8);
  const taken =
    trailer.length === 8 ? new DataView(trailer.buffer, trailer.byteOffset).getBigUint64(0, true) : -1n;
  return taken === BigInt(at - begin) ? at + 8 : at;
}

class AvmlReader implements PageReader {
  readonly ranges: readonly FrameRange[];
  readonly #source: ByteSource;
  readonly #chunks: readonly Chunk[];
  readonly #codecs: Codecs;
  readonly #remarks: Remarks;
  #last: { chunk: Chunk; bytes: Uint8Array } | undefined;

  constructor(source: ByteSource, chunks: readonly Chunk[], codecs: Codecs, remarks: Remarks) {
    this.#source = source;
    this.#chunks = chunks;
    this.#codecs = codecs;
    this.#remarks = remarks;
    this.ranges = joinRanges(chunks);
  }

  read(frame: Frame, target: Uint8Array): number {
    const wanted = frameOf(target.length);
    let done = 0;
    while (done < wanted) {
      const chunk = rangeOf(this.#chunks, frame + done);
      const bytes = chunk === undefined ? undefined : this.#unpack(chunk);
      if (chunk === undefined || bytes === undefined) break;
      const pages = Math.min(chunk.end - frame - done, wanted - done);
      const from = bytesOf(frame + done - chunk.frame);
      target.set(bytes.subarray(from, from + bytesOf(pages)), bytesOf(done));
      done += pages;
    }
    return done;
  }

  #unpack(chunk: Chunk): Uint8Array | undefined {
    if (this.#last?.chunk === chunk) return this.#last.bytes;
    const { offset, size, plain, frame, length } = chunk;
    const data = this.#source.read(offset, size);
    let bytes: Uint8Array;
    try {
      bytes = plain ? data.subarray(4) : this.#codecs.snappy(data.subarray(4), length);
      if (
        bytes.length !== length ||
        maskedCrc(bytes) !== new DataView(data.buffer, data.byteOffset).getUint32(0, true)
      )
        throw new Error('its checksum does not match');
    } catch (cause) {
      const { message } = cause as Error;
      if (isOurs(cause))
        this.#remarks.warn(
          'reader',
          `the reader of snappy failed on the chunk for memory at ${frameHex(frame)}, which says nothing about the data: ${message}`,
          offset,
        );
      else
        this.#remarks.warn(
          'chunk-data',
          `the chunk for memory at ${frameHex(frame)} is damaged: ${message}`,
          offset,
        );
      return undefined;
    }
    this.#last = { chunk, bytes };
    return bytes;
  }
}

/** The framing format rotates and shifts the checksum, so that data which holds checksums does not confuse them. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
