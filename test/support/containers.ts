/** Writes the pages of an image in every container we read. Independent of the readers: plain DataView and library compressors. */
import { deflateSync } from 'node:zlib';
import { snappyCompress } from 'hysnappy';
import type { AddressSpace, FrameRange } from '../../src/image/address-space.ts';
import { concat } from './elf.ts';

/** The bytes of a range of pages. */
export function rangeBytes(space: AddressSpace, { frame, end }: FrameRange): Uint8Array {
  const out = new Uint8Array((end - frame) * 4096);
  for (let at = frame; at < end; at++) {
    const page = space.page(at) as Uint32Array;
    out.set(new Uint8Array(page.buffer, page.byteOffset, 4096), (at - frame) * 4096);
  }
  return out;
}

function rangeHeader(magic: number, version: number, start: bigint, last: bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(32));
  view.setUint32(0, magic, true);
  view.setUint32(4, version, true);
  view.setBigUint64(8, start, true);
  view.setBigUint64(16, last, true);
  return new Uint8Array(view.buffer);
}

export const lime = (space: AddressSpace): Uint8Array =>
  concat(
    space.ranges.flatMap(range => [
      rangeHeader(0x4c694d45, 1, BigInt(range.frame) << 12n, (BigInt(range.end) << 12n) - 1n),
      rangeBytes(space, range),
    ]),
  );

/** CRC-32C bit by bit: slow and obvious. */
export function slowCrc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

const chunk = (type: number, body: Uint8Array): Uint8Array =>
  concat([Uint8Array.of(type, body.length & 255, (body.length >> 8) & 255, body.length >> 16), body]);

