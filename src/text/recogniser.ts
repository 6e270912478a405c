/**
 * A recogniser knows one format: the forms its lines take, how much each proves, and what it says.
 *
 * The forms are rows. From them come the score of a sample, the choice between formats, and the reading; a line that no
 * row likes is not understood, and counted.
 */
import { indentOf, type Line } from './lines.ts';
import type { MapFacts } from './map-facts.ts';
import type { Item, ItemBody } from './model.ts';

/** Where a reader puts what it found. */
export interface Sink {
  /** `group` numbers items that belong together; 0, the default, is the text as a whole. */
  put(line: Line, body: ItemBody, group?: number): void;
  /** An assumption, named once. */
  assume(text: string, line?: Line): void;
  /** Trouble with the text: named once, counted. */
  trouble(text: string, line?: Line): void;
  /** A new number for items that belong together. */
  group(): number;
}

/** What the one who asks already knows. */
export interface ReadOptions {
  /** Bytes of an entry in dumps of memory words, where the text does not say: 8, or 4 for 32-bit x86 paging. */
  readonly entryBytes?: 4 | 8;
}

export interface Row<S> {
  /** The form of the line. Anchored at the start, linear in the length of the line. */
  readonly like: RegExp;
  /**
   * How surely a line of this form belongs to this format: 1 certainly; from `ALONE` on, it is read wherever it stands;
   * below, only where the format was chosen for the text as a whole.
   */
  readonly proof: number;
  /** Such lines stand in texts of all kinds: they are read below others of this format, and say nothing of what a text is. */
  readonly below?: true;
  /**
   * Returns false where the line turns out to be somebody else's, `torn` where its end is missing. Absent: a heading that
   * says nothing.
   */
  readonly read?: (m: RegExpExecArray, at: At<S>) => unknown;
}

/** Where a row is read: the line, the state of the reader, and the place for what it finds. */
export interface At<S> {
  readonly line: Line;
  readonly state: S;
  readonly out: Sink;
}

/** A line of this proof needs no company. */
export const ALONE = 0.5;

export interface Reader {
  /**
   * True where the line was understood. Weak rows are asked only with `trusted`. `torn`: the form is known, and what
   * completes the line is missing; the reader is asked again with the line after it, or with `line.last`.
   */
  line(line: Line, trusted: boolean): boolean | 'torn';
  /** The text ended: nothing may be held back. */
  end(): void;
}

/** What a format is, whatever a text of it says. */
export interface About {
  readonly id: string;
  readonly title: string;
  /** Id of the architecture that alone has such a text; absent where several have, or the text says it itself. */
  readonly arch?: string;
  /** Who wrote the tables that such a text is about, where nobody else can have: as the fact `owner` says it. */
  readonly owner?: string;
  /** Such a text may be numbers and nothing else: from this score on it is of this format, below it bare words. */
  readonly numbersFrom?: number;
  /** Its lines are long, and stand in mails: one that a mail program broke is put together. */
  readonly wraps?: true;
  /** Ids of formats whose rows prove little by themselves, and are believed in such a text. */
  readonly beside?: readonly string[];
  /** Words that stand alone on their lines in such a text are entries of the tables that it speaks of. */
  readonly wordsBeside?: true;
  /** Such a text is a map of addresses: it lists ranges, or answers where single addresses lead. */
  readonly map?: MapFacts;
}

export interface Recogniser extends About {
  /** No form of it begins with a blank: indented lines need not be offered. */
  readonly flush?: true;
  /** 0..1: how surely this text is of that format, from a bounded sample. */
  score(lines: readonly Line[]): number;
  reader(out: Sink, options?: ReadOptions): Reader;
}

interface Declared<S> extends About {
  readonly state: (options: ReadOptions) => S;
  readonly rows: readonly Row<S>[];
  readonly end?: (state: S, out: Sink) => void;
  /** Replaces the score that follows from the rows, for forms that several formats share. */
  readonly score?: (lines: readonly Line[], byRows: number) => number;
}

