/**
 * Reading pasted text: chunks in, items out.
 *
 * A console log holds several formats. The format of the whole is chosen from a sample; after that each line goes to the
 * reader that took the line before, then to the chosen one, then to every other whose form proves itself alone. What
 * nobody takes is counted.
 */
import { type Candidate, detect, SAMPLE_CHARACTERS, SAMPLE_LINES } from './detect.ts';
import { recogniserById, recognisers } from './formats/index.ts';
import { type Line, LineSplitter } from './lines.ts';
import type { Item, ItemBody, Part, Recognised, Remark } from './model.ts';
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
  #current: Active | undefined;
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
      this.#read(line);
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
    let ranked: readonly Candidate[] = [];
    if (!this.#forced) ranked = detect(sample);
    const first = this.#forced ?? ranked[0]?.recogniser;
    this.#trusted = first?.id;
    this.#order = this.#forced
      ? [this.#forced]
      : [
          ...ranked.map(({ recogniser }) => recogniser),
          ...recognisers.filter(one => !ranked.some(({ recogniser }) => recogniser === one)),
        ];
    for (const line of sample) this.#read(line);
  }

  #read(line: Line): void {
    if (line.text === '') return;
    this.#lines++;
    if (line.piece === 'first')
      this.#remark('trouble', 'lines longer than 16384 characters are read in pieces', line);
    const current = this.#current;
    if (current && this.#offer(current, line)) return;
    for (const one of this.#order) {
      if (one === current?.recogniser) continue;
      const active = this.#active(one);
      if (this.#offer(active, line)) {
        this.#current = active;
        return;
      }
    }
    this.#unknown++;
    if (this.#samples.length < UNKNOWN_SAMPLES)
      this.#samples.push({ line: line.number, text: line.text.slice(0, 100) });
  }

  #offer(active: Active, line: Line): boolean {
    if (!active.reader.line(line, active.recogniser.id === this.#trusted)) return false;
    active.lines++;
    return true;
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
        beyond(body.start) || (body.end ?? 0n) > 1n << 64n || (body.is === 'range' && beyond(body.output))
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
