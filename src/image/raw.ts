/** Memory without any header: whoever opens it must say where it belongs. */
import { hex } from '../bits/word.ts';
import type { Container } from './container.ts';
import { ImageError, Remarks } from './errors.ts';
import { layOut, type Piece } from './extents.ts';
import { type Bytes, frameAt, frameHex, inPageAt } from './frames.ts';
import { parseMemoryMap, placeRanges } from './memory-map.ts';
import { ExtentReader, PagedSpace } from './paged.ts';
import type { ByteSource } from './source.ts';

/**
 * The whole file is the memory that begins at physical address `base`: a RAM image, or a single table. A last page that is not
 * complete reads as zero behind the end of the file, so that a table of a few entries can be looked at; that is remarked.
 * @throws ImageError when `base` is not an address.
 */
export function openRaw(source: ByteSource, base: bigint, cacheBytes?: number): Container {
  if (base < 0n || base + BigInt(source.size) > 1n << 64n)
    throw new ImageError(
      source.name,
      `base ${base} and ${source.size} bytes do not fit into 64-bit addresses`,
    );
  const piece = {
    index: 0,
    frame: frameAt(base),
    head: inPageAt(base),
    bytes: source.size,
    offset: 0,
  };
  return fromPieces(source, [piece], new Remarks(), true, cacheBytes);
}

/**
 * The file holds the memory of a map (see `parseMemoryMap`): each range at its address, or one after the other.
 * @throws ImageError when the text holds no map.
 */
export function openRawWithMap(source: ByteSource, map: string, cacheBytes?: number): Container {
  const remarks = new Remarks();
  const parsed = parseMemoryMap(map, `the map for ${source.name}`);
  const { ranges, why } = placeRanges(parsed, source.size);
  remarks.note('map', `${ranges.length} ranges of memory from ${parsed.kind}: ${why}`);
  const pieces: Piece[] = [];
  ranges.forEach(({ start, end, offset }, index) => {
    const held = Math.min(Number(end - start), source.size - offset);
    if (held < Number(end - start))
      remarks.warn(
        'truncated',
        `the range at ${hex(start)} lies at ${hex(offset)}, the file ends at ${hex(source.size)}`,
        source.size,
      );
    if (held > 0) pieces.push({ index, frame: frameAt(start), head: inPageAt(start), bytes: held, offset });
  });
  return fromPieces(source, pieces, remarks, false, cacheBytes);
}

function fromPieces(
  source: ByteSource,
  pieces: Piece[],
  remarks: Remarks,
  pad: boolean,
  cacheBytes?: number,
): Container {
  const { extents, pieced } = layOut(pieces, remarks, pad);
  return {
    space: new PagedSpace(new ExtentReader(source, extents, pieced), cacheBytes),
    notes: { cpus: [] },
    remarks,
  };
}

/** Several files, each with the memory from its own address on: a folder of table pages. */
export function openPages(
  files: readonly { source: ByteSource; base: bigint }[],
  name: string,
  remarks: Remarks,
  cacheBytes?: number,
): Container {
  if (files.length === 0)
    throw new ImageError(name, 'no file in it is named by an address (like 0x7c01000.bin or x.dram_7c01000)');
  const joined = new JoinedSource(
    name,
    files.map(({ source }) => source),
  );
  const pieces = files.map(
    ({ source, base }, index): Piece => ({
      index,
      frame: frameAt(base),
      head: inPageAt(base),
      bytes: source.size,
      offset: joined.starts[index] as number,
    }),
  );
  remarks.note(
    'pages',
    `${files.length} files from ${frameHex(pieces.reduce((least, { frame }) => Math.min(least, frame), Number.POSITIVE_INFINITY))} on, each at the address in its name`,
  );
  return fromPieces(joined, pieces, remarks, true, cacheBytes);
}

/** Sources one after the other. */
class JoinedSource implements ByteSource {
  readonly name: string;
  readonly size: Bytes;
  readonly starts: readonly number[];
  readonly #sources: readonly ByteSource[];

  constructor(name: string, sources: readonly ByteSource[]) {
    this.name = name;
    this.#sources = sources;
    let size = 0;
    this.starts = sources.map(source => {
      const start = size;
      size += source.size;
      return start;
    });
    this.size = size;
  }

  read(offset: Bytes, length: Bytes): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    return bytes.subarray(0, this.readInto(offset, bytes));
  }

  readInto(offset: Bytes, target: Uint8Array): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    let done = 0;
    for (; low < this.#sources.length && done < target.length; low++) {
      const at = offset + done - (this.starts[low] as number);
      const source = this.#sources[low] as ByteSource;
      done += source.readInto(at, target.subarray(done, done + Math.max(0, source.size - at)));
    }
    return done;
  }
}
