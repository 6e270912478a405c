/**
 * Dumps of raw memory as text: `hexdump -C`, `xxd`, U-Boot `md`, crash `rd`, `od`, plain `hexdump`.
 *
 *     00000000  68 65 6c 6c 6f 20 77 6f  72 6c 64 20 50 54 45 00  |hello world PTE.|    hexdump -C
 *     00000000: 6865 6c6c 6f20 776f 726c 6420 5054 4500  hello world PTE.              xxd: bytes in order
 *     00000000: 6f77206f6c6c6568 0045545020646c72  hello world PTE.                    xxd -g8 -e: words
 *     40000000: 00001000edfe0dd0 441a000040000000  ...........@...D                    md.q: words
 *     ffffffff81800040:  65706f6c65766564 2d782d2d6d6f632e   developer...                crash rd
 *     0000000 6568 6c6c 6f20 776f 6c72 2064 5450 0045                                  od -x, hexdump
 *
 * xxd and md share one shape and differ in byte order. The ASCII column settles it: it shows the bytes in memory order.
 */
import type { Line } from '../lines.ts';
import type { Entry } from '../model.ts';
import {
  big,
  known,
  type Reader,
  type ReadOptions,
  type Recogniser,
  recogniser,
  type Sink,
} from '../recogniser.ts';
import { littleEndian, RowRepeater, WordAssembler } from '../words.ts';

// ------------------------------------------------------------------------------------------------ hexdump -C

interface BytesState {
  readonly rows: RowRepeater;
  readonly entryBytes: 4 | 8;
}

/** The reader's state needs the sink, which rows only see when they run: made on the first row. */
interface Lazy {
  made?: BytesState;
  readonly entryBytes: 4 | 8;
}
const made = (state: Lazy, out: Sink): BytesState => {
  state.made ??= {
    rows: new RowRepeater(new WordAssembler(out, state.entryBytes), out),
    entryBytes: state.entryBytes,
  };
  return state.made;
};
const lazy = ({ entryBytes = 8 }: ReadOptions): Lazy => ({ entryBytes });
const OFFSETS = 'offsets are taken for addresses';

export const hexdumpC = recogniser<Lazy>({
  id: 'hexdump.canonical',
  title: 'hexdump -C',
  state: lazy,
  rows: [
    {
      like: /^([0-9a-f]{7,16}) {1,2}((?:[0-9a-f]{2} {1,2}){1,32}) *\|.{0,32}\|?$/,
      proof: 0.97,
      read: (m, { line, state, out }) => {
        const { rows } = made(state, out);
        const bytes = (m[2] ?? '')
          .trim()
          .split(/ +/)
          .map(text => BigInt(`0x${text}`));
        if (big(m[1]) === 0n) out.assume(OFFSETS, line);
        out.assume('entries are little-endian', line);
        rows.row(line, big(m[1]), bytes, 1);
      },
    },
    {
      like: /^\*$/,
      proof: 0.3,
      read: (_, { state }) => {
        if (!state.made) return false;
        state.made.rows.star();
        return true;
      },
    },
    {
      like: /^([0-9a-f]{7,16})$/,
      proof: 0.2,
      read: (m, { state }) => {
        if (!state.made) return false;
        state.made.rows.endAt(big(m[1]));
        return true;
      },
    },
  ],
  end: state => state.made?.rows.end(),
});

// ------------------------------------------------------------------------------------------------ xxd, md, rd

export interface DumpRow {
  readonly at: bigint;
  readonly groups: readonly string[];
  readonly ascii: string;
}

const DUMP =
  /^(?:0x)?([0-9a-f]{6,16}):( {1,2})((?:[0-9a-f]{2,16} ){0,63}[0-9a-f]{2,16})(?: {2,200}(.{0,64}))?$/i;

/** One row of the shape that xxd, md and rd share; groups of one size, but the last may be short. */
export function dumpRow(text: string): (DumpRow & { readonly blanks: number }) | undefined {
  const m = DUMP.exec(text);
  if (!m) return undefined;
  const groups = (m[3] ?? '').split(' ');
  const size = groups[0]?.length ?? 0;
  if (size % 2 !== 0 || size > 16) return undefined;
  if (groups.some((group, i) => group.length !== size && (i < groups.length - 1 || group.length > size)))
    return undefined;
  if (groups.some(group => group.length % 2 !== 0)) return undefined;
  return { at: big(m[1]), groups, ascii: m[4] ?? '', blanks: m[2]?.length ?? 1 };
}