/** A recogniser from its rows. */
export function recogniser<S>({ state, rows, end, score, ...about }: Declared<S>): Recogniser {
  return {
    ...about,
    ...(rows.some(({ like: { source } }) => mayBeginBlank(source)) ? {} : { flush: true }),
    score: lines => {
      let best = 0;
      const byRows = shareOf(lines, text => {
        const row = rows.find(({ like }) => like.test(text));
        const proof = row?.below ? 0 : (row?.proof ?? 0);
        best = Math.max(best, proof);
        return proof;
      });
      if (score) return score(lines, byRows);
      return best < ALONE ? 0 : byRows; // lines that prove so little stand in texts of all kinds
    },
    reader(out, options = {}) {
      const at: { line: Line; readonly state: S; readonly out: Sink } = {
        line: NO_LINE,
        state: state(options),
        out,
      };
      return {
        line(line, trusted) {
          at.line = line;
          let torn = false;
          for (const row of rows) {
            if (!trusted && row.proof < ALONE) continue;
            const m = row.like.exec(line.text);
            if (!m) continue;
            const taken = row.read?.(m, at);
            if (taken === 'torn' && !line.last) torn = true;
            else if (taken !== false) return true;
          }
          return torn ? 'torn' : false;
        },
        end: () => end?.(at.state, out),
      };
    },
  };
}

const BLANK = String.raw`(?: |\.|\\s|\\t|\[[^\]^]*(?: |\\s|\\t)|\[\^)`;
/** Where a form can begin with a blank: at its start, behind what may be absent there, in a later alternative of a first group. */
const BEGINS_BLANK = new RegExp(
  String.raw`^\^(?:\((?:\?:)?)*${BLANK}|^\^\((?:.*\|${BLANK}|.*\)(?:\?|\{0,\d+\})\(?(?:\?:)?${BLANK})|\|\^(?:\((?:\?:)?)*${BLANK}|^[^^]`,
);
const mayBeginBlank = (source: string): boolean => BEGINS_BLANK.test(source);

const NO_LINE: Line = { number: 0, text: '', raw: '' };

/**
 * What share of the lines belongs to a format, each line weighted by how much it proves, with or without what indents it.
 */
export function shareOf(lines: readonly Line[], proofOf: (text: string) => number): number {
  let sum = 0;
  let count = 0;
  for (const { text } of lines) {
    if (text === '') continue;
    count++;
    const indented = indentOf(text);
    const proof = proofOf(text);
    sum += indented === 0 ? proof : Math.max(proof, proofOf(text.slice(indented)));
  }
  return count === 0 ? 0 : sum / count;
}

/** Hex digits with or without `0x`, grouped by `_`, backtick or not. Callers match the form first. */
export const big = (digits: string | undefined): bigint => {
  const plain = (digits ?? '0').replace(/[`_]/g, '');
  return BigInt(plain.startsWith('0x') || plain.startsWith('0X') ? plain : `0x${plain || '0'}`);
};

const UNIT: Readonly<Record<string, bigint>> = { B: 0n, K: 10n, M: 20n, G: 30n, T: 40n, P: 50n, E: 60n };
/** `2112` and `K` are 2112 KiB. */
export const sized = (digits: string | undefined, unit: string | undefined): bigint =>
  BigInt(digits ?? '0') << (UNIT[(unit ?? 'B').toUpperCase()] ?? 0n);

/** Drops keys without a value, so that optional properties stay absent. */
export const known = <T extends object>(fields: { readonly [K in keyof T]: T[K] | undefined }): T => {
  const out: Partial<T> = {};
  for (const key of Object.keys(fields) as (keyof T)[]) {
    const value = fields[key];
    if (value !== undefined) out[key] = value as T[keyof T];
  }
  return out as T;
};

/** Collected items, for callers that want them all. */
export type Items = readonly Item[];
