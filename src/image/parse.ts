/** From a source to an image: what is this file? Needs no file system, so it runs in a browser. */
import type { AddressSpace } from './address-space.ts';
import { type Codecs, withCodecs } from './codecs.ts';
import type { Container } from './container.ts';
import { isElf, openElfCore } from './elf-core.ts';
import type { ImageNotes } from './elf-notes.ts';
import { ImageError, type Remark, Remarks } from './errors.ts';
import { FlattenedSource, isFlattened } from './flattened.ts';
import { isKdump, openKdump } from './kdump.ts';
import { isAvml, isLime, openAvml, openLime } from './lime.ts';
import { openRaw, openRawWithMap } from './raw.ts';
import type { ByteSource } from './source.ts';
import { describeUnread } from './unread.ts';

/** Containers that are read. `pages` is a folder of files named by their addresses. */
export const FORMATS = ['elf-core', 'kdump', 'kdump-flattened', 'lime', 'avml', 'raw', 'pages'] as const;
export type ImageFormat = (typeof FORMATS)[number];

export interface ParseOptions {
  /** Physical address of the first byte of a raw image. Takes effect where the content names no other format. */
  readonly base?: bigint;
  /** Text of a memory map that says where the bytes of a raw image belong; see `parseMemoryMap`. */
  readonly map?: string;
  /** Take the file for raw memory, whatever it looks like. */
  readonly format?: 'raw';
  /** How many bytes of pages are kept in memory; 64 MiB by default. Files are never read whole. */
  readonly cacheBytes?: number;
  /** Block decoders instead of, or beside, the built-in ones. kdump files need `zlib`, which a browser must bring. */
  readonly codecs?: Partial<Codecs>;
}

/** An opened image. */
export interface Image {
  readonly format: ImageFormat;
  /** Compression around it, outermost first: `gzip`, `zstd`, `xz`. */
  readonly compression: readonly string[];
  readonly space: AddressSpace;
  readonly notes: ImageNotes;
  /** What was skipped, corrected, cut. Grows when pages turn out to be unreadable later. */
  readonly remarks: readonly Remark[];
  /** Closes files. Pages handed out before stay valid. */
  close(): void;
}

const HEAD_BYTES = 512;

/** The format that the first bytes name, or undefined: nothing known, which may be a raw image. */
export function recognise(head: Uint8Array): Exclude<ImageFormat, 'raw' | 'pages'> | undefined {
  if (isElf(head)) return 'elf-core';
  if (isKdump(head)) return 'kdump';
  if (isFlattened(head)) return 'kdump-flattened';
  if (isLime(head)) return 'lime';
  if (isAvml(head)) return 'avml';
  return undefined;
}

/**
 * Recognise the container by content and read its headers.
 * @throws ImageError with one sentence where nothing can be answered from this file.
 */
export function parseImage(source: ByteSource, options: ParseOptions = {}): Image {
  if (source.size === 0) throw new ImageError(source.name, 'the file is empty');
  const head = source.read(0, HEAD_BYTES);
  const raw = options.base !== undefined || options.map !== undefined;
  const format = options.format ?? recognise(head) ?? (raw ? 'raw' : undefined);
  if (format === undefined)
    throw new ImageError(
      source.name,
      describeUnread(head) ??
        'no known dump format; raw memory needs the address of its first byte (--base) or a memory map (--map)',
      0,
    );
  return toImage(format, openAs(format, source, options));
}

/** An image from what a container's reader gave. */
export function toImage(format: ImageFormat, { space, notes, remarks }: Container): Image {
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

function openAs(format: Exclude<ImageFormat, 'pages'>, source: ByteSource, options: ParseOptions): Container {
  const { base, map, cacheBytes } = options;
  const codecs = withCodecs(options.codecs);
  switch (format) {
    case 'elf-core':
      return openElfCore(source, cacheBytes);
    case 'kdump':
      return openKdump(source, codecs, cacheBytes);
    case 'kdump-flattened':
      return openFlattened(source, codecs, cacheBytes);
    case 'lime':
      return openLime(source, cacheBytes);
    case 'avml':
      return openAvml(source, codecs, cacheBytes);
    case 'raw':
      return map === undefined
        ? openRaw(source, base ?? 0n, cacheBytes)
        : openRawWithMap(source, map, cacheBytes);
  }
}

/** makedumpfile flattens ELF cores as well as its own format. */
function openFlattened(source: ByteSource, codecs: Codecs, cacheBytes: number | undefined): Container {
  const remarks = new Remarks();
  const inner = new FlattenedSource(source, remarks);
  const head = inner.read(0, HEAD_BYTES);
  if (!isKdump(head) && !isElf(head))
    throw new ImageError(source.name, 'the flattened file holds neither a kdump nor an ELF core');
  const container = isElf(head) ? openElfCore(inner, cacheBytes) : openKdump(inner, codecs, cacheBytes);
  return { ...container, remarks: remarks.followedBy(container.remarks) };
}
