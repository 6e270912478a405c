/**
 * Two maps of input addresses side by side: what appeared, vanished, moved, changed.
 *
 * Both sides are ranges in input order, whatever they come from: a walk, two stages put together, another tool's text. What
 * a range says is a set of named values; a tool's text says less than a walk, and only what both say is compared.
 */
import type { Frame } from '../image/frames.ts';

/** A range of one side. */
export interface Side {
  readonly input: Frame;
  readonly frames: Frame;
  /** First output frame; undefined where the source does not say. */
  readonly output?: Frame;
  /** What it says, by name. */
  readonly says: Readonly<Record<string, string>>;
}

export type Change = 'appeared' | 'vanished' | 'moved' | 'changed';
export const CHANGES: readonly Change[] = ['appeared', 'vanished', 'moved', 'changed'];

/** A run of input addresses with one difference. */
export interface Difference {
  readonly change: Change;
  readonly input: Frame;
  readonly frames: Frame;
  readonly before?: Place;
  readonly after?: Place;
  /** Values that differ, with both; what moved may also have changed. */
  readonly values: Readonly<Record<string, readonly [before: string, after: string]>>;
}

export interface Place {
  readonly output?: Frame;
  readonly says: Readonly<Record<string, string>>;
}

export interface DiffOptions {
  /** Names of values that do not count; `output` for where it leads. */
  readonly ignore?: (name: string) => boolean;
}

/** What is compared where one side does not say: nothing. */
type Values = Record<string, readonly [string, string]>;

/** Every difference, coalesced, in input order. Ranges of a side must not overlap each other. */
export function* differences(
  first: Iterable<Side>,
  second: Iterable<Side>,
  { ignore = () => false }: DiffOptions = {},
): Generator<Difference> {
  const a = new Cursor(first);
  const b = new Cursor(second);
  const run = new Run(ignore);
  while (a.side || b.side) {
    const start = Math.min(a.start, b.start);
    if (a.side && a.start === start && b.start > start) {
      const frames = Math.min(a.end, b.start) - start;
      yield* run.add('vanished', start, frames, a.place(), undefined, {});
      a.skip(frames);
    } else if (b.side && b.start === start && a.start > start) {
      const frames = Math.min(b.end, a.start) - start;
      yield* run.add('appeared', start, frames, undefined, b.place(), {});
      b.skip(frames);
    } else {
      const frames = Math.min(a.end, b.end) - start;
      const before = a.place();
      const after = b.place();
      const values = compare(before.says, after.says, ignore);
      const moved =
        before.output !== undefined &&
        after.output !== undefined &&
        before.output !== after.output &&
        !ignore('output');
      if (moved) yield* run.add('moved', start, frames, before, after, values);
      else if (Object.keys(values).length > 0)
        yield* run.add('changed', start, frames, before, after, values);
      a.skip(frames);
      b.skip(frames);
    }
  }
  yield* run.end();
}

function compare(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  ignore: (name: string) => boolean,
): Values {
  if (before === after) return {};
  const values: Values = {};
  for (const name of Object.keys(before)) {
    const one = before[name];
    const other = after[name];
    if (one !== undefined && other !== undefined && one !== other && !ignore(name))
      values[name] = [one, other];
  }
  return values;
}

/** The ranges of one side, of which a part may be used up. */
class Cursor {
  readonly #sides: Iterator<Side>;
  side: Side | undefined;
  start = Number.POSITIVE_INFINITY;
  end = Number.POSITIVE_INFINITY;

  constructor(sides: Iterable<Side>) {
    this.#sides = sides[Symbol.iterator]();
    this.#next();
  }

  /** What stands at the start of what is left. */
  place(): Place {
    const { output, input, says } = this.side as Side;
    return { says, ...(output === undefined ? {} : { output: output + this.start - input }) };
  }

  skip(frames: Frame): void {
    this.start += frames;
    if (this.start >= this.end) this.#next();
  }

  #next(): void {
    const { value, done } = this.#sides.next();
    this.side = done ? undefined : value;
    this.start = this.side ? this.side.input : Number.POSITIVE_INFINITY;
    this.end = this.side ? this.side.input + this.side.frames : Number.POSITIVE_INFINITY;
  }
}

/** The difference that may still go on. */
class Run {
  readonly #ignore: (name: string) => boolean;
  #held: { -readonly [K in keyof Difference]: Difference[K] } | undefined;
  #key = '';

  constructor(ignore: (name: string) => boolean) {
    this.#ignore = ignore;
  }

  /** What is there on one side only is told apart by all that counts. */
  #oneSided(place: Place | undefined): unknown {
    return place && Object.entries(place.says).filter(([name]) => !this.#ignore(name));
  }

  *add(
    change: Change,
    input: Frame,
    frames: Frame,
    before: Place | undefined,
    after: Place | undefined,
    values: Values,
  ): Generator<Difference> {
    const one = change === 'appeared' ? after : change === 'vanished' ? before : undefined;
    const key = JSON.stringify([change, values, this.#oneSided(one)]);
    const held = this.#held;
    if (
      held &&
      key === this.#key &&
      held.input + held.frames === input &&
      goesOn(held.before, before, held.frames) &&
      goesOn(held.after, after, held.frames)
    ) {
      held.frames += frames;
      return;
    }
    yield* this.end();
    this.#key = key;
    this.#held = {
      change,
      input,
      frames,
      ...(before ? { before } : {}),
      ...(after ? { after } : {}),
      values,
    };
  }

  *end(): Generator<Difference> {
    if (this.#held) yield this.#held;
    this.#held = undefined;
  }
}

/** Does the output go on where it left off? */
const goesOn = (held: Place | undefined, next: Place | undefined, frames: Frame): boolean =>
  held?.output === undefined || next?.output === undefined
    ? held?.output === next?.output
    : held.output + frames === next.output;
