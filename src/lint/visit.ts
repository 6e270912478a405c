/**
 * Every distinct table of a regime, once: what `lint` looks at. A table that is reached in several ways is read again
 * only where it inherits something else, so that shared, self-mapped and hostile trees cost what their tables cost.
 */
import type { Finding } from '../bits/codec.ts';
import type { Reading } from '../bits/family.ts';
import { join } from '../bits/word.ts';
import type { AddressSpace } from '../image/address-space.ts';
import { type Bytes, type Frame, frameOf, framesOfShift, inPage } from '../image/frames.ts';
import { Descent, obstacleAt, rootParts } from '../walk/descent.ts';
import { formMasks } from '../walk/level-tables.ts';
import {
  type EntryForm,
  type EntryKind,
  formOf,
  type Level,
  outputFrame,
  type Regime,
} from '../walk/regime.ts';

/** Entries with the same attribute bits: they mean the same, and are judged once. */
export interface Pattern {
  /** Small numbers, in the order of appearance. */
  readonly id: number;
  /** Index into the regime's levels. */
  readonly level: number;
  readonly kind: EntryKind;
  readonly inherits: number;
  /** Of the first entry that looks like this. */
  readonly reading: Reading;
}

/** Entries in a row that look the same: leaves that continue each other, or one word repeated. Reused: copy what you keep. */
export interface Run {
  readonly pattern: Pattern;
  /** What the tables above handed down. */
  readonly inherited: number;
  /** First input frame, first output frame (0 for what maps nothing), frames. */
  readonly input: Frame;
  readonly output: Frame;
  readonly frames: Frame;
  /** The first entry, and where it stands, bytes. */
  readonly lo: number;
  readonly hi: number;
  readonly at: Bytes;
}

/** One distinct table. */
export interface TablePlace {
  /** Bytes, in the regime's own memory: guest tables have guest addresses. */
  readonly address: Bytes;
  readonly level: number;
  readonly entries: number;
  /** First input frame of the first way that leads here. */
  readonly input: Frame;
}

/** The entries of one Contiguous group that are leaves with the bit set, or stand among such. */
export interface GroupMember {
  readonly pattern: Pattern;
  readonly inherited: number;
  readonly input: Frame;
  readonly output: Frame;
  readonly lo: number;
  readonly hi: number;
  readonly at: Bytes;
}

export interface Visitor {
  /** Leaves, faults and entries that map nothing but hold something. */
  run(run: Run): void;
  /** An entry that points to a table, where its reading has something to say. */
  pointer(run: Run): void;
  table(table: TablePlace): void;
  /** An entry that leads to a table on its own way down. */
  loop(run: Run, table: TablePlace): void;
  /** Asked before each table: a sentence that ends the visit. */
  enough?(): string | undefined;
  /** A group of `size` entries with at least one Contiguous leaf; holes are left out. */
  group(members: readonly GroupMember[], size: number): void;
  missing(table: TablePlace): void;
  /** A table that the second stage denies to the walker: what stands in it is not read. */
  hidden?(table: TablePlace, finding: Finding): void;
}

export interface VisitOptions {
  /** Distinct tables at most. */
  readonly maxTables: number;
}
export interface VisitResult {
  readonly tables: number;
  /** Leaf entries, each counted once per distinct table. */
  readonly leaves: number;
  readonly stopped?: string;
}

/**
 * Patterns read at most: real tables have hundreds, memory that holds something else a new one in every entry, and each
 * costs microseconds.
 */
export const MAX_PATTERNS = 2 ** 16;
/** Words that map nothing and are read one by one; those that follow are taken for what the first of their pattern is. */
const MAX_WORDS = 2 ** 16;

export function visit(
  regime: Regime,
  memory: AddressSpace,
  visitor: Visitor,
  options: VisitOptions,
): VisitResult {
  return new Visit(regime, memory, visitor, options).all();
}

/** A run that may go on; `next` is where its next entry would stand. */
type Open = { -readonly [K in keyof Run]: Run[K] } & { next: Bytes };

/** How a leaf grows to the one that continues it, in the low half of the word: by `step`, in the bits of `field` alone. */
interface Growth {
  readonly step: number;
  readonly field: number;
}
const NONE: Growth = { step: 0, field: 0 };

