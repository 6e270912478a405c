/**
 * Roots found by structure: tables that lead, level by level, to tables, and that no table leads to.
 *
 * It knows no architecture. A `Species` says how entries of one kind of tree are read (a regime) and what real systems do
 * beyond what the manuals demand; `arm64/walk/scan.ts` and `x86/walk/scan.ts` declare them. The image is read once: pages
 * with an entry that can be none are out at once, and few are left. Of those, level by level from the leaves up, the
 * tables whose entries lead to tables of the level below are kept. Work is bounded by the pages read, not by what they hold.
 */

import { join } from '../bits/word.ts';
import { type AddressSpace, rangeOf } from '../image/address-space.ts';
import { type Bytes, bytesOf, type Frame, frameOf, inPage, PAGE_BYTES } from '../image/frames.ts';
import { Classifier } from './classifier.ts';
import { pieceEnd } from './descent.ts';
import { type EntryClass, type EntryForm, type Level, outputFrame, type Regime } from './regime.ts';

/** A kind of tree to look for. */
export interface Species {
  /** `x86.4level`, `arm64.4K`. */
  readonly id: string;
  /** How entries are read. Its roots do not matter. */
  readonly regime: Regime;
  /** Levels (indices of the regime's) at which a walk may begin. */
  readonly tops: readonly number[];
  /** 4-KiB pages of one table. */
  readonly tableFrames: Frame;
  /** An entry counts as present where one of these bits is set. */
  readonly present: number;
  /** Bits that the processor ignores in a pointer to a table, and that systems set in leaves only. */
  readonly leafOnly: readonly [lo: number, hi: number];
  /** Bits of which every leaf of the lowest level has one: attributes that no table pointer has. Zero where there are none. */
  readonly leafSome: number;
  /** Low words of plain entries: a pointer, a leaf, a large leaf. What the rules refuse in all of them, no entry has. */
  readonly samples: readonly number[];
  /** Bits of the low half that hardware changes while a system runs: accessed and dirty flags. */
  readonly updated: number;
  /** Bits that every entry has which faults on purpose; the page is then not refused for it. */
  readonly meant?: readonly [lo: number, hi: number];
  /** Roots smaller than a page: their entries, in a place aligned to all of them, and the level they stand at. */
  readonly small?: { readonly level: number; readonly entries: number };
}

export interface ScanOptions {
  /** Read at most this many 4-KiB pages. Default 2^22, which is 16 GiB. */
  readonly maxPages?: number;
  /** Keep at most this many pages that may be tables, for each species. Default 2^19. */
  readonly maxTables?: number;
}

/** What the entries of one kind and pattern say, and how many there are. */
export interface Pattern {
  readonly level: number;
  readonly table: boolean;
  /** One entry with this pattern of attribute bits. */
  readonly lo: number;
  readonly hi: number;
  readonly count: number;
}

/** A table that leads to tables and that none leads to. */
export interface ScannedRoot {
  readonly species: Species;
  /** Bytes. */
  readonly address: Bytes;
  /** Index into the regime's levels. */
  readonly level: number;
  /** Entries of the first lookup. */
  readonly entries: number;
  /** Distinct tables of the tree, the root among them; pointers to tables that the image does not hold, or that are none. */
  readonly tables: number;
  readonly missing: number;
  readonly wrong: number;
  readonly leaves: number;
  /** Entries of the lowest level whose neighbour maps the next page: what mappings of buffers do, and few other words. */
  readonly steps: number;
  /** Leaves that lead to a page that the image holds. */
  readonly held: number;
  /** The entries of the tree by their attribute bits, the most frequent kept. */
  readonly patterns: readonly Pattern[];
  /** Entries of the root that lead to something, by index. */
  readonly used: readonly number[];
  /** A number that stands for the upper half of the root's entries; 0 where it is empty. */
  readonly upperHalf: number;
  /** One of two roots of one process: what it may use in user mode, and what in the kernel. Who joins roots says it. */
  readonly pair?: { readonly role: 'user' | 'kernel'; readonly other: Bytes };
}

