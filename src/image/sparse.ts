/** Files with holes: zeros are not written. */
import { writeSync } from 'node:fs';
import type { Bytes } from './frames.ts';

const HOLE = new Uint8Array(64 * 1024);

/** Write bytes but blocks of zeros, which stay holes: a bomb of zeros costs no disk. The size is for `ftruncate` to set. */
export function writeSparse(fd: number, bytes: Uint8Array, at: Bytes): void {
  for (let from = 0; from < bytes.length; from += HOLE.length) {
    const block = bytes.subarray(from, from + HOLE.length);
    if (Buffer.compare(block, HOLE.subarray(0, block.length)) === 0) continue;
    for (let done = 0; done < block.length; )
      done += writeSync(fd, block, done, block.length - done, at + from + done);
  }
}
