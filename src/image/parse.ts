/** From a source to an image: what is this file? Needs no file system, so it runs in a browser. */
import type { AddressSpace } from './address-space.ts';
import { type Container, isElf, openElfCore } from './elf-core.ts';
import type { ImageNotes } from './elf-notes.ts';
import { ImageError, type Remark } from './errors.ts';
import { openRaw } from './raw.ts';
import type { ByteSource } from './source.ts';

/** Containers that are read. */
export const FORMATS = ['elf-core', 'raw'] as const;
export type ImageFormat = (typeof FORMATS)[number];

export interface ParseOptions {
  /** Physical address of the first byte of a raw image. Takes effect where the content names no other format. */
  readonly base?: bigint;
  /** Take the file for this format, whatever it looks like. */
  readonly format?: ImageFormat;
  /** How many bytes of pages are kept in memory; 64 MiB by default. Files are never read whole. */
  readonly cacheBytes?: number;
}

/** An opened image. */
export interface Image {
  readonly format: ImageFormat;
  /** Compression around it, outermost first: `gzip`, `zstd`. */
  readonly compression: readonly string[];
  readonly space: AddressSpace;
  readonly notes: ImageNotes;
  /** What was skipped, corrected, cut. Grows when pages turn out to be unreadable later. */
  readonly remarks: readonly Remark[];
  /** Closes files. Pages handed out before stay valid. */
  close(): void;
}

/** The format that the first bytes name, or undefined: nothing known, which may be a raw image. */
export function recognise(source: ByteSource): ImageFormat | undefined {
  const head = source.read(0, 16);
  if (isElf(head)) return 'elf-core';
  return undefined;
}

/**
 * Recognise the container by content and read its headers.
 * @throws ImageError with one sentence where nothing can be answered from this file.
 */
export function parseImage(source: ByteSource, options: ParseOptions = {}): Image {
  const { base, cacheBytes } = options;
  if (source.size === 0) throw new ImageError(source.name, 'the file is empty');
  const format = options.format ?? recognise(source) ?? (base === undefined ? undefined : 'raw');
  if (format === undefined)
    throw new ImageError(
      source.name,
      'no known dump format; raw memory needs the address of its first byte (--base)',
      0,
    );
  const { space, notes, remarks } = open(source, format, base ?? 0n, cacheBytes);
  return {
    format,
    compression: [],
    space,
    notes,
    get remarks() {
      return remarks.list();
    },
    close() {},
  };
}

function open(
  source: ByteSource,
  format: ImageFormat,
  base: bigint,
  cacheBytes: number | undefined,
): Container {
  switch (format) {
    case 'elf-core':
      return openElfCore(source, cacheBytes);
    case 'raw':
      return openRaw(source, base, cacheBytes);
  }
}
