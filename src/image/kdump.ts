/** kdump-compressed dumps: makedumpfile's own format, which QEMU writes too (flattened, see flattened.ts). */

import { Parser } from 'binary-parser';
import { counted } from '../bits/counted.ts';
import { hex } from '../bits/word.ts';
import type { FrameRange } from './address-space.ts';
import { PageBitmap } from './bitmap.ts';
import type { CodecName, Codecs } from './codecs.ts';
import type { Container } from './container.ts';
import { decodeNotes, readNotes, remarkNotes, textOf } from './elf-notes.ts';
import { ImageError, isOurs, Remarks } from './errors.ts';
import { type Bytes, bytesOf, type Frame, frameHex, frameOf, PAGE_BYTES } from './frames.ts';
import { PagedSpace, type PageReader } from './paged.ts';
import type { ByteSource } from './source.ts';

const SIGNATURE = 'KDUMP   ';
/** Bitmaps are kept in memory: this many bytes stand for 8 TiB of 4-KiB pages. */
const MAX_BITMAP_BYTES = 256 * 2 ** 20;
/** Runs of pages that are listed. Pages behind the last are still found, they only do not show in the list. */
const MAX_RUNS = 1 << 21;
const DESCRIPTOR_BYTES = 24;
const DESCRIPTORS_AHEAD = 4096;

/** page_desc.flags: how the page is packed. */
const PACKING: Readonly<Record<number, CodecName>> = { 1: 'zlib', 2: 'lzo', 4: 'snappy', 32: 'zstd' };
const INCOMPLETE = 0x8;

const text = (bytes: number) => ({ length: bytes, stripNull: true });

/** struct disk_dump_header up to utsname, then (behind a timestamp of either size) the numbers. */
const header = new Parser()
  .endianness('little')
  .string('signature', text(8))
  .int32('version')
  .string('sysname', text(65))
  .string('nodename', text(65))
  .string('release', text(65))
  .string('versionText', text(65))
  .string('machine', text(65))
  .string('domain', text(65));

const geometry = new Parser()
  .endianness('little')
  .uint32('status')
  .uint32('blockSize')
  .uint32('subHeaderBlocks')
  .uint32('bitmapBlocks')
  .uint32('maxMapnr')
  .uint32('totalRamBlocks')
  .uint32('deviceBlocks')
  .uint32('writtenBlocks')
  .uint32('currentCpu')
  .uint32('cpus');

/** struct kdump_sub_header of a 64-bit writer. */
const sub64 = new Parser()
  .endianness('little')
  .uint64('physBase')
  .int32('dumpLevel')
  .int32('split')
  .uint64('startPfn')
  .uint64('endPfn')
  .uint64('vmcoreinfoOffset')
  .uint64('vmcoreinfoSize')
  .uint64('noteOffset')
  .uint64('noteSize')
  .uint64('eraseinfoOffset')
  .uint64('eraseinfoSize')
  .uint64('startPfn64')
  .uint64('endPfn64')
  .uint64('maxMapnr64');

/** The same of a 32-bit x86 writer: longs of four bytes, nothing aligned to eight. */
const sub32 = new Parser()
  .endianness('little')
  .uint32('physBase')
  .int32('dumpLevel')
  .int32('split')
  .uint32('startPfn')
  .uint32('endPfn')
  .uint64('vmcoreinfoOffset')
  .uint32('vmcoreinfoSize')
  .uint64('noteOffset')
  .uint32('noteSize')
  .uint64('eraseinfoOffset')
  .uint32('eraseinfoSize')
  .uint64('startPfn64')
  .uint64('endPfn64')
  .uint64('maxMapnr64');

const descriptor = new Parser()
  .endianness('little')
  .uint64('offset')
  .uint32('size')
  .uint32('flags')
  .uint64('pageFlags');

const NAMES_END = 12 + 6 * 65;
const GEOMETRY_BYTES = 40;
/** Where the numbers begin: behind struct timeval of 64-bit and of 32-bit writers. */
const GEOMETRY_64 = 424;
const GEOMETRY_32 = 412;
const SUB_BYTES = 104;

/** Machine names of utsname in our words. */
const MACHINES: readonly (readonly [RegExp, string])[] = [
  [/^x86_64$/, 'x86-64'],
  [/^i[3-6]86$/, 'i386'],
  [/^aarch64$/, 'arm64'],
  [/^arm/, 'arm'],
];

