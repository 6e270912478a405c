/** What comes through a pipe, in a temporary file of which nothing is left behind. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSparse } from '../image/sparse.ts';
import { sizeText } from '../report/size.ts';
import { InputError } from './trouble.ts';

/** A temporary file that can be opened by its path. */
export interface Spooled {
  readonly path: string;
  /** Its bytes. */
  readonly spooled: number;
  close(): void;
}

/**
 * Take all of it.
 *
 * @throws InputError where there is nothing, more than `most` bytes, or no room
 */
export function spool(chunks: Iterable<Uint8Array>, name: string, most: bigint): Spooled {
  const { fd, path, close } = temporary();
  let size = 0;
  try {
    for (const chunk of chunks) {
      if (BigInt(size + chunk.length) > most)
        throw new InputError(
          `${name}: more than ${sizeText(most)} come through the pipe: --spool SIZE takes more, or write it to a file first`,
        );
      writeSparse(fd, chunk, size);
      size += chunk.length;
    }
    if (size === 0) throw new InputError(`${name}: nothing came through the pipe`);
    ftruncateSync(fd, size);
  } catch (error) {
    close();
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new InputError(
      `${name}: no room in ${tmpdir()} for what comes through the pipe (${sizeText(size)} so far): TMPDIR chooses another folder`,
    );
  }
  return { path, spooled: size, close };
}

/**
 * A temporary file. Where the system can open it by its descriptor, its name goes at once: however the process ends, on
 * Ctrl-C or killed, nothing is left. Elsewhere the name goes with `close`, at the latest when the process exits.
 */
function temporary(): { readonly fd: number; readonly path: string; close(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'memattr-'));
  const path = join(folder, 'spool');
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const fd = openSync(path, 'wx+', 0o600);
  const byDescriptor = `/dev/fd/${fd}`;
  if (sameFile(byDescriptor, path)) {
    unlinkSync(path);
    remove();
    return { fd, path: byDescriptor, close: () => closeSync(fd) };
  }
  process.once('exit', remove);
  return {
    fd,
    path,
    close() {
      closeSync(fd);
      process.off('exit', remove);
      remove();
    },
  };
}

function sameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map(path => statSync(path, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev && a.isFile();
}