class Visit extends Descent {
  readonly #visitor: Visitor;
  readonly #maxTables: number;
  readonly #patterns: Patterns;
  /** Tables seen, by what makes them different: level and what was handed down. */
  readonly #seen = new Map<string, Set<number>>();
  readonly #growth: readonly Growth[];
  /** Frames of tables that were read ahead. */
  readonly #expected = new Set<number>();
  readonly #path: number[] = [];
  #open: Open | undefined;
  #tables = 0;
  #leaves = 0;
  /** The largest Contiguous group that was met in the table that is being read. */
  #contiguous = 0;

  constructor(regime: Regime, memory: AddressSpace, visitor: Visitor, { maxTables }: VisitOptions) {
    super(regime, memory);
    this.#visitor = visitor;
    this.#maxTables = maxTables;
    this.#patterns = new Patterns(regime);
    this.#growth = regime.levels.map(({ leaf, shift }) => {
      const masks = formMasks(leaf, shift);
      return masks ? { step: masks.step[0], field: masks.field[0] } : NONE;
    });
  }

  all(): VisitResult {
    for (const root of this.regime.roots) {
      const { address, level, entries, inputFrame: input } = root;
      const parts = rootParts(this.regime, root);
      if (parts.length === 0) continue;
      const obstacle = obstacleAt(root, this.memory);
      if (obstacle) {
        // a root that is no address is a finding of its register
        if (obstacle.kind !== 'fault')
          this.#visitor.hidden?.({ address, level, entries, input }, obstacle.finding);
        continue;
      }
      this.#path.push(address);
      this.#visitor.table({ address, level, entries, input });
      this.#tables++;
      for (const { first, end, input } of parts) this.table(address, level, input, first, end, 0);
      this.#path.pop();
    }
    this.#flush();
    return {
      tables: this.#tables,
      leaves: this.#leaves,
      ...(this.stopped === undefined ? {} : { stopped: this.stopped }),
    };
  }

  protected override table(
    address: Bytes,
    level: number,
    inputFrame: Frame,
    first: number,
    end: number,
    inherited: number,
  ): void {
    const above = this.#contiguous;
    this.#contiguous = 0;
    super.table(address, level, inputFrame, first, end, inherited);
    if (this.#contiguous > 1 && this.stopped === undefined)
      this.#groups(address, level, inputFrame, first, end, inherited, this.#contiguous);
    this.#contiguous = above;
  }

  protected override part(place: Bytes, count: number, level: number, input: Frame, inherited: number): void {
    const page = this.memory.page(frameOf(place));
    if (!page) {
      const table = { address: place, level, entries: count, input };
      const refusal = this.memory.refusal?.(frameOf(place));
      if (refusal) this.#visitor.hidden?.(table, refusal);
      else this.#visitor.missing(table);
      return;
    }
    const offset = inPage(place) / 4;
    const words = page.subarray(offset, offset + (count * this.regime.entryBytes) / 4);
    if (level > 0) this.#expect(words, level);
    this.#entries(words, place, level, input, inherited);
  }

  /** The entries of a table that lie in one page, at `place`. */
  #entries(words: Uint32Array, place: Bytes, level: number, inputFrame: Frame, inherited: number): void {
    const { entryBytes, levels, payload } = this.regime;
    const { shift, pointsToTable, table, leaf, group } = levels[level] as Level;
    const span = framesOfShift(shift);
    const step = entryBytes / 4;
    const { step: grows, field } = this.#growth[level] as Growth;
    // the leaf before, while it is the last of the open run
    let run: Open | undefined;
    let lastLo = 0;
    let lastHi = 0;
    for (let i = 0; i < words.length; i += step) {
      const lo = words[i] as number;
      const hi = step === 2 ? (words[i + 1] as number) : 0;
      // most entries continue a run: the same word but for the address, which is one page further
      if (run && hi === lastHi && lo - lastLo === grows && ((lo ^ lastLo) & ~field) === 0) {
        this.#leaves++;
        run.frames += span;
        run.next += entryBytes;
        lastLo = lo;
        continue;
      }
      run = undefined;
      if (lo === 0 && hi === 0) continue;
      const asTable = pointsToTable(lo, hi);
      const form = asTable ? table : group?.has(lo, hi) ? group.form : leaf;
      const pattern = this.#patterns.of(lo, hi, level, asTable, form);
      const input = inputFrame + (i / step) * span;
      const at = place + i * 4;
      switch (pattern.kind) {
        case 'table':
          this.#follow(pattern, lo, hi, at, input, span, inherited);
          if (this.stopped !== undefined) return;
          break;
        case 'leaf':
          this.#leaves++;
          if (pattern.groupEntries > this.#contiguous) this.#contiguous = pattern.groupEntries;
          this.#emit(pattern, inherited, input, outputFrame(form, lo, hi, input), span, lo, hi, at);
          if (grows > 0 && form === leaf) run = this.#open;
          lastLo = lo;
          lastHi = hi;
          break;
        case 'fault':
          this.#emit(pattern, inherited, input, 0, span, lo, hi, at);
          break;
        default:
          if ((lo & payload[0]) === 0 && (hi & payload[1]) === 0) break;
          this.#emit(this.#patterns.word(lo, hi, level) ?? pattern, inherited, input, 0, span, lo, hi, at);
      }
    }
  }

  /** The tables that some entries point to are wanted soon: those that nobody asked for yet, in few large reads. */
  #expect(words: Uint32Array, level: number): void {
    if (!this.memory.prefetch || this.#expected.size > this.#maxTables) return;
    const { pointsToTable, table } = this.regime.levels[level] as Level;
    const step = this.regime.entryBytes / 4;
    const frames: Frame[] = [];
    for (let i = 0; i < words.length; i += step) {
      const lo = words[i] as number;
      const hi = step === 2 ? (words[i + 1] as number) : 0;
      if ((lo === 0 && hi === 0) || !pointsToTable(lo, hi)) continue;
      const frame = frameOf(table.address(lo, hi));
      if (this.#expected.has(frame)) continue;
      this.#expected.add(frame);
      frames.push(frame);
    }
    if (frames.length > 1) this.memory.prefetch(frames);
  }

  /** The table behind an entry, if it was not seen with the same inheritance. */
  #follow(
    pattern: PatternInfo,
    lo: number,
    hi: number,
    at: Bytes,
    input: Frame,
    span: Frame,
    inherited: number,
  ): void {
    const { levels } = this.regime;
    const below = levels[pattern.level - 1];
    if (!below) return;
    const address = (levels[pattern.level] as Level).table.address(lo, hi);
    const handed = inherited | pattern.inherits;
    const place = { address, level: pattern.level - 1, entries: 2 ** below.indexBits, input };
    const run = { pattern, inherited, input, output: frameOf(address), frames: span, lo, hi, at };
    if (pattern.reading.findings.length > 0) this.#visitor.pointer(run);
    if (this.#path.includes(address)) this.#visitor.loop(run, place);
    const key = `${place.level} ${handed}`;
    let seen = this.#seen.get(key);
    if (!seen) {
      seen = new Set();
      this.#seen.set(key, seen);
    }
    if (seen.has(address)) return;
    this.stopped = this.#limit();
    if (this.stopped !== undefined) return;
    this.#tables++;
    seen.add(address);
    this.#visitor.table(place);
    this.#path.push(address);
    this.table(address, place.level, input, 0, place.entries, handed);
    this.#path.pop();
  }

  #limit(): string | undefined {
    if (this.#tables >= this.#maxTables) return `stopped after ${this.#maxTables} distinct tables`;
    if (this.#patterns.count > MAX_PATTERNS)
      return `stopped after ${MAX_PATTERNS} different patterns of attribute bits: these do not look like tables`;
    return this.#visitor.enough?.();
  }

  #emit(
    pattern: PatternInfo,
    inherited: number,
    input: Frame,
    output: Frame,
    frames: Frame,
    lo: number,
    hi: number,
    at: Bytes,
  ): void {
    const open = this.#open;
    if (
      open !== undefined &&
      open.input + open.frames === input &&
      open.next === at && // entries of one table: so an entry’s place follows from the first one’s
      open.inherited === inherited &&
      (open.pattern === pattern
        ? pattern.kind === 'leaf'
          ? open.output + open.frames === output
          : open.lo === lo && open.hi === hi // what maps nothing: only the very same word continues a run
        : false)
    ) {
      open.frames += frames;
      open.next = at + this.regime.entryBytes;
      return;
    }
    this.#flush();
    const next = at + this.regime.entryBytes;
    this.#open = { pattern, inherited, input, output, frames, lo, hi, at, next };
  }

  #flush(): void {
    if (this.#open) this.#visitor.run(this.#open);
    this.#open = undefined;
  }

  /** Look again at the aligned groups of a table in which a Contiguous leaf was met. */
  #groups(
    address: Bytes,
    level: number,
    inputFrame: Frame,
    first: number,
    end: number,
    inherited: number,
    size: number,
  ): void {
    const { entryBytes, levels } = this.regime;
    const place = levels[level] as Level;
    const { shift, pointsToTable } = place;
    const span = framesOfShift(shift);
    const step = entryBytes / 4;
    for (let start = first - (first % size); start < end; start += size) {
      const members: GroupMember[] = [];
      let marked = false;
      for (let i = Math.max(start, first); i < Math.min(start + size, end); i++) {
        const at = address + i * entryBytes;
        const words = this.memory.page(frameOf(at));
        if (!words) continue;
        const offset = inPage(at) / 4;
        const lo = words[offset] as number;
        const hi = step === 2 ? (words[offset + 1] as number) : 0;
        if (lo === 0 && hi === 0) continue;
        const asTable = pointsToTable(lo, hi);
        const form = formOf(place, lo, hi);
        const pattern = this.#patterns.of(lo, hi, level, asTable, form);
        if (pattern.kind !== 'leaf' && pattern.kind !== 'table') continue;
        const input = inputFrame + (i - first) * span;
        const output = outputFrame(form, lo, hi, input);
        if (pattern.groupEntries > 0) marked = true;
        members.push({ pattern, inherited, input, output, lo, hi, at });
      }
      if (marked) this.#visitor.group(members, size);
    }
  }
}