export interface Scan {
  /** In no particular order: the architectures judge. Where trees of several kinds share tables, the largest is here. */
  readonly roots: readonly ScannedRoot[];
  /** 4-KiB pages read, and held by the image. */
  readonly pages: number;
  readonly held: number;
  /** What a bound cut off, in sentences. */
  readonly stopped: readonly string[];
}

/** Pages asked for at once. */
const BATCH = 512;
/** Tables of one tree that are counted, and patterns of it that are kept. */
const TREE = 1 << 16;
const PATTERNS = 1024;

/** An entry's class, and whether something is wrong with it that no system does on purpose. */
interface Judged extends EntryClass {
  readonly odd: boolean;
  /** It faults because somebody wants it to. */
  readonly meant: boolean;
}

const NOT_PRESENT: Judged = { kind: 'payload', inherits: 0, odd: false, meant: false };

/**
 * The rules of a species with what they find fault with. An entry that faults by somebody's convention (KVM's MMIO entries
 * are misconfigured on purpose) is no fault here.
 */
function judging(regime: Regime): Regime {
  return {
    ...regime,
    classify: (reading, level): Judged => {
      const own = regime.classify(reading, level);
      if (own.kind === 'fault' && regime.describePayload(reading, level).note !== undefined)
        return { kind: 'payload', inherits: 0, odd: false, meant: true };
      return { ...own, odd: reading.findings.some(({ severity }) => severity !== 'note'), meant: false };
    },
  };
}

/** What a table's entries add up to at one level. */
interface Census {
  leaves: number;
  confirmed: number;
  /** Pointers to tables with nothing in them. */
  empty: number;
  missing: number;
  wrong: number;
  faults: number;
  /** Pointers that look like leaves, and leaves of the lowest level that look like pointers. */
  disguised: number;
  payload: number;
}

/** A page of numbers: no need to read on. */
const hopeless = ({ faults, wrong, missing, confirmed, leaves }: Census): boolean =>
  faults > 8 || wrong > 128 || (missing > 64 && confirmed + leaves === 0);

/** A table that is a root, or stands below one. */
interface Place {
  readonly address: Bytes;
  readonly level: number;
  readonly entries: number;
}

/** The pages of one memory that may be tables of one species, with the levels at which they can stand. */
class Forest {
  readonly species: Species;
  readonly #memory: AddressSpace;
  readonly #classifier: Classifier;
  readonly #never: readonly [lo: number, hi: number];
  readonly #zero: FrameBits;
  readonly frames: Frame[] = [];
  readonly #places = new Map<number, number>();
  /** A bit for each level. */
  #levels = new Uint8Array(0);
  #below = new Uint8Array(0);
  #part: { frame: Frame; like: boolean } = { frame: -1, like: false };
  full = false;

  constructor(species: Species, memory: AddressSpace, zero: FrameBits) {
    this.species = species;
    this.#memory = memory;
    this.#zero = zero;
    const regime = judging(species.regime);
    this.#classifier = new Classifier(regime);
    this.#never = neverBits(species, regime);
  }

