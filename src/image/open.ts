/** Open an image from a path or from bytes, whatever is wrapped around it. */
import type { BlockDecoder } from './codecs.ts';
import { compressionOf, decompress } from './compression.ts';
import type { DecompressLimits, Unpacked } from './decompress.ts';
import { ImageError, type Remark } from './errors.ts';
import { openFile } from './file.ts';
import { isFolder, openFolder } from './folder.ts';
import { type Image, type ParseOptions, parseImage } from './parse.ts';
import { type ByteSource, MemorySource } from './source.ts';

export interface OpenOptions extends ParseOptions {
  /** Bounds for compressed images. */
  readonly limits?: DecompressLimits;
  /** Told how far unpacking has come, which is the long part of opening. */
  readonly unpacked?: Unpacked;
  /** How errors and remarks call it; default: the path. */
  readonly name?: string;
}

/** gzip around zstd happens; nobody wraps deeper than this in earnest. */
const MAX_LAYERS = 3;

/**
 * Open a dump: recognised by content, decompressed where need be, its headers read. Close it when done.
 *
 * @param from a path, or the bytes themselves
 * @returns the image; its `remarks` say what was skipped, corrected or cut
 * @throws ImageError (one sentence with file and offset) where nothing can be answered
 */
export async function openImage(from: string | Uint8Array, options: OpenOptions = {}): Promise<Image> {
  const closers: (() => void)[] = [];
  const close = () => {
    while (closers.length > 0) closers.pop()?.();
  };
  try {
    if (typeof from === 'string' && isFolder(from)) return { ...openFolder(from, options, closers), close };
    let source: ByteSource =
      typeof from === 'string' ? openFile(from, closers, options.name) : new MemorySource(from, options.name);
    const compression: string[] = [];
    const before: Remark[] = [];
    for (
      let kind = compressionOf(source);
      kind !== undefined && options.format !== 'raw';
      kind = compressionOf(source)
    ) {
      if (compression.length === MAX_LAYERS)
        throw new ImageError(source.name, `compressed more than ${MAX_LAYERS} times over`, 0);
      const {
        source: inner,
        remarks,
        close: done,
      } = await decompress(source, kind, options.limits, options.unpacked);
      closers.push(done);
      compression.push(kind);
      before.push(...remarks);
      source = inner;
    }
    const image = parseImage(source, { ...options, codecs: { zlib, ...options.codecs } });
    return {
      format: image.format,
      compression,
      space: image.space,
      notes: image.notes,
      get remarks() {
        return [...before, ...image.remarks];
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** zlib pages of a kdump; the bound keeps a damaged page from growing. `node:zlib` costs milliseconds: few files need it. */
const zlib: BlockDecoder = (input, size) =>
  process.getBuiltinModule('node:zlib').inflateSync(input, { maxOutputLength: size });
