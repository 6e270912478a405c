/** Open an image from a path or from bytes, whatever is wrapped around it. */
import { closeSync, fstatSync } from 'node:fs';
import { compressionOf, type DecompressLimits, decompress } from './decompress.ts';
import { ImageError, type Remark } from './errors.ts';
import { FileSource, openFile } from './file.ts';
import { type Image, type ParseOptions, parseImage } from './parse.ts';
import { type ByteSource, MemorySource } from './source.ts';

export interface OpenOptions extends ParseOptions {
  /** Bounds for compressed images. */
  readonly limits?: DecompressLimits;
  /** How errors and remarks call bytes that come without a path. */
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
    let source: ByteSource =
      typeof from === 'string' ? fromPath(from, closers) : new MemorySource(from, options.name);
    const compression: string[] = [];
    const before: Remark[] = [];
    for (
      let kind = compressionOf(source);
      kind !== undefined && options.format !== 'raw';
      kind = compressionOf(source)
    ) {
      if (compression.length === MAX_LAYERS)
        throw new ImageError(source.name, `compressed more than ${MAX_LAYERS} times over`, 0);
      const { source: inner, remarks, close: done } = await decompress(source, kind, options.limits);
      closers.push(done);
      compression.push(kind);
      before.push(...remarks);
      source = inner;
    }
    const image = parseImage(source, options);
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

function fromPath(path: string, closers: (() => void)[]): ByteSource {
  const fd = openFile(path);
  const stat = fstatSync(fd);
  if (!stat.isFile() && !stat.isBlockDevice()) {
    closeSync(fd);
    throw new ImageError(path, stat.isDirectory() ? 'is a directory' : 'is not a regular file');
  }
  const source = new FileSource(fd, path, stat.size);
  closers.push(() => source.close());
  return source;
}
