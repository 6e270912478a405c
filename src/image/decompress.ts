/** gzip, zstd and xz around an image: undone once, into memory or a temporary file, with a bound on what comes out. */

import { ftruncateSync, mkdtempSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { hex } from '../bits/word.ts';
import type { Compression } from './container.ts';
import { ImageError, isOurs, type Remark } from './errors.ts';
import { FileSource } from './file.ts';
import type { Bytes } from './frames.ts';
import { type ByteSource, MemorySource } from './source.ts';
import { writeSparse } from './sparse.ts';

export interface DecompressLimits {
  /** Up to this many bytes stay in memory (twice as many while they are put together), more goes to a temporary file. 64 MiB by default. */
  readonly memoryBytes?: number;
  /** No more than this comes out; the image is then read as cut there. 64 GiB by default. */
  readonly outputBytes?: number;
}

/** Told now and then how far unpacking has come: bytes of the packed file. */
export type Unpacked = (done: Bytes, all: Bytes) => void;

/** What came out of one layer of compression. */
export interface Decompressed {
  readonly source: ByteSource;
  readonly remarks: readonly Remark[];
  close(): void;
}

const MEMORY_BYTES = 64 * 2 ** 20;
const OUTPUT_BYTES = 64 * 2 ** 30;
const INPUT_CHUNK = 256 * 1024;
const OUTPUT_CHUNK = 1024 * 1024;

/** Why nothing can be written to a folder for temporary files. */
const NO_PLACE: Readonly<Record<string, string>> = {
  ENOSPC: 'no room',
  EDQUOT: 'no room',
  EFBIG: 'files may not be that large',
  ENOENT: 'no such folder',
  ENOTDIR: 'no folder',
  EACCES: 'may not be written',
  EROFS: 'may not be written',
};

/** Takes the output as it comes: a list of chunks, then a sparse temporary file, then nothing more. */
class Spill {
  readonly #limits: Required<DecompressLimits>;
  readonly #name: string;
  #chunks: Uint8Array[] = [];
  #fd: number | undefined;
  #folder: string | undefined;
  size = 0;
  full = false;

  constructor(limits: DecompressLimits, name: string) {
    this.#name = name;
    this.#limits = { memoryBytes: MEMORY_BYTES, outputBytes: OUTPUT_BYTES, ...limits };
  }

  /** @throws ImageError where the system has no room for it */
  write(chunk: Uint8Array): void {
    try {
      this.#take(chunk);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const why = NO_PLACE[code ?? ''];
      throw new ImageError(
        this.#name,
        `what comes out of it has no place in ${tmpdir()} (${why ?? message}): TMPDIR chooses another folder`,
        undefined,
        cause,
      );
    }
  }

  #take(chunk: Uint8Array): void {
    const room = this.#limits.outputBytes - this.size;
    if (chunk.length > room) this.full = true;
    const part = chunk.length > room ? chunk.subarray(0, room) : chunk;
    if (this.#fd === undefined && this.size + part.length > this.#limits.memoryBytes) this.#toFile();
    if (this.#fd === undefined) this.#chunks.push(part.slice());
    else writeSparse(this.#fd, part, this.size);
    this.size += part.length;
  }

  #toFile(): void {
    this.#folder = mkdtempSync(join(tmpdir(), 'memattr-'));
    const path = join(this.#folder, 'image');
    this.#fd = openSync(path, 'wx+', 0o600);
    let at = 0;
    for (const chunk of this.#chunks) {
      writeSparse(this.#fd, chunk, at);
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

/** What comes out of compressed chunks, piece by piece (libraries are loaded when they are needed). Throws where the data is damaged, or ends before it should. */
type Decoder = (input: Input) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The compressed bytes in order, and how far they were taken. */
class Input implements Iterable<Uint8Array> {
  readonly #source: ByteSource;
  offset = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** The next chunk, or undefined at the end. */
  next(): Uint8Array | undefined {
    if (this.offset >= this.#source.size) return undefined;
    const chunk = this.#source.read(this.offset, INPUT_CHUNK);
    this.offset += chunk.length;
    return chunk.length === 0 ? undefined : chunk;
  }

  *[Symbol.iterator](): Generator<Uint8Array> {
    for (let chunk = this.next(); chunk !== undefined; chunk = this.next()) yield chunk;
  }
}

/**
 * Decoders of node:zlib. What comes out is taken before more is made: a stream that nobody reads stops at its high water
 * mark, also within one chunk of input, of which one can give gigabytes. After an error `read` still answers what was made before it.
 */
const streamed = (create: () => Transform): Decoder =>
  async function* (input) {
    const stream = create();
    let failed: Error | undefined;
    let taken = true; // the last chunk of input
    let ended = false;
    let wake = () => {};
    const woken = () => new Promise<void>(resolve => (wake = resolve));
    stream.on('readable', () => wake());
    stream.on('end', () => {
      ended = true;
      wake();
    });
    stream.on('error', error => {
      failed = error;
      wake();
    });
    const feed = (): void => {
      const chunk = input.next();
      if (chunk === undefined) stream.end();
      taken = chunk === undefined;
      if (chunk !== undefined)
        stream.write(chunk, () => {
          taken = true;
          wake();
        });
    };
    try {
      feed();
      while (true) {
        const waited = woken();
        for (let out = stream.read(); out !== null; out = stream.read()) yield out as Uint8Array;
        if (failed !== undefined) throw failed;
        if (ended) return;
        if (taken && !stream.writableEnded) feed();
        else await waited;
      }
    } finally {
      stream.destroy();
    }
  };

/** A zstd window beyond this (2 GiB is possible) is refused, as the zstd command does without --long=31. */
const MAX_WINDOW_LOG2 = 27;
/** The WebAssembly decoder does not report errors, it makes no progress: then it answers with nothing, again and again. */
const STALLED = 64;

/** Node 22.15 and later bring zstd; Node 20, whose types we have, does not. */
interface ZlibOfLater {
  readonly createZstdDecompress?: (options: object) => Transform;
  readonly constants: { readonly ZSTD_d_windowLogMax: number };
}

function zstd(): Decoder {
  const { createZstdDecompress: native, constants } = zlib as unknown as ZlibOfLater;
  if (native === undefined) return zstdInWebAssembly;
  const { ZSTD_d_windowLogMax: windowLogMax } = constants;
  return streamed(() => native({ chunkSize: OUTPUT_CHUNK, params: { [windowLogMax]: MAX_WINDOW_LOG2 } }));
}

/** Linear in what goes in and comes out, whatever the window and the blocks: 64 KiB of one-byte blocks are 35 ms (fzstd, which moves its window with each, needs 5 s). */
async function* zstdInWebAssembly(input: Input): AsyncGenerator<Uint8Array> {
  const { ZSTDDecoder } = await import('zstddec/stream');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  let empty = 0;
  for (const chunk of decoder.decodeStreaming(input)) {
    empty = chunk.length === 0 ? empty + 1 : 0;
    // Leaving the loop here leaks the decoder's window inside its WebAssembly memory: only damaged files come this way.
    if (empty > STALLED) throw new Error('invalid zstd data');
    yield chunk;
  }
}

type XzModule = Pick<typeof import('xz-decompress'), 'XzReadableStream'>;

async function* unxz(input: Input): AsyncGenerator<Uint8Array> {
  const compressed = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = input.next();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
  // a bundle of CommonJS has it under `default`, a loader that reads the package's own modules by its name
  const module: XzModule & { readonly default?: XzModule } = await import('xz-decompress');
  const { XzReadableStream } = module.default ?? module;
  const reader = new XzReadableStream(compressed).getReader();
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
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
  unpacked: Unpacked = () => {},
): Promise<Decompressed> {
  const window = kind === 'zstd' ? zstdWindow(source.read(0, 18)) : 0;
  if (window > 2 ** MAX_WINDOW_LOG2)
    throw new ImageError(
      source.name,
      `zstd data that needs a window of ${hex(window)} bytes; up to 2^${MAX_WINDOW_LOG2} is read`,
      4,
    );
  const decode = {
    gzip: streamed(() => zlib.createGunzip({ chunkSize: OUTPUT_CHUNK })),
    zstd: zstd(),
    xz: unxz,
  }[kind];
  const spill = new Spill(limits, source.name);
  const input = new Input(source);
  const remarks: Remark[] = [];
  try {
    for await (const chunk of decode(input)) {
      spill.write(chunk);
      if (spill.full) break;
      unpacked(input.offset, source.size);
    }
  } catch (cause) {
    if (cause instanceof ImageError) {
      spill.discard();
      throw cause;
    }
    if (spill.size === 0) {
      spill.discard();
      throw new ImageError(
        source.name,
        isOurs(cause)
          ? `the reader of ${kind} failed, which says nothing about the data: ${(cause as Error).message}`
          : `damaged ${kind} data: ${(cause as Error).message}`,
        input.offset,
        cause,
      );
    }
    const what = isOurs(cause) ? `the reader of ${kind} failed` : `the ${kind} data is damaged or cut`;
    const text = `${what} (${(cause as Error).message}): ${hex(spill.size)} bytes came out before`;
    remarks.push({ id: 'compression', severity: 'warning', text, offset: input.offset });
  }
  if (spill.full) {
    const text = `more than ${hex(spill.size)} bytes come out of the ${kind} data: the image is cut there`;
    remarks.push({ id: 'output-limit', severity: 'warning', text });
  }
  return { ...spill.finish(source.name), remarks };
}
