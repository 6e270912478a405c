/** Files as byte sources. One of the few places that knows `node:fs`. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { ImageError } from './errors.ts';
import type { Bytes } from './frames.ts';
import type { ByteSource } from './source.ts';

/** An open file, read at offsets; never whole. Offsets and sizes up to 2^53. */
export class FileSource implements ByteSource {
  readonly name: string;
  readonly size: Bytes;
  readonly #fd: number;
  #open = true;

  /** Takes over `fd`; `size` where the caller knows better than fstat. */
  constructor(fd: number, name: string, size = fstatSync(fd).size) {
    this.#fd = fd;
    this.name = name;
    this.size = size;
  }

  read(offset: Bytes, length: Bytes): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    return bytes.subarray(0, this.readInto(offset, bytes));
  }

  readInto(offset: Bytes, target: Uint8Array): number {
    if (!this.#open) throw new ImageError(this.name, 'read after the image was closed', offset);
    let done = 0;
    while (done < target.length && offset + done < this.size) {
      let got: number;
      try {
        got = readSync(this.#fd, target, done, target.length - done, offset + done);
      } catch (cause) {
        throw new ImageError(this.name, `cannot be read: ${(cause as Error).message}`, offset + done, cause);
      }
      if (got === 0) break;
      done += got;
    }
    return done;
  }

  close(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }
}

/**
 * Open a regular file or a block device; `closers` gets what closes it.
 * @param name how sentences call it
 * @throws ImageError naming the file and what the system says.
 */
export function openFile(path: string, closers: (() => void)[], name = path): FileSource {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const said: Record<string, string> = { ENOENT: 'there is no such file', EACCES: 'may not be read' };
    throw new ImageError(name, said[code ?? ''] ?? message, undefined, cause);
  }
  const stat = fstatSync(fd);
  if (!stat.isFile() && !stat.isBlockDevice()) {
    closeSync(fd);
    throw new ImageError(name, 'is not a regular file');
  }
  const source = new FileSource(fd, name, stat.size);
  closers.push(() => source.close());
  return source;
}