/**
 * Votes for bytes in order (positive) or words (negative) by comparing the ASCII column with both readings; where it
 * shows only dots, by which reading has its zeros at the top, as addresses do.
 */
export function orderVotes({ groups, ascii }: DumpRow): { ascii: number; shape: number } {
  let votes = 0;
  let shape = 0;
  let at = 0;
  for (const group of groups) {
    const bytes = (group.match(/../g) ?? []).map(text => Number.parseInt(text, 16));
    const n = bytes.length;
    for (let i = 0; i < n; i++) {
      const shown = ascii.charCodeAt(at + i);
      const forward = bytes[i] as number;
      const backward = bytes[n - 1 - i] as number;
      if (forward === backward || Number.isNaN(shown)) continue;
      if (printable(shown, forward) && !printable(shown, backward)) votes++;
      else if (printable(shown, backward) && !printable(shown, forward)) votes--;
    }
    if (n >= 4 && bytes.some(byte => byte !== 0)) {
      if (bytes[n - 1] === 0 && bytes[0] !== 0) shape++;
      else if (bytes[0] === 0 && bytes[n - 1] !== 0) shape--;
    }
    at += n;
  }
  return { ascii: votes, shape };
}
const printable = (shown: number, byte: number): boolean =>
  byte >= 0x20 && byte < 0x7f ? shown === byte : shown === 0x2e;

/** Rows looked at before the byte order is settled. */
const UNDECIDED = 256;

type Order = 'bytes' | 'words';

/** Reads rows once their byte order is known. */
class DumpReader implements Reader {
  readonly #out: Sink;
  readonly #rows: RowRepeater;
  readonly #tool: Tool;
  #held: { line: Line; row: DumpRow | 'star' | bigint }[] = [];
  #votes = 0;
  #shape = 0;
  #order: Order | undefined;
  #any = false;
  /** The command that prints such rows stands above. */
  #asked = false;

  constructor(tool: Tool, out: Sink, { entryBytes = 8 }: ReadOptions) {
    this.#tool = tool;
    this.#out = out;
    this.#rows = new RowRepeater(new WordAssembler(out, entryBytes), out);
    this.#order = tool.order;
  }

