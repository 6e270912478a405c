/** Where bytes come from. Everything that understands a format works on this, so that it runs in a browser too. */
import type { Bytes } from './frames.ts';

/** A file, or something that can be read like one. */
export interface ByteSource {
  /** How the caller knows it: a path, or a made-up name for bytes in memory. Used in sentences. */
  readonly name: string;
  /** Bytes. */
  readonly size: Bytes;
  /** Up to `length` bytes at `offset`; fewer only where the source ends. The view must not be written to. */
  read(offset: Bytes, length: Bytes): Uint8Array;
  /** Like `read`, but into `target`; answers how many bytes were there. */
  readInto(offset: Bytes, target: Uint8Array): number;
  /** All of it, where it lies in memory anyway: pages are then views, not copies. */
  readonly bytes?: Uint8Array;
}

/** Bytes in memory as a source. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, name = 'bytes') {
    this.bytes = bytes;
    this.name = name;
  }

  get size(): number {
    return this.bytes.length;
  }

  read(offset: Bytes, length: Bytes): Uint8Array {
    return this.bytes.subarray(Math.min(offset, this.size), Math.min(offset + length, this.size));
  }

  readInto(offset: Bytes, target: Uint8Array): number {
    const part = this.read(offset, target.length);
    target.set(part);
    return part.length;
  }
}