export const isKdump = (head: Uint8Array): boolean =>
  String.fromCharCode(...head.subarray(0, 8)) === SIGNATURE;

interface Layout {
  readonly blockSize: number;
  readonly wide: boolean;
  /** Of the pages that were dumped, and of those that exist, where the file has both. */
  readonly bitmapOffset: Bytes;
  readonly existingOffset?: Bytes;
  readonly bitmapBytes: number;
  readonly descriptorOffset: number;
  readonly maxMapnr: number;
}

/**
 * Read a kdump-compressed dump.
 * @throws ImageError when the headers or the bitmap are missing: without them no page can be placed.
 */
export function openKdump(source: ByteSource, codecs: Codecs, cacheBytes?: number): Container {
  const remarks = new Remarks();
  const { layout, sub, version, machine } = readHeaders(source);
  const dumped = readBitmap(source, layout, sub.dumpLevel, remarks);

  const noteStart = Number(sub.noteOffset);
  const noteEnd = noteStart + Number(sub.noteSize);
  const list =
    version >= 4 && noteEnd > noteStart && noteStart < source.size
      ? readNotes(source, noteStart, noteEnd)
      : undefined;
  if (list !== undefined) remarkNotes(source, list, noteEnd, remarks);
  const notes = decodeNotes(source, list?.notes ?? [], machine, remarks);
  const held = splitRange(sub, version, dumped.bits);
  const reader = new KdumpReader(source, layout, dumped, held, codecs, remarks);
  const vmcoreinfo = notes.vmcoreinfo ?? readVmcoreinfo(source, sub, version);
  return {
    space: new PagedSpace(reader, cacheBytes),
    notes: { ...notes, ...(vmcoreinfo === undefined ? {} : { vmcoreinfo }) },
    remarks,
  };
}

/** The header, its sub header, and where they say that everything is. */
function readHeaders(source: ByteSource) {
  const head = source.read(0, NAMES_END + 128);
  if (!isKdump(head)) throw new ImageError(source.name, 'not a kdump file', 0);
  if (head.length < GEOMETRY_64 + GEOMETRY_BYTES)
    throw new ImageError(source.name, 'the file ends inside the kdump header', source.size);
  const { machine: machineName, version } = header.parse(head);
  const at = [GEOMETRY_64, GEOMETRY_32].find(place => plausible(geometry.parse(head.subarray(place))));
  if (at === undefined) {
    const { blockSize } = geometry.parse(head.subarray(GEOMETRY_64));
    throw new ImageError(
      source.name,
      `a kdump block size of ${blockSize} bytes is no page size`,
      GEOMETRY_64 + 4,
    );
  }
  const { blockSize, subHeaderBlocks, bitmapBlocks, maxMapnr } = geometry.parse(head.subarray(at));
  const wide = at === GEOMETRY_64;
  const subBytes = new Uint8Array(SUB_BYTES);
  source.readInto(blockSize, subBytes);
  const sub = (wide ? sub64 : sub32).parse(subBytes);

  const pages = version >= 6 && sub.maxMapnr64 > 0n ? Number(sub.maxMapnr64) : maxMapnr;
  const first = (1 + subHeaderBlocks) * blockSize;
  const blocksPerBitmap = Math.ceil(Math.ceil(pages / 8) / blockSize);
  // Two bitmaps, of pages that exist and of pages that were dumped; where there is room for one only, all were.
  const two = bitmapBlocks >= 2 * blocksPerBitmap;
  const half = Math.floor(bitmapBlocks / 2) * blockSize;
  const layout: Layout = {
    blockSize,
    wide,
    bitmapOffset: two ? first + half : first,
    bitmapBytes: Math.min(two ? half : bitmapBlocks * blockSize, Math.ceil(pages / 8)),
    ...(two ? { existingOffset: first } : {}),
    descriptorOffset: (1 + subHeaderBlocks + bitmapBlocks) * blockSize,
    maxMapnr: pages,
  };
  return { layout, sub, version, machine: MACHINES.find(([pattern]) => pattern.test(machineName))?.[1] };
}

