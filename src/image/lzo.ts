/**
 * LZO1X, as makedumpfile -l and QEMU's kdump-lzo write it.
 *
 * Decompression is otherwise left to libraries. For LZO there is none to leave it to: what the registry has is native code that
 * compiles at install time, a GPL port, or a WebAssembly build for threads in a browser that reads past its input. The decoder is small,
 * so it stands here, written from the description in Linux's Documentation/staging/lzo.rst and held against liblzo2's own output.
 */

/** What a damaged block answers. */
export class LzoError extends Error {
  override readonly name = 'LzoError';
}

/** End of stream is a copy from exactly this far back. */
const END_DISTANCE = 16384;

/**
 * Decompress one LZO1X block.
 * @param size the bytes that come out; a block that holds more or less is damaged
 * @throws LzoError
 */
export function lzo1xDecompress(input: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let from = 0;
  let to = 0;
  /** How many literals the last instruction left: decides what the opcodes 0 to 15 mean. */
  let state = 0;

  const next = (): number => {
    const byte = input[from++];
    if (byte === undefined) throw new LzoError('the LZO block ends inside an instruction');
    return byte;
  };
  /** A length that did not fit into its bits: zero bytes count 255 each, the first other byte ends it. */
  const longer = (bits: number): number => {
    let length = bits;
    for (let byte = next(); ; byte = next()) {
      if (byte !== 0) return length + byte;
      length += 255;
      if (length > size) throw new LzoError('the LZO block names a length beyond its output');
    }
  };
  const literals = (count: number): void => {
    if (from + count > input.length || to + count > size)
      throw new LzoError('literals run over the end of the LZO block');
    out.set(input.subarray(from, from + count), to);
    from += count;
    to += count;
  };
  const copy = (distance: number, length: number): void => {
    if (distance > to || to + length > size) throw new LzoError('a copy runs over the edge of the LZO block');
    // Byte by byte: source and target may overlap, which repeats a pattern.
    for (const end = to + length; to < end; to++) out[to] = out[to - distance] as number;
  };

  const first = input[0] ?? 0;
  if (first > 17) {
    from = 1;
    literals(first - 17);
    state = Math.min(first - 17, 4);
  }
  while (true) {
    const op = next();
    let tail: number;
    if (op >= 64) {
      // 1LLDDDSS: 5 to 8 bytes, 01LDDDSS: 3 or 4 bytes, from up to 2 KiB back.
      copy((next() << 3) + ((op >> 2) & 7) + 1, (op >> 5) + 1);
      tail = op & 3;
    } else if (op >= 16) {
      // 001LLLLL from up to 16 KiB back, 0001HLLL from 16 to 48 KiB back; distance and tail in a 16-bit word behind.
      const near = op >= 32;
      const mask = near ? 31 : 7;
      const length = 2 + (op & mask || longer(mask));
      const word = next() | (next() << 8);
      const distance = near ? (word >> 2) + 1 : END_DISTANCE + ((op & 8) << 11) + (word >> 2);
      if (!near && distance === END_DISTANCE) break;
      copy(distance, length);
      tail = word & 3;
    } else if (state === 0) {
      literals(3 + (op || longer(15)));
      state = 4;
      continue;
    } else {
      // 0000DDSS behind 1 to 3 literals: 2 bytes from up to 1 KiB; behind a run of them: 3 bytes from 2 to 3 KiB.
      const run = state === 4;
      copy((next() << 2) + (op >> 2) + (run ? 2049 : 1), run ? 3 : 2);
      tail = op & 3;
    }
    literals(tail);
    state = tail;
  }
  if (to !== size) throw new LzoError(`the LZO block holds ${to} bytes, not ${size}`);
  return out;
}