  line(line: Line, trusted: boolean): boolean {
    const row = dumpRow(line.text);
    if (row && row.blanks === this.#tool.blanks) {
      if (!trusted && !this.#tool.alone && !this.#asked) return false;
      this.#any = true;
      this.#take(line, row);
      return true;
    }
    if (this.#tool.command?.test(line.text) === true && (line.prompt !== undefined || trusted)) {
      this.#asked = true;
      return true;
    }
    this.#asked &&= line.prompt === undefined; // another command
    if (!this.#any || !trusted) return false;
    if (line.text === '*') this.#take(line, 'star');
    else if (/^[0-9a-f]{7,16}:?$/.test(line.text)) this.#take(line, big(line.text.replace(':', '')));
    else return false;
    return true;
  }

  #take(line: Line, row: DumpRow | 'star' | bigint): void {
    if (this.#order === undefined) {
      this.#held.push({ line, row });
      if (typeof row === 'object') {
        const votes = orderVotes(row);
        this.#votes += votes.ascii;
        this.#shape += votes.shape;
      }
      if (Math.abs(this.#votes) >= 8 || this.#held.length >= UNDECIDED) this.#settle();
      return;
    }
    this.#put(line, row);
  }

  #settle(): void {
    const first = this.#held[0];
    if (!first) return;
    const digits = typeof first.row === 'object' ? (first.row.groups[0]?.length ?? 4) : 4;
    const say = (order: Order, why: string) => {
      const what = order === 'words' ? 'groups are little-endian words' : 'bytes stand in memory order';
      this.#out.assume(`${what}: ${why}`, first.line);
      return order;
    };
    if (this.#votes !== 0)
      this.#order = say(this.#votes > 0 ? 'bytes' : 'words', 'the ASCII column agrees with that');
    else if (digits >= 8 && this.#shape !== 0)
      this.#order = say(this.#shape > 0 ? 'bytes' : 'words', 'so the high bytes are zero, as in entries');
    else this.#order = say(this.#tool.usual(digits), `the usual form of ${this.#tool.title}`);
    for (const { line, row } of this.#held) this.#put(line, row);
    this.#held = [];
  }

  #put(line: Line, row: DumpRow | 'star' | bigint): void {
    if (row === 'star') {
      this.#rows.star();
      return;
    }
    if (typeof row === 'bigint') {
      this.#rows.endAt(row);
      return;
    }
    if (row.at === 0n) this.#out.assume(OFFSETS, line);
    const extra = known<Pick<Entry, 'atSpace'>>({ atSpace: this.#tool.space });
    if (this.#order === 'words') {
      const size = (row.groups[0]?.length ?? 16) / 2;
      const whole = row.groups.filter(group => group.length === 2 * size);
      if (whole.length < row.groups.length)
        this.#out.trouble('a last group shorter than a word was left out', line);
      this.#rows.row(line, row.at, whole.map(big), size, extra);
    } else {
      const bytes = row.groups.join('').match(/../g) ?? [];
      this.#rows.row(line, row.at, bytes.map(big), 1, extra);
    }
  }

  end(): void {
    if (this.#order === undefined) this.#settle();
    this.#rows.end();
  }
}

interface Tool {
  readonly id: string;
  readonly title: string;
  /** Blanks after the colon. */
  readonly blanks: 1 | 2;
  readonly order?: Order;
  readonly usual: (digits: number) => Order;
  /** May stand inside other text. */
  readonly alone?: true;
  readonly space?: 'pa' | 'va';
  readonly command?: RegExp;
  /** How well rows of this shape fit, given the first row and the votes of all. */
  readonly fit: (first: DumpRow, votes: number) => number;
}

const dumpTool = (tool: Tool): Recogniser => ({
  id: tool.id,
  title: tool.title,
  score(lines) {
    let rows = 0;
    let count = 0;
    let votes = 0;
    let commands = 0;
    let first: DumpRow | undefined;
    for (const { text } of lines) {
      if (text === '') continue;
      count++;
      const row = dumpRow(text);
      if (row && row.blanks === tool.blanks) {
        rows++;
        first ??= row;
        votes += orderVotes(row).ascii;
      } else if (text === '*') rows++;
      else if (tool.command?.test(text)) commands++;
    }
    if (!first) return 0;
    const fit = commands > 0 ? 0.98 : tool.fit(first, votes);
    return (fit * (rows + commands)) / count;
  },
  reader: (out, options = {}) => new DumpReader(tool, out, options),
});

const groupDigits = (row: DumpRow): number => row.groups[0]?.length ?? 0;

export const xxd = dumpTool({
  id: 'xxd',
  title: 'xxd',
  blanks: 1,
  usual: () => 'bytes',
  command: /^(?:sudo )?xxd /,
  fit: (first, votes) => {
    if (first.at === 0n) return 0.93;
    if (groupDigits(first) === 4) return votes < 0 ? 0.3 : 0.9;
    return first.at < 0x10_0000n ? 0.85 : 0.6;
  },
});

export const ubootMd = dumpTool({
  id: 'uboot.md',
  title: 'U-Boot md',
  blanks: 1,
  order: 'words',
  usual: () => 'words',
  command: /^md(?:\.[bwlq])? /,
  fit: (first, votes) => {
    if (votes > 0 && groupDigits(first) > 2) return 0.2;
    if (first.at === 0n) return 0.5;
    if (groupDigits(first) === 4) return votes < 0 ? 0.9 : 0.4;
    return first.at < 0x10_0000n ? 0.6 : 0.9;
  },
});

export const crashRd = dumpTool({
  id: 'crash.rd',
  title: 'crash rd',
  blanks: 2,
  order: 'words',
  usual: () => 'words',
  command: /^rd /,
  alone: true,
  fit: first => (groupDigits(first) >= 8 ? 0.95 : 0.5),
});

// ------------------------------------------------------------------------------------------------ od, hexdump

const OD = /^([0-9a-f]{6,16})((?: {1,4}[0-9a-f]{2,16}){1,32})(?: {1,4}>.{0,64}<?)?$/;
const BYTES_OF: Readonly<Record<number, number>> = { 2: 1, 4: 2, 8: 4, 16: 8 };

interface OdRow {
  readonly line: Line;
  readonly offset: string;
  readonly values: readonly bigint[];
  readonly bytes: number;
}

function odRow(line: Line): OdRow | undefined {
  const m = OD.exec(line.text);
  if (!m) return undefined;
  const texts = (m[2] ?? '').trim().split(/ +/);
  const digits = texts[0]?.length ?? 0;
  const bytes = BYTES_OF[digits];
  if (bytes === undefined || texts.some(text => text.length !== digits)) return undefined;
  return { line, offset: m[1] ?? '', values: texts.map(big), bytes };
}

const RADIX = { octal: 8, decimal: 10, hex: 16 } as const;
/** Offsets go up by the bytes of a row: in which notation? */
function radixOf(a: OdRow, b: string): keyof typeof RADIX | undefined {
  const step = a.values.length * a.bytes;
  for (const radix of ['hex', 'octal', 'decimal'] as const) {
    const [from, to] = [Number.parseInt(a.offset, RADIX[radix]), Number.parseInt(b, RADIX[radix])];
    if (to - from === step && inRadix(a.offset, radix) && inRadix(b, radix)) return radix;
  }
  return undefined;
}
const inRadix = (text: string, radix: keyof typeof RADIX): boolean =>
  radix === 'hex' || (radix === 'octal' ? /^[0-7]+$/ : /^\d+$/).test(text);

class OdReader implements Reader {
  readonly #out: Sink;
  readonly #rows: RowRepeater;
  #held: (OdRow | 'star')[] = [];
  #radix: keyof typeof RADIX | undefined;
  #any = false;

  constructor(out: Sink, { entryBytes = 8 }: ReadOptions) {
    this.#out = out;
    this.#rows = new RowRepeater(new WordAssembler(out, entryBytes), out);
  }

  line(line: Line, trusted: boolean): boolean {
    if (!trusted) return false;
    const row = odRow(line);
    if (row) {
      this.#any = true;
      const before = this.#held.at(-1);
      if (this.#radix === undefined && before !== undefined && before !== 'star') {
        this.#radix = radixOf(before, row.offset);
        if (this.#radix) this.#flush();
      }
      this.#take(row);
      return true;
    }
    if (!this.#any) return false;
    if (line.text === '*') {
      this.#take('star');
      return true;
    }
    if (!/^[0-9a-f]{6,16}$/.test(line.text)) return false;
    const before = this.#held.at(-1);
    if (this.#radix === undefined && before !== undefined && before !== 'star')
      this.#radix = radixOf(before, line.text);
    this.#flush();
    this.#rows.endAt(this.#place(line.text));
    return true;
  }

  #take(row: OdRow | 'star'): void {
    if (this.#radix === undefined && this.#held.length < UNDECIDED) this.#held.push(row);
    else {
      this.#flush();
      this.#put(row);
    }
  }

  #flush(): void {
    if (this.#radix === undefined) {
      const first = this.#held.find(row => row !== 'star');
      // od prints six digits in hex, seven otherwise; hexdump prints seven hex digits.
      if (first) this.#out.assume('offsets are hexadecimal', first.line);
      this.#radix = 'hex';
    } else if (this.#held.length > 0 && this.#radix !== 'hex')
      this.#out.assume(`offsets are ${this.#radix}, as the rows go up`, undefined);
    for (const row of this.#held) this.#put(row);
    this.#held = [];
  }

  #place(offset: string): bigint {
    if (this.#radix === 'octal' && inRadix(offset, 'octal')) return BigInt(`0o${offset}`);
    if (this.#radix === 'decimal' && inRadix(offset, 'decimal')) return BigInt(offset);
    return big(offset);
  }

  #put(row: OdRow | 'star'): void {
    if (row === 'star') {
      this.#rows.star();
      return;
    }
    const at = this.#place(row.offset);
    if (at === 0n) this.#out.assume(OFFSETS, row.line);
    this.#rows.row(row.line, at, row.values, row.bytes);
  }

  end(): void {
    if (this.#held.length > 0) this.#flush();
    this.#rows.end();
  }
}

export const od: Recogniser = {
  id: 'od',
  title: 'od -t x, hexdump',
  numbersFrom: 0.8, // its offsets go up by what a row holds
  score(lines) {
    let rows = 0;
    let count = 0;
    let steps = 0;
    let before: OdRow | undefined;
    for (const line of lines) {
      if (line.text === '') continue;
      count++;
      const row = odRow(line);
      if (row) {
        rows++;
        if (before && radixOf(before, row.offset)) steps++;
        before = row;
      } else if (line.text === '*') rows++;
      else if (before && /^[0-9a-f]{6,16}$/.test(line.text)) {
        rows++;
        if (radixOf(before, line.text)) steps++;
      }
    }
    if (rows === 0 || count === 0) return 0;
    // Offsets that go up by the size of a row are hardly chance.
    return ((steps > 0 ? 0.9 : 0.4) * rows) / count;
  },
  reader: (out, options = {}) => new OdReader(out, options),
};

/** For tests and for callers with bytes as text: little-endian words of a hex string. */
export { littleEndian };