interface PatternInfo extends Pattern {
  /** Entries of the Contiguous group; 0 where the bit is clear. */
  readonly groupEntries: number;
}

/** What patterns mean, asked of the rules once. */
class Patterns {
  readonly #regime: Regime;
  readonly #known: Map<number, Map<number, PatternInfo>>[];
  readonly #words = new Map<string, PatternInfo>();
  count = 0;
  #last: PatternInfo | undefined;
  #low = 0;
  #high = 0;
  #slot = -1;

  constructor(regime: Regime) {
    this.#regime = regime;
    this.#known = Array.from({ length: regime.levels.length * 2 }, () => new Map());
  }

  of(lo: number, hi: number, level: number, asTable: boolean, form: EntryForm): PatternInfo {
    const low = (lo & form.attributes[0]) >>> 0;
    const high = (hi & form.attributes[1]) >>> 0;
    const slot = level * 2 + (asTable ? 1 : 0);
    if (this.#last && low === this.#low && high === this.#high && slot === this.#slot) return this.#last;
    const patterns = this.#known[slot] as Map<number, Map<number, PatternInfo>>;
    let byLow = patterns.get(high);
    if (!byLow) {
      byLow = new Map();
      patterns.set(high, byLow);
    }
    let found = byLow.get(low);
    if (!found) {
      found = this.#make(lo, hi, level);
      byLow.set(low, found);
    }
    this.#last = found;
    this.#low = low;
    this.#high = high;
    this.#slot = slot;
    return found;
  }

  /** An entry that maps nothing: what software left there may stand in any bit. Undefined where too many were read. */
  word(lo: number, hi: number, level: number): PatternInfo | undefined {
    if (this.#words.size >= MAX_WORDS) return undefined;
    const key = `${level} ${hi} ${lo}`;
    let found = this.#words.get(key);
    if (!found) {
      found = this.#make(lo, hi, level);
      this.#words.set(key, found);
    }
    return found;
  }

  #make(lo: number, hi: number, level: number): PatternInfo {
    const reading = this.#regime.read(join(lo, hi), level);
    const { kind, inherits } = this.#regime.classify(reading, level);
    const { contiguousBytes, size } = reading.facts;
    const groupEntries =
      kind === 'leaf' && typeof contiguousBytes === 'bigint' && typeof size === 'bigint'
        ? Number(contiguousBytes / size)
        : 0;
    return { id: this.count++, level, kind, inherits, reading, groupEntries };
  }
}