/** Which pages were dumped; those that exist beside them are counted in a remark. */
function readBitmap(source: ByteSource, layout: Layout, dumpLevel: number, remarks: Remarks): PageBitmap {
  const { blockSize, bitmapOffset, bitmapBytes, existingOffset } = layout;
  if (bitmapBytes === 0 || bitmapOffset + bitmapBytes > source.size)
    throw new ImageError(
      source.name,
      'the bitmap of dumped pages lies beyond the end of the file',
      Math.min(bitmapOffset, source.size),
    );
  let bits = Math.min(layout.maxMapnr, bitmapBytes * 8);
  if (bits > MAX_BITMAP_BYTES * 8) {
    remarks.warn(
      'bitmap',
      `pages above ${frameHex(frameOf(MAX_BITMAP_BYTES * 8 * blockSize))} are left out`,
      bitmapOffset,
    );
    bits = MAX_BITMAP_BYTES * 8;
  }
  const dumped = new PageBitmap(source, bitmapOffset, bits);
  if (existingOffset !== undefined && bits <= MAX_BITMAP_BYTES) {
    const left = new PageBitmap(source, existingOffset, bits).total - dumped.total;
    if (left > 0)
      remarks.note(
        'excluded',
        `${counted(left, 'page')} of ${blockSize} bytes exist and were not dumped (dump level ${dumpLevel})`,
      );
  }
  return dumped;
}

const plausible = ({ blockSize, bitmapBlocks }: { blockSize: number; bitmapBlocks: number }): boolean =>
  blockSize >= PAGE_BYTES && blockSize <= 65536 && (blockSize & (blockSize - 1)) === 0 && bitmapBlocks > 0;

interface SplitFields {
  readonly split: number;
  readonly startPfn: number | bigint;
  readonly endPfn: number | bigint;
  readonly startPfn64: bigint;
  readonly endPfn64: bigint;
}

/** Page frames that this file holds. A dump split into several files has all bits in each, but only its part of the pages. */
function splitRange(sub: SplitFields, version: number, bits: number): readonly [number, number] {
  if (sub.split === 0 || version < 2) return [0, bits];
  const [start, end] = version >= 6 ? [sub.startPfn64, sub.endPfn64] : [sub.startPfn, sub.endPfn];
  return [Math.min(Number(start), bits), Math.min(Number(end), bits)];
}

function readVmcoreinfo(
  source: ByteSource,
  sub: { vmcoreinfoOffset: bigint; vmcoreinfoSize: number | bigint },
  version: number,
): string | undefined {
  const offset = Number(sub.vmcoreinfoOffset);
  const size = Number(sub.vmcoreinfoSize);
  if (version < 3 || size === 0 || size > 1 << 20 || offset + size > source.size) return undefined;
  return textOf(source.read(offset, size));
}

class KdumpReader implements PageReader {
  readonly ranges: readonly FrameRange[];
  readonly #source: ByteSource;
  readonly #layout: Layout;
  readonly #dumped: PageBitmap;
  /** Page frames of this file, and how many pages of other files come before them. */
  readonly #part: readonly [number, number];
  readonly #skipped: number;
  readonly #codecs: Codecs;
  readonly #remarks: Remarks;
  /** 4-KiB frames per block: 16 in dumps of kernels with 64-KiB pages. */
  readonly #frames: Frame;
  readonly #descriptors: number;
  #last: { pfn: Frame; bytes: Uint8Array } | undefined;
  #window: { first: Frame; bytes: Uint8Array } = { first: 0, bytes: new Uint8Array() };

  constructor(
    source: ByteSource,
    layout: Layout,
    dumped: PageBitmap,
    part: readonly [number, number],
    codecs: Codecs,
    remarks: Remarks,
  ) {
    this.#source = source;
    this.#layout = layout;
    this.#dumped = dumped;
    this.#codecs = codecs;
    this.#remarks = remarks;
    this.#frames = frameOf(layout.blockSize);
    this.#part = part;
    this.#skipped = dumped.before(part[0]);
    this.#descriptors = Math.max(0, Math.floor((source.size - layout.descriptorOffset) / DESCRIPTOR_BYTES));
    this.ranges = this.#list();
  }