/** Snappy framing format: at most 64 KiB a chunk; what does not shrink stays plain. */
export function snappyFrames(bytes: Uint8Array): Uint8Array {
  const out = [chunk(0xff, new TextEncoder().encode('sNaPpY'))];
  for (let at = 0; at < bytes.length; at += 65536) {
    const part = bytes.subarray(at, at + 65536);
    const crc = slowCrc32c(part);
    const masked = new Uint8Array(4);
    new DataView(masked.buffer).setUint32(0, (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, true);
    const packed = snappyCompress(part);
    out.push(
      packed.length < part.length ? chunk(0, concat([masked, packed])) : chunk(1, concat([masked, part])),
    );
  }
  return concat(out);
}

/** AVML version 2; `behind`: state the byte behind the range instead of its last. */
export const avml = (space: AddressSpace, behind = false): Uint8Array =>
  concat(
    space.ranges.flatMap(range => {
      const frames = snappyFrames(rangeBytes(space, range));
      const trailer = new Uint8Array(8);
      new DataView(trailer.buffer).setBigUint64(0, BigInt(frames.length), true);
      const end = BigInt(range.end) << 12n;
      return [
        rangeHeader(0x4c4d5641, 2, BigInt(range.frame) << 12n, behind ? end : end - 1n),
        frames,
        trailer,
      ];
    }),
  );

export interface KdumpShape {
  readonly packing?: 'none' | 'zlib' | 'snappy';
  readonly blockSize?: number;
  readonly bits?: 32 | 64;
  /** First and last-plus-one page frame (in blocks) that this file of a split dump holds. */
  readonly split?: readonly [number, number];
  readonly vmcoreinfo?: string;
  readonly machine?: string;
}

/** A kdump file of version 6. Blocks of more than 4 KiB hold zeros where the space holds nothing. */
export function kdump(space: AddressSpace, shape: KdumpShape = {}): Uint8Array {
  const { packing = 'zlib', blockSize = 4096, bits = 64, split, vmcoreinfo = '', machine = 'x86_64' } = shape;
  const perBlock = blockSize / 4096;
  const pfns = new Set<number>();
  for (const { frame, end } of space.ranges)
    for (let at = Math.floor(frame / perBlock); at < Math.ceil(end / perBlock); at++) pfns.add(at);
  const order = [...pfns].sort((a, b) => a - b);
  const mapnr = (order.at(-1) ?? 0) + 1;
  const bitmapBlocks = Math.ceil(mapnr / 8 / blockSize);
  const descriptorsAt = (2 + 2 * bitmapBlocks) * blockSize;

  const head = new Uint8Array(descriptorsAt);
  const view = new DataView(head.buffer);
  head.set(new TextEncoder().encode('KDUMP   '));
  view.setInt32(8, 6, true);
  head.set(new TextEncoder().encode(machine), 12 + 4 * 65);
  const geometry = bits === 64 ? 424 : 412;
  [packing === 'zlib' ? 1 : packing === 'snappy' ? 4 : 0, blockSize, 1, 2 * bitmapBlocks, mapnr].forEach(
    (value, i) => {
      view.setUint32(geometry + 4 * i, value, true);
    },
  );
  const [splitAt, infoAt, pfnAt] = bits === 64 ? [12, 32, 80] : [8, 20, 56];
  view.setInt32(blockSize + splitAt, split === undefined ? 0 : 1, true);
  const text = new TextEncoder().encode(vmcoreinfo);
  view.setBigUint64(blockSize + infoAt, BigInt(blockSize + 256), true);
  view.setUint32(blockSize + infoAt + 8, text.length, true);
  head.set(text, blockSize + 256);
  view.setBigUint64(blockSize + pfnAt, BigInt(split?.[0] ?? 0), true);
  view.setBigUint64(blockSize + pfnAt + 8, BigInt(split?.[1] ?? 0), true);
  view.setBigUint64(blockSize + pfnAt + 16, BigInt(mapnr), true);
  for (const pfn of order)
    for (const bitmap of [2 * blockSize, (2 + bitmapBlocks) * blockSize]) {
      const byte = bitmap + Math.floor(pfn / 8);
      head[byte] = (head[byte] as number) | (1 << (pfn % 8));
    }

  const here = order.filter(pfn => split === undefined || (pfn >= split[0] && pfn < split[1]));
  const descriptors = new DataView(new ArrayBuffer(24 * here.length));
  const data: Uint8Array[] = [];
  let at = descriptorsAt + 24 * here.length;
  here.forEach((pfn, i) => {
    const block = new Uint8Array(blockSize);
    for (let part = 0; part < perBlock; part++) {
      const page = space.page(pfn * perBlock + part);
      if (page !== undefined) block.set(new Uint8Array(page.buffer, page.byteOffset, 4096), part * 4096);
    }
    const packed =
      packing === 'zlib' ? deflateSync(block) : packing === 'snappy' ? snappyCompress(block) : block;
    const shrunk = packed.length < blockSize;
    descriptors.setBigInt64(24 * i, BigInt(at), true);
    descriptors.setUint32(24 * i + 8, shrunk ? packed.length : blockSize, true);
    descriptors.setUint32(24 * i + 12, shrunk ? (packing === 'zlib' ? 1 : 4) : 0, true);
    data.push(shrunk ? packed : block);
    at += shrunk ? packed.length : blockSize;
  });
  return concat([head, new Uint8Array(descriptors.buffer), ...data]);
}

/** makedumpfile's flattened form of a file, cut into the given pieces [offset, size], in that order. */
export function flatten(file: Uint8Array, pieces: readonly (readonly [number, number])[]): Uint8Array {
  const header = new Uint8Array(4096);
  header.set(new TextEncoder().encode('makedumpfile'));
  const record = (offset: bigint, size: bigint) => {
    const view = new DataView(new ArrayBuffer(16));
    view.setBigInt64(0, offset);
    view.setBigInt64(8, size);
    return new Uint8Array(view.buffer);
  };
  const view = new DataView(header.buffer);
  view.setBigInt64(16, 1n);
  view.setBigInt64(24, 1n);
  return concat([
    header,
    ...pieces.flatMap(([offset, size]) => [
      record(BigInt(offset), BigInt(size)),
      file.subarray(offset, offset + size),
    ]),
    record(-1n, -1n),
  ]);
}

/** Equal pieces of `size` bytes. */
export const equalPieces = (length: number, size: number): [number, number][] =>
  Array.from({ length: Math.ceil(length / size) }, (_, i) => [i * size, Math.min(size, length - i * size)]);
