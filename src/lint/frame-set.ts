/**
 * A set of page frames, kept as runs in bounded memory: ten million scattered frames take 80 MB, ten million that lie
 * together take nothing. Frames are numbers below 2^40.
 */
import type { FrameRange } from '../image/address-space.ts';
import type { Frame } from '../image/frames.ts';

/** A short run is one exact number: its first frame, and in the low bits its length less one. */
const SHORT = 8192;
const FIRST_ROOM = 4096;

export class FrameSet {
  #short = new Float64Array(FIRST_ROOM);
  #count = 0;
  /** So many of the first ones are in order. */
  #sorted = 0;
  #long: FrameRange[] = [];
  /** Long runs at which they are joined again. */
  #longRoom = FIRST_ROOM;
  readonly #limit: number;
  /** Frames that did not fit the limit were left out. */
  full = false;

  /** @param limit runs kept at most */
  constructor(limit = 2 ** 24) {
    this.#limit = limit;
  }

  /** Frames `frame` to `frame + frames`, end exclusive. */
  add(frame: Frame, frames: Frame): void {
    if (this.full) return;
    if (frames > SHORT) {
      this.#long.push({ frame, end: frame + frames });
      if (this.#long.length >= this.#longRoom) this.#joinLong();
      return;
    }
    if (this.#count === this.#short.length) this.#makeRoom();
    if (!this.full) this.#short[this.#count++] = frame * SHORT + frames - 1;
  }

  /** Runs in order, disjoint, never touching. */
  *runs(): Generator<FrameRange> {
    this.#join();
    this.#joinLong();
    const long = this.#long;
    let next = 0;
    let open: { frame: Frame; end: Frame } | undefined;
    const take = function* (run: FrameRange): Generator<FrameRange> {
      if (open && run.frame <= open.end) open.end = Math.max(open.end, run.end);
      else {
        if (open) yield open;
        open = { frame: run.frame, end: run.end };
      }
    };
    for (let i = 0; i < this.#count; i++) {
      const run = unpack(this.#short[i] as number);
      while (next < long.length && (long[next] as FrameRange).frame <= run.frame)
        yield* take(long[next++] as FrameRange);
      yield* take(run);
    }
    while (next < long.length) yield* take(long[next++] as FrameRange);
    if (open) yield open;
  }

  #makeRoom(): void {
    this.#join();
    if (this.#count * 2 <= this.#short.length) return;
    if (this.#short.length * 2 > this.#limit) {
      this.full = this.#count > this.#short.length * 0.9; // what little room is left is not worth another sort
      return;
    }
    const wider = new Float64Array(this.#short.length * 2);
    wider.set(this.#short.subarray(0, this.#count));
    this.#short = wider;
  }

  /** Sort the short runs and join those that touch. */
  #join(): void {
    this.#sort();
    const short = this.#short;
    let kept = 0;
    let frame = 0;
    let end = -1;
    const close = (): void => {
      if (end < 0) return;
      if (end - frame > SHORT) this.#long.push({ frame, end });
      else short[kept++] = frame * SHORT + (end - frame) - 1;
    };
    for (let i = 0; i < this.#count; i++) {
      const run = unpack(short[i] as number);
      if (run.frame <= end) end = Math.max(end, run.end);
      else {
        close();
        frame = run.frame;
        end = run.end;
      }
    }
    close();
    this.#count = kept;
    this.#sorted = kept;
  }

  /** Those added since the last time, sorted and merged with the others: sorting everything again costs three times as much. */
  #sort(): void {
    const short = this.#short;
    let at = Math.max(1, this.#sorted);
    while (at < this.#count && (short[at - 1] as number) <= (short[at] as number)) at++;
    if (at >= this.#count) return;
    const added = short.slice(this.#sorted, this.#count).sort();
    let i = this.#sorted - 1;
    for (let j = added.length - 1, to = this.#count - 1; j >= 0; to--) {
      const last = added[j] as number;
      if (i >= 0 && (short[i] as number) > last) short[to] = short[i--] as number;
      else {
        short[to] = last;
        j--;
      }
    }
  }

  #joinLong(): void {
    const joined: { frame: Frame; end: Frame }[] = [];
    for (const run of this.#long.sort((a, b) => a.frame - b.frame)) {
      const last = joined.at(-1);
      if (last && run.frame <= last.end) last.end = Math.max(last.end, run.end);
      else joined.push({ frame: run.frame, end: run.end });
    }
    this.#long = joined;
    this.#longRoom = Math.max(FIRST_ROOM, joined.length * 2);
    if (joined.length > this.#limit / 8) this.full = true;
  }
}

const unpack = (packed: number): FrameRange => {
  const frame = Math.floor(packed / SHORT);
  return { frame, end: frame + (packed - frame * SHORT) + 1 };
};
