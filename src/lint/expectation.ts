/** What somebody says a second stage should permit: ranges of guest addresses with rights, read from text. */
import { type Frame, frameAt, frameHex, frameUp } from '../image/frames.ts';
import type { Expected } from './rule.ts';

/** Text that is no expectation; the sentence says what would be. */
export class ExpectationError extends Error {
  override name = 'SettingError';
}

interface Piece {
  readonly frame: Frame;
  readonly end: Frame;
  readonly expected: Expected;
}

const RANGE = /^(0x[0-9a-f]+|\d+)\s*(?:(-|\.\.)\s*(0x[0-9a-f]+|\d+)|\+\s*(0x[0-9a-f]+|\d+)([kmgt]?))$/i;
const UNIT: Readonly<Record<string, bigint>> = { '': 0n, k: 10n, m: 20n, g: 30n, t: 40n };

/**
 * `0x40000000-0x7fffffff=rwx`, `0x9000000+4K=rw-`, `*=---`: the last byte belongs to a range, `*` is everything else.
 * Pieces are separated by commas or lines; `#` begins a remark.
 * @throws ExpectationError for anything else.
 */
export class Expectation {
  readonly #pieces: readonly Piece[];
  readonly #rest: Expected | undefined;
  #last = 0;

  constructor(text: string) {
    const pieces: Piece[] = [];
    let rest: Expected | undefined;
    const parts = text
      .split(/[\n,]/)
      .map(part => part.replace(/#.*/, '').trim())
      .filter(part => part !== '');
    if (parts.length === 0)
      throw new ExpectationError('there is no expectation: write 0x40000000-0x7fffffff=rwx');
    for (const part of parts) {
      const [range = '', perm = ''] = part.split('=').map(side => side.trim());
      const expected = rightsOf(perm, part);
      if (range === '*') rest = expected;
      else pieces.push({ ...framesOf(range, part), expected });
    }
    pieces.sort((a, b) => a.frame - b.frame);
    pieces.forEach((piece, i) => {
      const next = pieces[i + 1];
      if (next && next.frame < piece.end)
        throw new ExpectationError(
          `two expectations for the page at ${frameHex(next.frame)}: ranges must not overlap`,
        );
    });
    this.#pieces = pieces;
    this.#rest = rest;
  }

  /** What is expected at an input frame, and up to which frame that holds. */
  at(frame: Frame): { readonly until: Frame; readonly expected: Expected | undefined } {
    const last = this.#pieces[this.#last];
    if (!last || frame < last.frame || frame >= last.end) {
      const found = this.#pieces.findIndex(({ end }) => end > frame);
      this.#last = found < 0 ? this.#pieces.length : found;
    }
    const piece = this.#pieces[this.#last];
    if (!piece) return { until: Number.POSITIVE_INFINITY, expected: this.#rest };
    if (piece.frame > frame) return { until: piece.frame, expected: this.#rest };
    return { until: piece.end, expected: piece.expected };
  }
}

function rightsOf(perm: string, part: string): Expected {
  const match = /^([r-])([w-])([x-])$/i.exec(perm);
  if (!match) throw new ExpectationError(`'${part}' does not end in rights such as =rwx, =r-- or =---`);
  const [, r, w, x] = match;
  return { perm: perm.toLowerCase(), r: r !== '-', w: w !== '-', x: x !== '-' };
}

function framesOf(range: string, part: string): { readonly frame: Frame; readonly end: Frame } {
  const match = RANGE.exec(range);
  if (!match)
    throw new ExpectationError(`'${part}' is no range: write 0x40000000-0x7fffffff=rwx or 0x9000000+4K=rw-`);
  const [, from = '', , last, size, unit = ''] = match;
  const start = BigInt(from);
  const end =
    last === undefined ? start + (BigInt(size ?? 0) << (UNIT[unit.toLowerCase()] ?? 0n)) : BigInt(last) + 1n;
  if (end <= start) throw new ExpectationError(`'${part}' ends before it begins`);
  return { frame: frameAt(start), end: frameUp(end) };
}
