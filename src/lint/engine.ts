/**
 * All rules over all spaces of a dump. Tables are read once each (`visit.ts`), leaves are cut where something beside
 * them changes (`pieces.ts`), and every class that comes out is judged once
 * by every rule. What each class maps is kept as sets of page frames, and where sets meet the rules on pages are asked.
 * Memory is bounded by distinct tables, distinct classes and runs of page frames, never by leaves.
 */
import type { Finding } from '../bits/codec.ts';
import type { AddressSpace } from '../image/address-space.ts';
import { type Frame, frameOf, framesOfShift } from '../image/frames.ts';
import type { LeafView, Level, Regime } from '../walk/regime.ts';
import type { Space } from '../walk/space.ts';
import type { Through } from '../walk/through.ts';
import { type EntryClass, EntryClasses } from './classes.ts';
import { FrameSet } from './frame-set.ts';
import { type Judged, judge } from './judge.ts';
import { locate, type Wanted } from './locate.ts';
import { type Beside, LeafPieces, MAX_COMBINATIONS, type TakePiece } from './pieces.ts';
import { pieceOf, placeOf } from './places.ts';
import { type LintReport, Reports } from './reports.ts';
import type { LintRule, PageUse, Verdict } from './rule.ts';
import { overlaps } from './sweep.ts';
import { type GroupMember, type Run, type TablePlace, visit } from './visit.ts';

export interface LintOptions extends Beside {
  readonly rules: readonly LintRule[];
  /** Ranges that a report keeps. Default 3. */
  readonly examples?: number;
  /** Distinct tables of one space at most. Default 2^20 (512 million 4-KiB entries). */
  readonly maxTables?: number;
}

/** What was looked at in one space, and what could not be. */
export interface SpaceResult {
  readonly space: Space;
  readonly tables: number;
  readonly leaves: number;
  /** Tables that the image does not hold, and where the first should be. */
  readonly missing: number;
  readonly firstMissing?: number;
  /** Sentences: what was not looked at, or not compared. */
  readonly limits: readonly string[];
  /** Did a limit or a missing table cut the answer short? */
  readonly complete: boolean;
}

export interface LintResult {
  /** Worst first, then in the order of the rules and spaces. */
  readonly reports: readonly LintReport[];
  readonly spaces: readonly SpaceResult[];
  /** Places that gave rise to more sentences than are kept. */
  readonly dropped: number;
}

export const DEFAULT_EXAMPLES = 3;
export const DEFAULT_MAX_TABLES = 2 ** 20;

export function lint(spaces: readonly Space[], image: AddressSpace, options: LintOptions): LintResult {
  return new Linter(spaces, image, options).result();
}

class Linter {
  readonly #spaces: readonly Space[];
  readonly #image: AddressSpace;
  readonly #options: LintOptions;
  readonly #rules: readonly LintRule[];
  readonly #reports: Reports;
  /** Every way in which pages are in use, and the pages. */
  readonly #uses: { readonly use: PageUse; readonly frames: FrameSet }[] = [];

