/**
 * makedumpfile's flattened form: a file written in pieces, for a pipe that cannot seek. `makedumpfile -F` and QEMU's
 * `dump-guest-memory -z` write it. It is read in place, as if `makedumpfile -R` had put it together.
 */
import { counted } from '../bits/counted.ts';
import { firstNot } from '../bits/search.ts';
import { ImageError, type Remarks } from './errors.ts';
import type { Bytes } from './frames.ts';
import type { ByteSource } from './source.ts';

const SIGNATURE = 'makedumpfile\0\0\0\0';
const HEADER_BYTES = 4096;
const RECORD_BYTES = 16;
/** Pieces that are kept track of, 24 bytes each: QEMU writes 16 KiB per piece, so this is a dump of 128 GiB. */
const MAX_PIECES = 1 << 23;
/** Nothing that is written lies beyond: offsets above are damage. */
const MAX_OFFSET = 2 ** 50;

export const isFlattened = (head: Uint8Array): boolean =>
  String.fromCharCode(...head.subarray(0, 16)) === SIGNATURE;

/** A growing list of numbers. */
class Column {
  #values = new Float64Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = new Float64Array(this.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length++] = value;
  }

  done(): Float64Array {
    return this.#values.subarray(0, this.length);
  }
}

interface Pieces {
  /** Where each piece belongs, ascending. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** Where its bytes lie in the flattened file. */
  readonly place: Float64Array;
}

/** The file that the pieces make up. Gaps read as zero, as they do in the rearranged file. */
export class FlattenedSource implements ByteSource {
  readonly name: string;
  readonly size: Bytes;
  readonly #source: ByteSource;
  readonly #pieces: Pieces;

  constructor(source: ByteSource, remarks: Remarks) {
    this.name = source.name;
    this.#source = source;
    this.#pieces = inOrder(readPieces(source, remarks));
    this.size = this.#pieces.end.at(-1) ?? 0;
    if (this.size === 0) throw new ImageError(source.name, 'the flattened file holds no data', HEADER_BYTES);
  }

  read(offset: Bytes, length: Bytes): Uint8Array {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    return bytes.subarray(0, this.readInto(offset, bytes));
  }

  readInto(offset: Bytes, target: Uint8Array): number {
    const length = Math.max(0, Math.min(target.length, this.size - offset));
    const { start, end, place } = this.#pieces;
    target.fill(0, 0, length);
    let low = firstNot(end.length, i => (end[i] as number) <= offset);
    for (; low < start.length && (start[low] as number) < offset + length; low++) {
      const from = Math.max(start[low] as number, offset);
      const to = Math.min(end[low] as number, offset + length);
      this.#source.readInto(
        (place[low] as number) + from - (start[low] as number),
        target.subarray(from - offset, to - offset),
      );
    }
    return length;
  }
}

function readPieces(source: ByteSource, remarks: Remarks): Pieces {
  const start = new Column();
  const end = new Column();
  const place = new Column();
  let at = HEADER_BYTES;
  while (true) {
    const head = source.read(at, RECORD_BYTES);
    if (head.length < RECORD_BYTES) {
      remarks.warn('truncated', 'the flattened file ends without its end mark', source.size);
      break;
    }
    const view = new DataView(head.buffer, head.byteOffset, RECORD_BYTES);
    const offset = view.getBigInt64(0);
    const size = view.getBigInt64(8);
    if (offset === -1n) break;
    if (offset < 0n || size < 0n || offset + size > BigInt(MAX_OFFSET)) {
      remarks.warn(
        'damaged',
        'a piece of the flattened file has an impossible place; what follows is left out',
        at,
      );
      break;
    }
    if (start.length === MAX_PIECES) {
      remarks.warn('pieces', `more than ${counted(MAX_PIECES, 'piece')}: what follows is left out`, at);
      break;
    }
    const held = Math.min(Number(size), source.size - at - RECORD_BYTES);
    if (held > 0) {
      start.push(Number(offset));
      end.push(Number(offset) + held);
      place.push(at + RECORD_BYTES);
    }
    at += RECORD_BYTES + Number(size);
  }
  return { start: start.done(), end: end.done(), place: place.done() };
}

/** Ascending and disjoint: where pieces overlap, the one written later holds, as it does when they are written to a file. */
function inOrder({ start, end, place }: Pieces): Pieces {
  const order = Uint32Array.from(start, (_, i) => i).sort(
    (a, b) => (start[a] as number) - (start[b] as number) || a - b,
  );
  const out = { start: new Column(), end: new Column(), place: new Column() };
  const active = new LatestFirst();
  for (let next = 0, at = 0; next < order.length || active.top !== undefined; ) {
    if (active.top === undefined) at = start[order[next] as number] as number;
    while (next < order.length && (start[order[next] as number] as number) <= at)
      active.push(order[next++] as number);
    while (active.top !== undefined && (end[active.top] as number) <= at) active.pop();
    const top = active.top;
    if (top === undefined) continue;
    const until = Math.min(
      end[top] as number,
      next < order.length ? (start[order[next] as number] as number) : Number.POSITIVE_INFINITY,
    );
    out.start.push(at);
    out.end.push(until);
    out.place.push((place[top] as number) + at - (start[top] as number));
    at = until;
  }
  return { start: out.start.done(), end: out.end.done(), place: out.place.done() };
}

/** A heap of piece numbers, the highest on top. */
class LatestFirst {
  readonly #heap: number[] = [];

  get top(): number | undefined {
    return this.#heap[0];
  }

  push(value: number): void {
    const heap = this.#heap;
    let at = heap.push(value) - 1;
    for (let up = (at - 1) >> 1; at > 0 && (heap[up] as number) < value; up = (at - 1) >> 1) {
      heap[at] = heap[up] as number;
      at = up;
    }
    heap[at] = value;
  }

  pop(): void {
    const heap = this.#heap;
    const value = heap.pop() as number;
    if (heap.length === 0) return;
    let at = 0;
    for (let down = 1; down < heap.length; down = 2 * at + 1) {
      if ((heap[down + 1] ?? -1) > (heap[down] as number)) down++;
      if ((heap[down] as number) <= value) break;
      heap[at] = heap[down] as number;
      at = down;
    }
    heap[at] = value;
  }
}
