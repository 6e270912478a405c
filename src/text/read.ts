/**
 * Reading pasted text: chunks in, items out.
 *
 * A console log holds several formats. The format of the whole is chosen from a sample; after that each line goes to the
 * reader that took the line before, then to the chosen one, then to every other whose form proves itself alone. What
 * nobody takes is counted.
 */
import { type Candidate, detect, SAMPLE_CHARACTERS, SAMPLE_LINES } from './detect.ts';
import { bareWords } from './formats/bare-words.ts';
import { recogniserById, recognisers } from './formats/index.ts';
import { indentOf, joined, type Line, LineSplitter } from './lines.ts';
import { type Unmark, unmarking } from './marks.ts';
import type { Item, ItemBody, Part, Recognised, Remark } from './model.ts';
import { isQuotedPrintable, QuotedPrintable } from './quoted-printable.ts';
import type { Reader, ReadOptions, Recogniser, Sink } from './recogniser.ts';

export interface TextOptions extends ReadOptions {
  /** Id of a recogniser: nothing else is tried. */
  readonly as?: string;
  /** Called for each item, in the order of the text. Throwing stops the reading. */
  readonly onItem: (item: Item) => void;
}

/** A name that no recogniser has. */
export class UnknownFormatError extends Error {
  override name = 'UnknownFormatError';
}

/** Distinct remarks kept; a hostile text could make one per line. */
const REMARKS = 64;
const UNKNOWN_SAMPLES = 5;

/** A line whose end is missing, as it was offered, and who knows its form. */
interface Torn {
  readonly line: Line;
  readonly by: Active;
}
interface Held {
  readonly line: Line;
  readonly torn?: Torn;
}