  constructor(spaces: readonly Space[], image: AddressSpace, options: LintOptions) {
    this.#spaces = spaces;
    this.#image = image;
    this.#options = options;
    this.#rules = options.rules.filter(
      ({ needs }) =>
        needs === undefined ||
        (needs === 'map' ? options.map !== undefined : options.expectation !== undefined),
    );
    this.#reports = new Reports(options.examples ?? DEFAULT_EXAMPLES);
  }

  result(): LintResult {
    const wantsPages = this.#rules.some(({ pages }) => pages !== undefined);
    const guided = new Set(this.#spaces.flatMap(({ second }) => (second ? [second.candidate.name] : [])));
    const scans = this.#spaces.map(space => this.#scan(space, guided.has(space.candidate.name), wantsPages));
    const results = scans.map(scan => scan.run(this.#reports));
    if (wantsPages) this.#pages(scans);
    return {
      reports: this.#reports.list(this.#options.rules, this.#spaces[0]?.candidate.regime.arch),
      spaces: results,
      dropped: this.#reports.dropped,
    };
  }

  #scan(space: Space, guided: boolean, wantsPages: boolean): SpaceScan {
    return new SpaceScan(
      space,
      this.#image,
      this.#rules,
      this.#options,
      guided,
      wantsPages ? use => this.#uses.push({ use, frames: new FrameSet() }) - 1 : () => -1,
      (index, frame, frames) => this.#uses[index]?.frames.add(frame, frames),
    );
  }

  /** Where pages are in use in more ways than one. A second look at the tables finds the addresses of the examples. */
  #pages(scans: readonly SpaceScan[]): void {
    const judged = new Map<string, readonly Judged[]>();
    const wanted: Wanted[] = [];
    for (const { sets, key, frame, frames } of overlaps(this.#uses.map(use => use.frames))) {
      let verdicts = judged.get(key);
      if (!verdicts) {
        if (judged.size >= MAX_COMBINATIONS) {
          for (const scan of scans)
            scan.limit(`pages are in use in more than ${MAX_COMBINATIONS} ways: not all were compared`);
          break;
        }
        const uses = sets.map(index => (this.#uses[index] as { use: PageUse }).use);
        verdicts = judge(this.#rules, 'pages', uses);
        judged.set(key, verdicts);
      }
      for (const { rule, verdict } of verdicts) {
        const all = sets.map(index => (this.#uses[index] as { use: PageUse }).use);
        const uses = verdict.uses ?? all;
        const open = this.#reports.count(rule, verdict, undefined, frame, frames, 0);
        if (!open) continue;
        const example = this.#reports.keep(open, { is: 'pages', uses, frame, frames });
        const meant = sets.filter((_, i) => uses.includes(all[i] as PageUse));
        wanted.push({ frame, sets: meant, found: example.ways });
      }
    }
    if (wanted.length > 0) for (const scan of scans) scan.locate(wanted);
    const full = this.#uses.some(({ frames }) => frames.full);
    if (full)
      for (const scan of scans) scan.limit('pages are scattered over too many runs: not all were compared');
  }
}

/** One space: read, judged, and read again where addresses are wanted. */
class SpaceScan {
  readonly #space: Space;
  readonly #regime: Regime;
  readonly #rules: readonly LintRule[];
  readonly #maxTables: number;
  readonly #newUse: (use: PageUse) => number;
  readonly #addUse: (index: number, frame: Frame, frames: Frame) => void;
  readonly #classes: EntryClasses;
  readonly #pieces: LeafPieces;
  readonly #findings = new Map<string, number>();
  readonly #limits: string[] = [];
  #reports: Reports = new Reports(0);
  #uncertain = 0;

  constructor(
    space: Space,
    image: AddressSpace,
    rules: readonly LintRule[],
    options: LintOptions,
    guided: boolean,
    newUse: (use: PageUse) => number,
    addUse: (index: number, frame: Frame, frames: Frame) => void,
  ) {
    this.#space = space;
    this.#regime = space.candidate.regime;
    this.#rules = rules;
    this.#maxTables = options.maxTables ?? DEFAULT_MAX_TABLES;
    this.#newUse = newUse;
    this.#addUse = addUse;
    this.#classes = new EntryClasses(space, rules);
    this.#pieces = new LeafPieces(space, image, rules, options, guided, newUse);
  }

  limit(text: string): void {
    this.#limits.push(text);
  }

  run(reports: Reports): SpaceResult {
    this.#reports = reports;
    const { candidate, second } = this.#space;
    const regime = this.#regime;
    for (const finding of candidate.findings) this.#register(finding);
    const tableUse = this.#newUse({ is: 'table', space: this.#space });
    let missing = 0;
    let firstMissing: number | undefined;
    const visited = visit(
      regime,
      this.#space.memory,
      {
        run: run => this.#run(run),
        pointer: run => this.#entry(run),
        table: ({ address, entries }) => {
          const bytes = entries * regime.entryBytes;
          const last = frameOf(address + bytes - 1);
          for (let frame = frameOf(address); frame <= last; frame++) {
            const physical = second ? (this.#space.memory as Through).frameOf(frame) : frame;
            if (physical !== undefined) this.#addUse(tableUse, physical, 1);
          }
        },
        loop: run => {
          const { view } = this.#classes.of(run);
          for (const { rule, verdict } of judge(this.#rules, 'loop', view))
            this.#tell(rule, verdict, run, undefined);
        },
        group: (members, size) => this.#group(members, size),
        enough: () => this.#classes.enough,
        hidden: (table, finding) => this.#hidden(table, finding),
        missing: ({ address }) => {
          missing++;
          firstMissing ??= address;
        },
      },
      { maxTables: this.#maxTables },
    );
    const { leaves, tables, stopped } = visited;
    const view = { space: this.#space, leaves, findings: this.#findings };
    for (const { rule, verdict } of judge(this.#rules, 'space', view)) this.#whole(rule, verdict);
    if (stopped !== undefined) this.#limits.push(stopped);
    if (this.#pieces.stopped !== undefined) this.#limits.push(`second stage: ${this.#pieces.stopped}`);
    if (this.#uncertain > 0) {
      const pages = this.#uncertain === 1 ? '1 page' : `${this.#uncertain} pages`;
      this.#limits.push(
        regime.input === 'va'
          ? `the memory type of ${pages} is not certain: they were not compared`
          : `the guest decides the memory type of ${pages}, and its own tables are not known: they were not compared`,
      );
    }
    return {
      space: this.#space,
      tables,
      leaves,
      missing,
      ...(firstMissing === undefined ? {} : { firstMissing }),
      limits: this.#limits,
      complete: missing === 0 && stopped === undefined && this.#pieces.stopped === undefined,
    };
  }

  /** Look at the tables again for the addresses of pages. */
  locate(wanted: readonly Wanted[]): void {
    locate(this.#space, this.#classes, this.#pieces, wanted, this.#maxTables);
  }

  #register(finding: Finding): void {
    const rule = this.#rules.find(({ id }) => id === 'register');
    const { message, severity, ref } = finding;
    if (rule) this.#whole(rule, { message, severity, ...(ref ? { ref } : {}) });
  }

  #run(run: Run): void {
    const entry = this.#entry(run);
    if (run.pattern.kind === 'leaf') this.#pieces.of(run, entry, this.#piece);
  }

  readonly #piece: TakePiece = (access, run, entry, input, output, frames) => {
    this.#addUse(access.use, output, frames);
    if (!access.certain) this.#uncertain += frames;
    if (access.verdicts.length === 0) return;
    const entries = Math.max(1, frames / framesOfShift(entry.view.level.shift));
    for (const { rule, verdict } of access.verdicts) {
      const open = this.#reports.count(rule, verdict, this.#space, input, frames, entries);
      if (open) this.#reports.keep(open, pieceOf(this.#space, run, entry, input, output, frames, access));
    }
  };

  /** Judge what an entry says by itself. */
  #entry(run: Run): EntryClass {
    const entry = this.#classes.of(run);
    for (const { rule, verdict } of entry.verdicts) this.#tell(rule, verdict, run, entry.view.leaf);
    const { findings } = run.pattern.reading;
    if (findings.length > 0 && run.pattern.kind === 'leaf') {
      const entries = run.frames / framesOfShift(entry.view.level.shift);
      for (const { id } of findings) this.#findings.set(id, (this.#findings.get(id) ?? 0) + entries);
    }
    return entry;
  }

  /** A table that the second stage denies to the walker. */
  #hidden({ address, level: index, entries, input }: TablePlace, finding: Finding): void {
    const level = this.#regime.levels[index] as Level;
    const frames = entries * framesOfShift(level.shift);
    for (const { rule, verdict } of judge(this.#rules, 'hidden', { space: this.#space, level, finding })) {
      const open = this.#reports.count(rule, verdict, this.#space, input, frames, 0);
      if (open)
        this.#reports.keep(open, {
          is: 'range',
          space: this.#space,
          level,
          kind: 'fault',
          input,
          frames,
          entries,
          at: address,
        });
    }
  }

  /** Something about the space as a whole. */
  #whole(rule: LintRule, verdict: Verdict): void {
    const open = this.#reports.count(rule, verdict, this.#space, 0, 0, 0);
    if (open) this.#reports.keep(open, { is: 'space', space: this.#space });
  }

  #tell(rule: LintRule, verdict: Verdict, run: Run, leaf: LeafView | undefined): void {
    const { pattern, input, frames } = run;
    const entries = Math.max(1, frames / framesOfShift((this.#regime.levels[pattern.level] as Level).shift));
    const open = this.#reports.count(rule, verdict, this.#space, input, frames, entries);
    if (!open) return;
    const place = placeOf(this.#space, run);
    this.#reports.keep(open, leaf ? { ...place, perm: leaf.perm, type: leaf.type } : place);
  }

  #group(members: readonly GroupMember[], size: number): void {
    const [first] = members;
    if (!first) return;
    const { shift } = this.#regime.levels[first.pattern.level] as Level;
    const frames = framesOfShift(shift);
    const view = {
      space: this.#space,
      size,
      members: members.map(({ pattern, input, output, lo, hi }) => ({
        index: Math.floor(input / frames) % size,
        reading: pattern.reading,
        kind: pattern.kind,
        lo,
        hi,
        output,
        frames,
      })),
    };
    for (const { rule, verdict } of judge(this.#rules, 'group', view)) {
      const open = this.#reports.count(
        rule,
        verdict,
        this.#space,
        first.input,
        frames * size,
        members.length,
      );
      if (open)
        this.#reports.keep(open, {
          ...placeOf(this.#space, { ...first, frames: frames * size }),
          entries: members.length,
        });
    }
  }
}
