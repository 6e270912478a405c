/** gzip and zstd around an image: undone once, into memory or a temporary file, with a bound on what comes out. */
import { ftruncateSync, mkdtempSync, openSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { hex, ImageError, type Remark } from './errors.ts';
import { FileSource } from './file.ts';
import { type ByteSource, MemorySource } from './source.ts';

export type Compression = 'gzip' | 'zstd';

export interface DecompressLimits {
  /** Up to this many bytes stay in memory, beyond it goes to a temporary file. 256 MiB by default. */
  readonly memoryBytes?: number;
  /** No more than this comes out; the image is then read as cut there. 64 GiB by default. */
  readonly outputBytes?: number;
}

/** What came out of one layer of compression. */
export interface Decompressed {
  readonly source: ByteSource;
  readonly remarks: readonly Remark[];
  close(): void;
}

const MEMORY_BYTES = 256 * 2 ** 20;
const OUTPUT_BYTES = 64 * 2 ** 30;
const INPUT_CHUNK = 256 * 1024;
const OUTPUT_CHUNK = 1024 * 1024;
const HOLE = new Uint8Array(64 * 1024);

/** Which compression the first bytes announce. */
export function compressionOf(source: ByteSource): Compression | undefined {
  const [a, b, c, d] = source.read(0, 4);
  if (a === 0x1f && b === 0x8b && c === 8) return 'gzip';
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd';
  return undefined;
}

/** Takes the output as it comes: a list of chunks, then a sparse temporary file, then nothing more. */
class Spill {
  readonly #limits: Required<DecompressLimits>;
  #chunks: Uint8Array[] = [];
  #fd: number | undefined;
  #folder: string | undefined;
  size = 0;
  full = false;

  constructor(limits: DecompressLimits) {
    this.#limits = { memoryBytes: MEMORY_BYTES, outputBytes: OUTPUT_BYTES, ...limits };
  }

  write(chunk: Uint8Array): void {
    const room = this.#limits.outputBytes - this.size;
    if (chunk.length > room) this.full = true;
    const part = chunk.length > room ? chunk.subarray(0, room) : chunk;
    if (this.#fd === undefined && this.size + part.length > this.#limits.memoryBytes) this.#toFile();
    if (this.#fd === undefined) this.#chunks.push(part.slice());
    else this.#put(this.#fd, part, this.size);
    this.size += part.length;
  }

  #toFile(): void {
    this.#folder = mkdtempSync(join(tmpdir(), 'memattr-'));
    const path = join(this.#folder, 'image');
    this.#fd = openSync(path, 'wx+', 0o600);
    let at = 0;
    for (const chunk of this.#chunks) {
      this.#put(this.#fd, chunk, at);
      at += chunk.length;
    }
    this.#chunks = [];
    try {
      // The name goes at once where the system allows it, so that nothing is left behind however we end.
      unlinkSync(path);
      rmSync(this.#folder, { recursive: true });
      this.#folder = undefined;
    } catch {
      // Windows keeps names of open files: they go in `close`.
    }
  }

  /** Zeros are not written: the file stays sparse, and a bomb of zeros costs no disk. */
  #put(fd: number, bytes: Uint8Array, at: number): void {
    for (let from = 0; from < bytes.length; from += HOLE.length) {
      const block = bytes.subarray(from, from + HOLE.length);
      if (Buffer.compare(block, HOLE.subarray(0, block.length)) === 0) continue;
      for (let done = 0; done < block.length; )
        done += writeSync(fd, block, done, block.length - done, at + from + done);
    }
  }

  finish(name: string): { source: ByteSource; close(): void } {
    if (this.#fd === undefined) {
      const bytes = new Uint8Array(this.size);
      let at = 0;
      for (const chunk of this.#chunks) {
        bytes.set(chunk, at);
        at += chunk.length;
      }
      this.#chunks = [];
      return { source: new MemorySource(bytes, name), close() {} };
    }
    ftruncateSync(this.#fd, this.size);
    const source = new FileSource(this.#fd, name, this.size);
    return { source, close: () => this.#close(source) };
  }

  discard(): void {
    if (this.#fd !== undefined) this.#close(new FileSource(this.#fd, '', 0));
  }

  #close(source: FileSource): void {
    source.close();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Feeds compressed chunks to a decoder, which calls back with what comes out. */
interface Decoder {
  push(chunk: Uint8Array): Promise<void>;
  /** The input is at its end; rejects when the compressed data is not. */
  end(): Promise<void>;
}

function streamDecoder(stream: Transform, onData: (chunk: Uint8Array) => void): Decoder {
  let failed: Error | undefined;
  let wake = () => {};
  stream.on('data', onData);
  stream.on('error', error => {
    failed = error;
    wake();
  });
  const settle = (start: (done: () => void) => void) =>
    new Promise<void>((resolve, reject) => {
      wake = () => (failed === undefined ? resolve() : reject(failed));
      if (failed !== undefined) wake();
      else start(wake);
    });
  return {
    push: chunk => settle(done => stream.write(chunk, done)),
    end: () =>
      settle(done => {
        stream.once('end', done);
        stream.end();
      }),
  };
}

/** A zstd window beyond this (2 GiB is possible) is refused, as the zstd command does without --long=31. */
const MAX_WINDOW_LOG2 = 27;

function zstdDecoder(onData: (chunk: Uint8Array) => void): Decoder {
  // Node 22.15 and later bring zstd; Node 20 does not.
  const native = (zlib as unknown as { createZstdDecompress?: (options: object) => Transform })
    .createZstdDecompress;
  if (native !== undefined) {
    const windowLogMax = (zlib.constants as unknown as Record<string, number>).ZSTD_d_windowLogMax as number;
    return streamDecoder(
      native({ chunkSize: OUTPUT_CHUNK, params: { [windowLogMax]: MAX_WINDOW_LOG2 } }),
      onData,
    );
  }
  const decoder = new Decompress(chunk => onData(chunk));
  return {
    push: async chunk => decoder.push(chunk),
    end: async () => decoder.push(new Uint8Array(), true),
  };
}

/** Window size in bytes that the frame header at the start asks for (RFC 8878, 3.1.1.1). */
function zstdWindow(head: Uint8Array): number {
  const descriptor = head[4] ?? 0;
  if ((descriptor & 0x20) === 0) {
    const window = head[5] ?? 0;
    return 2 ** (10 + (window >> 3)) * (1 + (window & 7) / 8);
  }
  // A single segment: the window is the content, whose size stands behind the dictionary id.
  const at = 5 + ([0, 1, 2, 4][descriptor & 3] as number);
  const bytes = [1, 2, 4, 8][descriptor >> 6] as number;
  let size = bytes === 2 ? 256 : 0;
  for (let i = 0; i < bytes; i++) size += (head[at + i] ?? 0) * 2 ** (8 * i);
  return size;
}

/**
 * Undo one layer of compression. Damaged or cut data gives everything before the damage, with a remark.
 * @throws ImageError when nothing at all comes out.
 */
export async function decompress(
  source: ByteSource,
  kind: Compression,
  limits: DecompressLimits = {},
): Promise<Decompressed> {
  if (kind === 'zstd') {
    const window = zstdWindow(source.read(0, 18));
    if (window > 2 ** MAX_WINDOW_LOG2)
      throw new ImageError(
        source.name,
        `zstd data that needs a window of ${hex(window)} bytes; up to 2^${MAX_WINDOW_LOG2} is read`,
        4,
      );
  }
  const spill = new Spill(limits);
  const onData = (chunk: Uint8Array) => spill.write(chunk);
  const decoder =
    kind === 'gzip'
      ? streamDecoder(zlib.createGunzip({ chunkSize: OUTPUT_CHUNK }), onData)
      : zstdDecoder(onData);
  const remarks: Remark[] = [];
  let offset = 0;
  try {
    for (; offset < source.size && !spill.full; offset += INPUT_CHUNK)
      await decoder.push(source.read(offset, INPUT_CHUNK));
    if (!spill.full) await decoder.end();
  } catch (cause) {
    if (spill.size === 0) {
      spill.discard();
      throw new ImageError(
        source.name,
        `damaged ${kind} data: ${(cause as Error).message}`,
        Math.min(offset, source.size),
        cause,
      );
    }
    const text = `the ${kind} data is damaged or cut (${(cause as Error).message}): ${hex(spill.size)} bytes came out before`;
    remarks.push({ id: 'compression', severity: 'warning', text, offset: Math.min(offset, source.size) });
  }
  if (spill.full) {
    const text = `more than ${hex(spill.size)} bytes come out of the ${kind} data: the image is cut there`;
    remarks.push({ id: 'output-limit', severity: 'warning', text });
  }
  return { ...spill.finish(source.name), remarks };
}