  #list(): FrameRange[] {
    const ranges: { frame: Frame; end: Frame }[] = [];
    const [begin, behind] = this.#part;
    const cut = this.#cut();
    let rank = 0;
    let lost = 0;
    const add = (pfn: Frame, end: Frame) => {
      const last = ranges.at(-1);
      if (last?.end === pfn * this.#frames) last.end = end * this.#frames;
      else ranges.push({ frame: pfn * this.#frames, end: end * this.#frames });
    };
    for (const [first, last] of this.#dumped.runs()) {
      const pfn = Math.max(first, begin);
      const end = Math.min(last, behind);
      if (end <= pfn) continue;
      if (ranges.length >= MAX_RUNS) {
        const above = frameHex(pfn * this.#frames);
        this.#remarks.warn(
          'runs',
          `more than ${MAX_RUNS} runs of pages: those above ${above} are not listed`,
        );
        break;
      }
      if (!cut) add(pfn, end);
      else
        for (let at = pfn; at < end; at++) {
          const found = this.#descriptor(rank + (at - pfn), DESCRIPTORS_AHEAD);
          if (found !== undefined && found.offset + found.size <= this.#source.size) add(at, at + 1);
          else lost++;
        }
      rank += end - pfn;
    }
    if (lost > 0)
      this.#remarks.warn(
        'truncated',
        `the file ends before ${counted(lost, 'page')} that it should hold`,
        this.#source.size,
      );
    return ranges;
  }

  /** Whether pages are missing at the end: then each descriptor is looked at, once. */
  #cut(): boolean {
    const pages = this.#dumped.before(this.#part[1]) - this.#skipped;
    const last = this.#descriptor(pages - 1);
    return pages > 0 && (last === undefined || last.offset + last.size > this.#source.size);
  }

  /** The descriptor of a page; `ahead` reads this many at once, for whoever goes through them in order. */
  #descriptor(rank: number, ahead = 1): { offset: number; size: number; flags: number } | undefined {
    if (rank < 0 || rank >= this.#descriptors) return undefined;
    let at = rank - this.#window.first;
    if (at < 0 || (at + 1) * DESCRIPTOR_BYTES > this.#window.bytes.length) {
      const bytes = this.#source.read(
        this.#layout.descriptorOffset + rank * DESCRIPTOR_BYTES,
        ahead * DESCRIPTOR_BYTES,
      );
      this.#window = { first: rank, bytes };
      at = 0;
    }
    const { offset, size, flags } = descriptor.parse(this.#window.bytes.subarray(at * DESCRIPTOR_BYTES));
    return { offset: Number(offset), size, flags };
  }

  read(frame: Frame, target: Uint8Array): number {
    let done = 0;
    for (; done < frameOf(target.length); done++) {
      const pfn = Math.floor((frame + done) / this.#frames);
      const bytes = this.#block(pfn);
      if (bytes === undefined) break;
      const part = bytesOf((frame + done) % this.#frames);
      target.set(bytes.subarray(part, part + PAGE_BYTES), bytesOf(done));
    }
    return done;
  }

  /** The block of a page frame, unpacked. */
  #block(pfn: Frame): Uint8Array | undefined {
    if (this.#last?.pfn === pfn) return this.#last.bytes;
    if (pfn < this.#part[0] || pfn >= this.#part[1] || !this.#dumped.has(pfn)) return undefined;
    const rank = this.#dumped.before(pfn) - this.#skipped;
    const found = this.#descriptor(rank);
    if (found === undefined) return undefined;
    const { offset, size, flags } = found;
    const { blockSize } = this.#layout;
    const where = this.#layout.descriptorOffset + rank * DESCRIPTOR_BYTES;
    const address = frameHex(pfn * this.#frames);
    if ((flags & INCOMPLETE) !== 0) {
      this.#remarks.warn('incomplete', `the page at ${address} was not written completely`, where);
      return undefined;
    }
    const name = PACKING[flags & 0x27];
    if (size === 0 || size > 2 * blockSize || (name === undefined && (flags & 0x27) !== 0)) {
      this.#remarks.warn(
        'page-descriptor',
        `the page at ${address} has a descriptor of ${size} bytes and flags ${hex(flags)}`,
        where,
      );
      return undefined;
    }
    const packed = this.#source.read(offset, size);
    if (packed.length < size) return undefined;
    let bytes = packed;
    if (name !== undefined) {
      try {
        bytes = this.#codecs[name](packed, blockSize);
      } catch (cause) {
        const { message } = cause as Error;
        if (isOurs(cause))
          this.#remarks.warn(
            'reader',
            `the reader of ${name} failed on the page at ${address}, which says nothing about the data: ${message}`,
            offset,
          );
        else
          this.#remarks.warn(
            'page-data',
            `the ${name} data of the page at ${address} is damaged: ${message}`,
            offset,
          );
        return undefined;
      }
    }
    if (bytes.length !== blockSize) {
      this.#remarks.warn(
        'page-data',
        `the page at ${address} has ${bytes.length} bytes instead of ${blockSize}`,
        offset,
      );
      return undefined;
    }
    this.#last = { pfn, bytes };
    return bytes;
  }
}