  /** The first look at a page: may it be (a part of) a table? */
  look(frame: Frame, words: Uint32Array, limit: number): void {
    const { tableFrames, present, regime, meant } = this.species;
    const [neverLo, neverHi] = this.#never;
    const step = regime.entryBytes / 4;
    let some = false;
    for (let i = 0; i < words.length; i += step) {
      const lo = words[i] as number;
      if ((lo & present) === 0) continue;
      const hi = step === 2 ? (words[i + 1] as number) : 0;
      if ((lo & neverLo) !== 0 || (hi & neverHi) !== 0) {
        if (meant && (lo & meant[0]) === meant[0] && (hi & meant[1]) === meant[1] && this.#isMeant(lo, hi)) {
          some = true;
          continue;
        }
        some = false;
        break;
      }
      some = true;
    }
    const base = frame - (frame % tableFrames);
    if (this.#part.frame !== base) this.#part = { frame: base, like: false };
    if (!some || this.#part.like) return;
    this.#part.like = true;
    if (this.frames.length >= limit) {
      this.full = true;
      return;
    }
    this.#places.set(base, this.frames.length);
    this.frames.push(base);
  }

  /** Does an entry of the lowest level fault on purpose? */
  #isMeant(lo: number, hi: number): boolean {
    const { leaf } = this.species.regime.levels[0] as Level;
    return (this.#classifier.classOf(lo, hi, 0, false, leaf) as Judged).meant;
  }

  /** Find the levels at which every page can stand, from the leaves up. */
  grow(): void {
    const { frames, species } = this;
    this.#levels = new Uint8Array(frames.length);
    this.#below = new Uint8Array(frames.length);
    const top = Math.max(...species.tops, (species.small?.level ?? 0) - 1);
    for (let level = 0; level <= top; level++) {
      const size = 2 ** (species.regime.levels[level] as Level).indexBits;
      for (let place = 0; place < frames.length; place++) {
        const address = bytesOf(frames[place] as number);
        const children: number[] = [];
        if (!this.#plausible(this.#census(address, level, size, children), level)) continue;
        this.#levels[place] = (this.#levels[place] as number) | (1 << level);
        for (const child of children)
          if (child !== place) this.#below[child] = (this.#below[child] as number) | (1 << (level - 1));
      }
    }
  }

  can(place: number, level: number): boolean {
    return ((this.#levels[place] as number) & (1 << level)) !== 0;
  }

  placeOf(frame: Frame): number | undefined {
    return this.#places.get(frame);
  }

  /** Tables that can be roots, and that no other table leads to: the highest level of each. */
  roots(): Place[] {
    const found: Place[] = [];
    const { tops, regime } = this.species;
    for (let place = 0; place < this.frames.length; place++) {
      const level = [...tops].sort((a, b) => b - a).find(one => this.can(place, one));
      if (level === undefined) continue;
      // a leaf table of the direct map leads to tables as pages, and may pass for a table of tables: only a parent that
      // makes it the very table that it would be counts
      if (((this.#below[place] as number) & (1 << level)) !== 0) continue;
      const { indexBits } = regime.levels[level] as Level;
      found.push({ address: bytesOf(this.frames[place] as number), level, entries: 2 ** indexBits });
    }
    return found;
  }

  /** Roots smaller than a page, in pages that are no tables as a whole. */
  smallRoots(frame: Frame, words: Uint32Array): Place[] {
    const { small, regime, present, tableFrames } = this.species;
    if (!small) return [];
    const place = this.#places.get(frame - (frame % tableFrames));
    if (place !== undefined && this.#levels[place] !== 0) return [];
    const { level, entries } = small;
    const form = (regime.levels[level] as Level).table;
    const step = regime.entryBytes / 4;
    const found: Place[] = [];
    const window = Math.min(words.length, entries * step);
    for (let start = 0; start < words.length; start += window) {
      let pointers = 0;
      for (let i = start; i < start + window; i += step) {
        const lo = words[i] as number;
        const hi = step === 2 ? (words[i + 1] as number) : 0;
        if (lo === 0 && hi === 0) continue;
        const child = (lo & present) !== 0 ? this.#places.get(frameOf(form.address(lo, hi))) : undefined;
        if (child === undefined || !this.can(child, level - 1)) {
          pointers = -1;
          break;
        }
        pointers++;
      }
      if (pointers <= 0) continue;
      const address = bytesOf(frame) + start * 4;
      const census = this.#census(address, level, entries, []);
      if (census?.wrong === 0 && this.#plausible(census, level)) found.push({ address, level, entries });
    }
    return found;
  }

  #plausible(census: Census | undefined, level: number): boolean {
    if (!census) return false;
    const { leaves, confirmed, missing, wrong, faults, disguised, payload, empty } = census;
    const good = leaves + confirmed;
    if (good === 0 || faults * 64 > good) return false;
    if (level === 0) return disguised * 2 <= leaves && payload <= 16 * leaves;
    return (
      disguised * 2 <= confirmed + missing + wrong + empty &&
      wrong * 4 <= good &&
      missing <= 8 * good &&
      // a table that has pointers, and none of them leads to a table, is none
      (confirmed > 0 || wrong + missing === 0)
    );
  }

  /** Counts what the entries of a table are; undefined where too many are wrong. */
  #census(address: Bytes, level: number, entries: number, children: number[]): Census | undefined {
    const census: Census = {
      leaves: 0,
      confirmed: 0,
      empty: 0,
      missing: 0,
      wrong: 0,
      faults: 0,
      disguised: 0,
      payload: 0,
    };
    const { leafOnly, leafSome, tableFrames } = this.species;
    const { payload } = this.species.regime;
    this.entries(address, level, entries, (lo, hi, _i, asTable, form, { kind, odd, meant }) => {
      if (meant) census.leaves++;
      else if (kind === 'payload')
        census.payload += (lo & payload[0]) !== 0 || (hi & payload[1]) !== 0 ? 1 : 0;
      else if (kind === 'fault' || odd) census.faults++;
      else if (kind === 'leaf') {
        census.leaves++;
        if (level === 0 && leafSome !== 0 && (lo & leafSome) === 0) census.disguised++;
      } else if (kind === 'table' && asTable) {
        if ((lo & leafOnly[0]) !== 0 || (hi & leafOnly[1]) !== 0) census.disguised++;
        const frame = frameOf(form.address(lo, hi));
        const child = this.#places.get(frame);
        if (child !== undefined && this.can(child, level - 1)) {
          census.confirmed++;
          children.push(child);
        } else if (this.#zero.has(frame)) census.empty++;
        else if (frame % tableFrames !== 0 || this.#zero.holds(frame)) census.wrong++;
        else census.missing++;
      }
      return !hopeless(census);
    });
    return hopeless(census) ? undefined : census;
  }

  /**
   * Every entry that is not zero, until `each` answers false. Nothing is followed: what a page of tables leads to is looked up
   * among the pages that may be tables, from the leaves up, so there is no way down for `Descent`.
   */
  entries(
    address: Bytes,
    level: number,
    entries: number,
    each: (
      lo: number,
      hi: number,
      index: number,
      asTable: boolean,
      form: EntryForm,
      judged: Judged,
    ) => boolean,
  ): void {
    const { regime, present } = this.species;
    const { pointsToTable, table, leaf, group } = regime.levels[level] as Level;
    const { entryBytes } = regime;
    const step = entryBytes / 4;
    const stop = address + entries * entryBytes;
    let first = 0;
    for (let place = address; place < stop; place = pieceEnd(place, stop)) {
      const count = (pieceEnd(place, stop) - place) / entryBytes;
      const words = this.#memory.page(frameOf(place));
      const offset = inPage(place) / 4;
      for (let i = 0; words && i < count; i++) {
        const lo = words[offset + i * step] as number;
        const hi = step === 2 ? (words[offset + i * step + 1] as number) : 0;
        if (lo === 0 && hi === 0) continue;
        const asTable = pointsToTable(lo, hi);
        const form = asTable ? table : group?.has(lo, hi) ? group.form : leaf;
        // what is not present says nothing here, and what software left in it is slow to read
        const judged =
          (lo & present) === 0
            ? NOT_PRESENT
            : (this.#classifier.classOf(lo, hi, level, asTable, form) as Judged);
        if (!each(lo, hi, first + i, asTable, form, judged)) return;
      }
      first += count;
    }
  }
}

/**
 * Bits that no present entry has at any level, asked of the rules: each bit is set in plain entries, and where every
 * level finds fault with it in all of them, a page that has it holds no entries.
 */
function neverBits({ samples }: Species, regime: Regime): readonly [lo: number, hi: number] {
  const never: [number, number] = [0, 0];
  const wrong = (word: bigint, level: number): boolean => {
    const { kind, odd } = regime.classify(regime.read(word, level), level) as Judged;
    return odd || kind === 'fault' || kind === 'payload' || kind === 'empty';
  };
  for (let bit = 0; bit < regime.entryBytes * 8; bit++) {
    const set = 1n << BigInt(bit);
    const always = regime.levels.every((_, level) => samples.every(word => wrong(BigInt(word) | set, level)));
    if (always) never[bit < 32 ? 0 : 1] |= 1 << (bit % 32);
  }
  return [never[0] >>> 0, never[1] >>> 0];
}

/** Frames of a memory as bits, by where they stand among its ranges: here, the pages of zeros. */
class FrameBits {
  readonly #starts: readonly { frame: Frame; end: Frame; at: number }[];
  readonly #bits: Uint32Array;

  constructor(memory: AddressSpace) {
    let at = 0;
    this.#starts = memory.ranges.map(({ frame, end }) => {
      const start = { frame, end, at };
      at += end - frame;
      return start;
    });
    this.#bits = new Uint32Array(Math.ceil(at / 32));
  }

  #bit(frame: Frame): number | undefined {
    const range = rangeOf(this.#starts, frame);
    return range && range.at + frame - range.frame;
  }

  add(frame: Frame): void {
    const bit = this.#bit(frame);
    if (bit !== undefined) this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] as number) | (1 << (bit & 31));
  }

  /** Is the frame in the memory at all? */
  holds(frame: Frame): boolean {
    return this.#bit(frame) !== undefined;
  }

  has(frame: Frame): boolean {
    const bit = this.#bit(frame);
    return bit !== undefined && ((this.#bits[bit >>> 5] as number) & (1 << (bit & 31))) !== 0;
  }
}

const isZero = (words: Uint32Array): boolean => {
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
};

/** Look for the roots of every species in a memory. */
export function scan(memory: AddressSpace, kinds: readonly Species[], options: ScanOptions = {}): Scan {
  const { maxPages = 2 ** 22, maxTables = 2 ** 19 } = options;
  const held = memory.ranges.reduce((sum, { frame, end }) => sum + (end - frame), 0);
  const zero = new FrameBits(memory);
  const forests = kinds.map(species => new Forest(species, memory, zero));
  const stopped: string[] = [];
  let pages = 0;
  const each = (visit: (frame: Frame, words: Uint32Array) => void): number => {
    let seen = 0;
    for (const { frame: first, end } of memory.ranges)
      for (let start = first; start < end; start += BATCH) {
        const stop = Math.min(end, start + BATCH);
        memory.prefetch?.(Array.from({ length: stop - start }, (_, i) => start + i));
        for (let frame = start; frame < stop; frame++) {
          if (seen++ >= maxPages) return maxPages;
          const words = memory.page(frame);
          if (words) visit(frame, words);
        }
      }
    return seen;
  };
  pages = each((frame, words) => {
    if (isZero(words)) zero.add(frame);
    else for (const forest of forests) forest.look(frame, words, maxTables);
  });
  if (pages < held) stopped.push(`only the first ${pages} of ${held} pages were searched`);
  const found: ScannedRoot[] = [];
  const claims: Claims = new Map();
  for (const forest of forests) {
    if (forest.full)
      stopped.push(`${forest.species.id}: more than ${maxTables} pages may be tables; the rest was left out`);
    forest.grow();
    for (const root of forest.roots()) found.push(measure(forest, zero, root, claims));
  }
  const small = forests.filter(({ species }) => species.small);
  if (small.length > 0)
    each((frame, words) => {
      if (zero.has(frame)) return;
      for (const forest of small)
        for (const root of forest.smallRoots(frame, words)) found.push(measure(forest, zero, root, claims));
    });
  return {
    roots: found.filter(root => (root.tables > 1 || root.leaves >= FEW) && isOwn(root, claims)),
    pages,
    held,
    stopped,
  };
}

/** The best tree that a frame is a table of, of any species. */
type Claims = Map<number, Claim>;
interface Claim {
  readonly species: Species;
  /**
   * What it explains: depth first, for a deep tree is no accident; then tables, leaves, leaves side by side; among
   * equals, the larger tables.
   */
  readonly explains: readonly number[];
}

const better = (a: readonly number[], b: readonly number[]): boolean => {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value > (b[i] as number);
  return false;
};
const explains = ({ level, tables, leaves, steps, species }: ScannedRoot): readonly number[] => [
  tables > level ? level : 0,
  tables,
  leaves,
  steps,
  species.tableFrames,
];

/** A tree of one table has little to show: large pages, more than a few. */
const FEW = 4;

/** Is the root's page in no better tree of another kind? */
function isOwn(root: ScannedRoot, claims: Claims): boolean {
  const claim = claims.get(frameOf(root.address));
  return !claim || claim.species === root.species || !better(claim.explains, explains(root));
}

/** Walk the tree of a root, each table once, and count. */
class Measure {
  readonly #forest: Forest;
  readonly #memory: FrameBits;
  readonly #root: Place;
  readonly #patterns = new Map<string, { -readonly [K in keyof Pattern]: Pattern[K] }>();
  readonly #used: number[] = [];
  readonly #seen = new Set<string>();
  /** Of all tables. */
  readonly frames: Frame[] = [];
  readonly #queue: Place[];
  #tables = 0;
  #missing = 0;
  #wrong = 0;
  #leaves = 0;
  #steps = 0;
  #held = 0;
  #upperHalf = 0;

  constructor(forest: Forest, memory: FrameBits, root: Place) {
    this.#forest = forest;
    this.#memory = memory;
    this.#root = root;
    this.#queue = [root];
  }

  run(): ScannedRoot {
    for (let next = this.#queue.pop(); next && this.#tables < TREE; next = this.#queue.pop())
      this.#table(next);
    return {
      species: this.#forest.species,
      ...this.#root,
      tables: this.#tables,
      missing: this.#missing,
      wrong: this.#wrong,
      leaves: this.#leaves,
      steps: this.#steps,
      held: this.#held,
      patterns: [...this.#patterns.values()].sort((a, b) => b.count - a.count),
      used: this.#used,
      upperHalf: this.#upperHalf,
    };
  }

  #table({ address, level, entries }: Place): void {
    const { regime } = this.#forest.species;
    this.#tables++;
    const stop = address + entries * regime.entryBytes;
    for (let byte = address; byte < stop; byte += PAGE_BYTES) this.frames.push(frameOf(byte));
    const isRoot = this.#tables === 1;
    const page = 2 ** (regime.levels[level] as Level).shift;
    let before = -1;
    this.#forest.entries(address, level, entries, (lo, hi, index, asTable, form, { kind }) => {
      if (kind !== 'leaf' && kind !== 'table') return true;
      if (isRoot) this.#use(index, lo, hi);
      this.#pattern(level, asTable, form, lo, hi);
      const target = bytesOf(outputFrame(form, lo, hi, index));
      if (kind === 'table') this.#pointer(target, level);
      else {
        this.#leaves++;
        if (target === before + page) this.#steps++;
        before = target;
        if (this.#memory.holds(frameOf(target))) this.#held++;
      }
      return true;
    });
  }

  /** An entry of the root. */
  #use(index: number, lo: number, hi: number): void {
    this.#used.push(index);
    if (index < this.#root.entries / 2) return;
    // FNV-1a over index and entry, what hardware changes left out: equal kernel halves are equal numbers
    for (const part of [index, lo & ~this.#forest.species.updated, hi])
      this.#upperHalf = Math.imul((this.#upperHalf || 0x811c9dc5) ^ part, 0x01000193) >>> 0;
  }

  #pattern(level: number, table: boolean, { attributes }: EntryForm, lo: number, hi: number): void {
    const key = `${level} ${table} ${(lo & attributes[0]) >>> 0} ${(hi & attributes[1]) >>> 0}`;
    const pattern = this.#patterns.get(key);
    if (pattern) pattern.count++;
    else if (this.#patterns.size < PATTERNS) this.#patterns.set(key, { level, table, lo, hi, count: 1 });
  }

  /** An entry that leads to a table: is it one of those that may stand there? */
  #pointer(target: Bytes, level: number): void {
    const frame = frameOf(target);
    const place = this.#forest.placeOf(frame);
    if (place === undefined || !this.#forest.can(place, level - 1)) {
      if (!this.#memory.holds(frame)) this.#missing++;
      else if (!this.#memory.has(frame)) this.#wrong++;
      return;
    }
    const id = `${place} ${level}`;
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const { indexBits } = this.#forest.species.regime.levels[level - 1] as Level;
    this.#queue.push({ address: target, level: level - 1, entries: 2 ** indexBits });
  }
}

/** Count the tree of a root, and claim its tables where no better tree has them. */
function measure(forest: Forest, memory: FrameBits, place: Place, claims: Claims): ScannedRoot {
  const tree = new Measure(forest, memory, place);
  const root = tree.run();
  const claim: Claim = { species: forest.species, explains: explains(root) };
  for (const frame of tree.frames) {
    const other = claims.get(frame);
    if (!other || better(claim.explains, other.explains)) claims.set(frame, claim);
  }
  return root;
}

/** The word of a pattern. */
export const wordOf = ({ lo, hi }: Pattern): bigint => join(lo, hi);