/** A line broken by a mail program leaves at least this much, unless it ends in what cannot end a line. */
const BROKEN = 32;
/** A terminal breaks lines within numbers too. */
const NUMBER_AT_END = /(?:^|[\s=(:])(?:0x)?[0-9a-f]{1,16}$/;
const NUMBER_AT_START = /^\s*[0-9a-f]{1,16}(?![0-9a-zA-Z_])/;

interface Active {
  readonly recogniser: Recogniser;
  readonly reader: Reader;
  lines: number;
  items: number;
}

/**
 * Push chunks of text with `write`, then call `end`. Memory is bounded by the sample and by what a reader must hold back
 * (one walk, one row), not by the text.
 *
 * @throws UnknownFormatError where `as` names no recogniser.
 */
export class TextReader {
  readonly #options: TextOptions;
  readonly #splitter = new LineSplitter();
  readonly #forced: Recogniser | undefined;
  #sample: Line[] | undefined = [];
  #sampleSize = 0;
  #readers = new Map<string, Active>();
  #order: Recogniser[] = [];
  #trusted: string | undefined;
  /** Formats that are believed beside the one that was chosen. */
  #beside: readonly string[] = [];
  #current: Active | undefined;
  /** What indents the listing that is being read: indentation that means something is relative to it. */
  #base = 0;
  /** The line before was understood. */
  #inside = false;
  /** A line that nobody understood, or whose end is missing: the next may complete it. */
  #held: Held | undefined;
  #quoted: QuotedPrintable | undefined;
  /** Takes off what somebody put in front of every line. */
  #unmark: Unmark | undefined;
  #lines = 0;
  #unknown = 0;
  #groups = 0;
  readonly #samples: { line: number; text: string }[] = [];
  readonly #remarks = new Map<string, { kind: Remark['kind']; line?: number; count: number }>();
  #remarksLost = 0;

  constructor(options: TextOptions) {
    this.#options = options;
    if (options.as !== undefined) {
      this.#forced = recogniserById(options.as);
      if (!this.#forced)
        throw new UnknownFormatError(
          `'${options.as}' is no text format; there are ${recognisers.map(({ id }) => id).join(', ')}`,
        );
    }
  }

  write(chunk: string): void {
    for (const line of this.#splitter.push(chunk)) this.#take(line);
  }

  end(): Recognised {
    for (const line of this.#splitter.end()) this.#take(line);
    if (this.#sample) this.#begin();
    const rest = this.#quoted?.end();
    if (rest) this.#read(rest);
    this.#release();
    for (const { reader } of this.#readers.values()) reader.end();
    if (this.#remarksLost > 0)
      this.#remark('trouble', `${this.#remarksLost} more remarks are not shown`, undefined);
    const parts: Part[] = [...this.#readers.values()]
      .filter(({ lines }) => lines > 0)
      .map(({ recogniser: { id, title }, lines, items }) => ({ id, title, lines, items }))
      // A part that gave nothing (stray headings) does not name the text.
      .sort((a, b) => Number(b.items > 0) - Number(a.items > 0) || b.lines - a.lines);
    return {
      parts,
      lines: this.#lines,
      unknown: this.#unknown,
      unknownSamples: this.#samples,
      remarks: [...this.#remarks].map(([text, rest]) => ({ text, ...rest })),
    };
  }

  #take(line: Line): void {
    if (!this.#sample) {
      this.#decoded(line);
      return;
    }
    this.#sample.push(line);
    this.#sampleSize += line.text.length;
    if (this.#sample.length >= SAMPLE_LINES || this.#sampleSize >= SAMPLE_CHARACTERS) this.#begin();
  }

  /** The sample is complete: choose, and read it. */
  #begin(): void {
    const sample = this.#sample ?? [];
    this.#sample = undefined;
    if (isQuotedPrintable(sample)) this.#quoted = new QuotedPrintable();
    else if (!this.#forced) this.#unmark = unmarking(sample);
    let ranked: readonly Candidate[] = [];
    if (!this.#forced) {
      const unmark = this.#unmark;
      ranked = detect(this.#quoted ? decodedLines(sample) : unmark ? sample.map(unmark) : sample);
    }
    const first = this.#forced ?? ranked[0]?.recogniser;
    this.#trusted = first?.id;
    this.#beside = this.#forced
      ? []
      : [...(first?.beside ?? []), ...(first?.wordsBeside === true ? [bareWords.id] : [])];
    this.#order = this.#forced
      ? [this.#forced]
      : [
          ...ranked.map(({ recogniser }) => recogniser),
          ...recognisers.filter(one => !ranked.some(({ recogniser }) => recogniser === one)),
        ];
    for (const line of sample) this.#decoded(line);
  }

  #decoded(line: Line): void {
    const whole = this.#quoted ? this.#quoted.take(line) : line;
    if (whole) this.#read(this.#unmark ? this.#unmark(whole) : whole);
  }

  #read(line: Line): void {
    if (line.text === '') return;
    this.#lines++;
    if (line.piece === 'first')
      this.#remark('trouble', 'lines longer than 16384 characters are read in pieces', line);
    if (this.#held && this.#completes(this.#held, line)) return;
    this.#release();
    const taken = this.#try(line);
    if (line.prompt !== undefined) this.#inside = false; // what a command prints has an indentation of its own
    if (taken !== true) this.#held = { line, ...(taken ? { torn: taken } : {}) };
  }

  /** Is this the second half of the line before? */
  #completes({ line: first, torn }: Held, line: Line): boolean {
    if (line.stamped || line.piece || first.piece || line.number !== first.number + 1) return false;
    if (!torn && first.raw.length < BROKEN) return false;
    // rows of a listing begin alike, and the second half of one does not
    if (torn && first.text.slice(0, 2) === line.text.slice(0, 2)) return false;
    const inNumber = NUMBER_AT_END.test(first.text) && NUMBER_AT_START.test(line.text);
    const ways = [
      ...(line.barred ? ([' | '] as const) : []),
      ...(inNumber ? ([''] as const) : []),
      ' ',
    ] as const;
    for (const between of ways) {
      const whole = this.#try(joined(first, line, between), 2);
      if (whole === undefined || (whole !== true && !this.#ends(whole, 2))) continue;
      this.#held = undefined;
      return true;
    }
    return false;
  }

  /** Nothing completes the line that was held. */
  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (!held) return;
    const { line, torn } = held;
    if (torn && this.#ends(torn, 1)) return;
    this.#inside = false;
    this.#unknown++;
    if (this.#samples.length < UNKNOWN_SAMPLES)
      this.#samples.push({ line: line.number, text: line.text.slice(0, 100) });
  }

  /** Offers a torn line to who knows it, as all that there is. */
  #ends({ line, by }: Torn, lines: number): boolean {
    if (this.#offer(by, { ...line, last: true }, lines) !== true) return false;
    this.#current = by;
    this.#inside = true;
    return true;
  }

  /**
   * Offers a line to everybody: with the indentation that it has within its listing, or with none, or as it stands.
   *
   * @param lines how many lines of the text it is made of
   * @returns true where it was understood, else who misses its end
   */
  #try(line: Line, lines = 1): true | Torn | undefined {
    const indent = indentOf(line.text);
    if (indent === 0) {
      const taken = this.#all(line, lines);
      if (taken === true) this.#base = 0;
      return taken;
    }
    const within = this.#inside ? Math.min(this.#base, indent) : indent;
    let torn: Torn | undefined;
    for (const base of new Set([within, indent, 0])) {
      const taken = this.#all(base === 0 ? line : { ...line, text: line.text.slice(base) }, lines);
      if (taken !== true) {
        torn ??= taken;
        continue;
      }
      this.#base = base;
      return true;
    }
    return torn;
  }

  #all(line: Line, lines: number): true | Torn | undefined {
    const current = this.#current;
    const indented = indentOf(line.text) > 0;
    let torn: Torn | undefined;
    for (let i = current ? -1 : 0; i < this.#order.length; i++) {
      const one = i < 0 ? current?.recogniser : this.#order[i];
      if (one === undefined || (i >= 0 && one === current?.recogniser)) continue;
      if ((one.flush && indented) || (lines > 1 && !one.wraps)) continue;
      const active = this.#active(one);
      const taken = this.#offer(active, line, lines);
      if (taken === true) {
        this.#current = active;
        this.#inside = true;
        return true;
      }
      if (taken === 'torn') torn ??= { line, by: active };
      if (torn && i < 0) break; // a row of the listing that is being read is nobody else's
    }
    return torn;
  }

  #offer(active: Active, line: Line, lines: number): boolean | 'torn' {
    const { id } = active.recogniser;
    const trusted = id === this.#trusted || this.#beside.includes(id);
    const taken = active.reader.line(line, trusted);
    if (taken === true) active.lines += lines;
    return taken;
  }

  #active(one: Recogniser): Active {
    const there = this.#readers.get(one.id);
    if (there) return there;
    const options = this.#options;
    const sink: Sink = {
      put: (line: Line, body: ItemBody, group = 0) => {
        if (isEmpty(body)) {
          this.#remark('trouble', 'a range that ends before it starts was left out', line);
          return;
        }
        if (isBeyond(body)) {
          this.#remark('trouble', 'a number of more than 64 bits: its line was left out', line);
          return;
        }
        const sound = widened(body);
        if (sound !== body)
          this.#remark('trouble', 'an entry of 32 bits has more: taken for one of 64, regime unknown', line);
        active.items++;
        // Readers make each body afresh: finished in place, without a copy (a third of the time of a long listing).
        options.onItem(
          Object.assign(sound, { from: one.id, line: line.number, raw: line.raw, group }) as Item,
        );
      },
      assume: (text, line) => this.#remark('assumed', text, line),
      trouble: (text, line) => this.#remark('trouble', text, line),
      group: () => ++this.#groups,
    };
    const active: Active = {
      recogniser: one,
      reader: one.reader(sink, options),
      lines: 0,
      items: 0,
    };
    this.#readers.set(one.id, active);
    return active;
  }

  #remark(kind: Remark['kind'], text: string, line: Line | undefined): void {
    const there = this.#remarks.get(text);
    if (there) there.count++;
    else if (this.#remarks.size >= REMARKS) this.#remarksLost++;
    else this.#remarks.set(text, { kind, count: 1, ...(line ? { line: line.number } : {}) });
  }
}

function decodedLines(lines: readonly Line[]): readonly Line[] {
  const quoted = new QuotedPrintable();
  const whole = lines.flatMap(line => quoted.take(line) ?? []);
  const rest = quoted.end();
  return rest ? [...whole, rest] : whole;
}

/** Torn or mistyped: no tool prints such a range. */
const isEmpty = (body: ItemBody): boolean =>
  (body.is === 'range' || body.is === 'memory' || body.is === 'type') &&
  body.start !== undefined &&
  body.end !== undefined &&
  body.end <= body.start;

const beyond = (value: bigint | undefined): boolean => value !== undefined && value > 0xffff_ffff_ffff_ffffn;

/** Two numbers run together, or a decimal one with a digit too many. */
function isBeyond(body: ItemBody): boolean {
  switch (body.is) {
    case 'entry':
      return beyond(body.word) || beyond(body.at) || beyond(body.input) || beyond(body.output);
    case 'translation':
      return beyond(body.input) || beyond(body.output);
    case 'register':
      return beyond(body.value);
    case 'fault':
      return beyond(body.address);
    case 'fact':
      return typeof body.value === 'bigint' && beyond(body.value);
    default:
      return (
        beyond(body.start) || (body.end ?? 0n) > 2n ** 64n || (body.is === 'range' && beyond(body.output))
      );
  }
}

/** A torn line can give a 32-bit entry too many digits. */
function widened(body: ItemBody): ItemBody {
  if (body.is !== 'entry' || body.width === 64 || body.word <= 0xffff_ffffn) return body;
  const { regime: _, ...rest } = body;
  return { ...rest, width: 64 };
}

export interface Collected extends Recognised {
  readonly items: readonly Item[];
  /** Items beyond the limit: read and counted, not kept. */
  readonly dropped: number;
}

/** Items that `readText` keeps unless told otherwise: about 1 GB of memory at most. */
export const KEEP = 2_000_000;

/** Reads a whole text and keeps its items, up to a limit. */
export function readText(
  text: string | Iterable<string>,
  { keep = KEEP, ...options }: Omit<TextOptions, 'onItem'> & { readonly keep?: number } = {},
): Collected {
  const items: Item[] = [];
  let dropped = 0;
  const reader = new TextReader({
    ...options,
    onItem: item => {
      if (items.length < keep) items.push(item);
      else dropped++;
    },
  });
  for (const chunk of typeof text === 'string' ? [text] : text) reader.write(chunk);
  return { ...reader.end(), items, dropped };
}
