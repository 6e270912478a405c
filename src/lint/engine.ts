/**
 * All rules over all spaces of a dump. Tables are read once each (`visit.ts`), leaves are cut where something beside
 * them changes (the second stage, an MTRR, a memory map, an expectation), and every class that comes out is judged once
 * by every rule. What each class maps is kept as sets of page frames, and where sets meet the rules on pages are asked.
 * Memory is bounded by distinct tables, distinct classes and runs of page frames, never by leaves.
 */
import type { Finding } from '../bits/codec.ts';
import { firstNot } from '../bits/search.ts';
import type { AddressSpace } from '../image/address-space.ts';
import { ALL_FRAMES, type Frame, frameOf, framesOfShift, inPage } from '../image/frames.ts';
import { endOf, firstEndingAfter } from '../walk/batch.ts';
import { type Agreement, both, type EffectiveView } from '../walk/effective.ts';
import { leafAt, patternKey } from '../walk/map.ts';
import { KIND, type LeafView, type Level, type Regime, type Rights } from '../walk/regime.ts';
import type { Space } from '../walk/space.ts';
import type { Through } from '../walk/through.ts';
import { type WalkResult, walk } from '../walk/walker.ts';
import type { DeclaredMap } from './declared.ts';
import type { Expectation } from './expectation.ts';
import { FrameSet } from './frame-set.ts';
import { MtrrRuns } from './mtrr-runs.ts';
import { type LintReport, type RangePlace, Reports } from './reports.ts';
import type { AccessView, EntryView, LintRule, PageUse, Verdict, Verdicts } from './rule.ts';
import { decidedAlone } from './second-stage.ts';
import { overlaps } from './sweep.ts';
import { type GroupMember, type Pattern, type Run, visit } from './visit.ts';

export interface LintOptions {
  readonly rules: readonly LintRule[];
  /** What physical addresses are. */
  readonly map?: DeclaredMap;
  /** What second stages should permit. */
  readonly expectation?: Expectation;
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
/** Classes of entries that are judged at most, in one space; and combinations of uses of pages. */
const MAX_CLASSES = 2 ** 16;
const MAX_COMBINATIONS = 2 ** 14;
/** The processor itself splits large pages below 4 MBytes over fixed-range MTRRs. */
const LOW_FRAMES = 1024;

export function lint(spaces: readonly Space[], image: AddressSpace, options: LintOptions): LintResult {
  return new Linter(spaces, image, options).result();
}

/** Rules that have a check, with it: asked in the order of the registry. */
type Hook = 'entry' | 'access' | 'group' | 'loop' | 'pages' | 'space';
const listed = (verdicts: Verdicts): readonly Verdict[] =>
  verdicts === undefined ? [] : Array.isArray(verdicts) ? verdicts : [verdicts as Verdict];

interface Judged {
  readonly rule: LintRule;
  readonly verdict: Verdict;
}
function judge<H extends Hook>(
  rules: readonly LintRule[],
  hook: H,
  view: Parameters<NonNullable<LintRule[H]>>[0],
): readonly Judged[] {
  return rules.flatMap(rule => {
    const check = rule[hook] as ((view: unknown) => Verdicts) | undefined;
    return listed(check?.(view)).map(verdict => ({ rule, verdict }));
  });
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
      reports: this.#reports.list(this.#options.rules),
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

/** A page that stands for a report: who maps it, to be found in the tables. */
interface Wanted {
  readonly frame: Frame;
  readonly sets: readonly number[];
  readonly found: RangePlace[];
}

/** What a run of leaves is, once everything that has a say is known. */
interface AccessClass {
  readonly verdicts: readonly Judged[];
  /** Index into the uses of pages. */
  readonly use: number;
  /** Is the memory type known, here or from the guest's own tables? */
  readonly certain: boolean;
  readonly effective?: EffectiveView;
  readonly rights: Rights;
}

interface EntryClass {
  readonly view: EntryView;
  readonly verdicts: readonly Judged[];
  /** Of its leaves, by what else has a say. */
  readonly classes: Map<string, AccessClass>;
  /** The class where nothing but a register has a say: of the last run key. */
  plain?: AccessClass;
  plainKey?: string;
}

/** One space: read, judged, and read again where addresses are wanted. */
class SpaceScan {
  readonly #space: Space;
  readonly #regime: Regime;
  readonly #rules: readonly LintRule[];
  readonly #options: LintOptions;
  /** Does a guest's own space go through this one? Then that one says what its pages are. */
  readonly #guided: boolean;
  readonly #newUse: (use: PageUse) => number;
  readonly #addUse: (index: number, frame: Frame, frames: Frame) => void;
  readonly #useIds = new Map<string, number>();
  readonly #entries = new Map<number, EntryClass>();
  readonly #second: WalkResult | undefined;
  readonly #secondViews = new Map<string, EntryView>();
  readonly #mtrrs: MtrrRuns | undefined;
  readonly #findings = new Map<string, number>();
  readonly #limits: string[] = [];
  #reports: Reports = new Reports(0);
  #uncertain = 0;
  #enough: string | undefined;
  #locating: readonly Wanted[] | undefined;

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
    this.#options = options;
    this.#guided = guided;
    this.#newUse = newUse;
    this.#addUse = addUse;
    this.#second = space.second && walk(space.second.candidate.regime, image);
    this.#mtrrs = space.candidate.rules && new MtrrRuns(space.candidate.rules);
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
          const { view } = this.#classOf(run);
          for (const { rule, verdict } of judge(this.#rules, 'loop', view))
            this.#tell(rule, verdict, run, undefined);
        },
        group: (members, size) => this.#group(members, size),
        enough: () => this.#enough,
        missing: ({ address }) => {
          missing++;
          firstMissing ??= address;
        },
      },
      { maxTables: this.#options.maxTables ?? DEFAULT_MAX_TABLES },
    );
    const { leaves, tables, stopped } = visited;
    const view = { space: this.#space, leaves, findings: this.#findings };
    for (const { rule, verdict } of judge(this.#rules, 'space', view)) this.#whole(rule, verdict);
    if (stopped !== undefined) this.#limits.push(stopped);
    if (this.#second?.stopped !== undefined) this.#limits.push(`second stage: ${this.#second.stopped}`);
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
      complete: missing === 0 && stopped === undefined && this.#second?.stopped === undefined,
    };
  }

  /** Look at the tables again for the addresses of pages. */
  locate(wanted: readonly Wanted[]): void {
    this.#locating = [...wanted].sort((a, b) => a.frame - b.frame);
    visit(
      this.#regime,
      this.#space.memory,
      {
        run: run => {
          if (run.pattern.kind === 'leaf') this.#leaves(run, this.#classOf(run));
        },
        pointer() {},
        table() {},
        loop() {},
        group() {},
        missing() {},
      },
      { maxTables: this.#options.maxTables ?? DEFAULT_MAX_TABLES },
    );
    this.#locating = undefined;
  }

  #register(finding: Finding): void {
    const rule = this.#rules.find(({ id }) => id === 'register');
    const { message, severity, ref } = finding;
    if (rule) this.#whole(rule, { message, severity, ...(ref ? { ref } : {}) });
  }

  #run(run: Run): void {
    const entry = this.#entry(run);
    if (run.pattern.kind === 'leaf') this.#leaves(run, entry);
  }

  /** Judge what an entry says by itself. */
  #entry(run: Run): EntryClass {
    const entry = this.#classOf(run);
    for (const { rule, verdict } of entry.verdicts) this.#tell(rule, verdict, run, entry.view.leaf);
    const { findings } = run.pattern.reading;
    if (findings.length > 0 && run.pattern.kind === 'leaf') {
      const entries = run.frames / framesOfShift(entry.view.level.shift);
      for (const { id } of findings) this.#findings.set(id, (this.#findings.get(id) ?? 0) + entries);
    }
    return entry;
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
    const place = this.#placeOf(run);
    this.#reports.keep(open, leaf ? { ...place, perm: leaf.perm, type: leaf.type } : place);
  }

  #placeOf({ pattern, input, output, frames, lo, hi, at }: Run): RangePlace {
    const level = this.#regime.levels[pattern.level] as Level;
    const leads = pattern.kind === 'leaf' || pattern.kind === 'table';
    return {
      is: 'range',
      space: this.#space,
      level,
      input,
      frames,
      entries: Math.max(1, frames / framesOfShift(level.shift)),
      ...(leads ? { output, outputName: this.#regime.output } : {}),
      lo,
      hi,
      at,
      kind: pattern.kind,
    };
  }

  /** Part of a run of leaves, after every stage: from the entry that translates `input` on. */
  #pieceOf(
    run: Run,
    entry: EntryClass,
    input: Frame,
    output: Frame,
    frames: Frame,
    { rights, effective }: AccessClass,
  ): RangePlace {
    const { entryBytes } = this.#regime;
    const per = framesOfShift(entry.view.level.shift);
    const at = run.at + Math.floor((input - run.input) / per) * entryBytes;
    const page = at === run.at ? undefined : this.#space.memory.page(frameOf(at));
    const word = inPage(at) / 4;
    return {
      ...this.#placeOf(run),
      input,
      output,
      outputName: (this.#space.second ?? this.#space).candidate.regime.output,
      frames,
      entries: Math.max(1, frames / per),
      at,
      ...(page ? { lo: page[word] as number, hi: entryBytes === 8 ? (page[word + 1] as number) : 0 } : {}),
      perm: this.#regime.perm(rights),
      type: effective?.type ?? entry.view.leaf?.type ?? '',
    };
  }

  #keyOf(pattern: Pattern, inherited: number, upper: boolean): number {
    return (pattern.id * 256 + inherited) * 2 + (upper ? 1 : 0);
  }

  #classOf({ pattern, inherited, input }: Run): EntryClass {
    const upper = input >= ALL_FRAMES / 2;
    const key = this.#keyOf(pattern, inherited, upper);
    let entry = this.#entries.get(key);
    if (!entry) {
      if (this.#entries.size >= MAX_CLASSES)
        this.#enough = `stopped after ${MAX_CLASSES} different kinds of entries: these do not look like tables`;
      const view = entryView(this.#space, pattern, inherited, upper);
      entry = { view, verdicts: judge(this.#rules, 'entry', view), classes: new Map() };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** Cut a run of leaves where something beside them changes, and judge the pieces. */
  #leaves(run: Run, entry: EntryClass): void {
    const second = this.#second;
    const stages = second?.leaves;
    const pageFrames = framesOfShift(entry.view.level.shift);
    const end = run.output + run.frames;
    let j = stages ? firstEndingAfter(stages, run.output) : -1;
    for (let at = run.output; at < end; ) {
      let until = end;
      let place = at;
      let frames = pageFrames;
      let secondIndex = -1;
      if (stages) {
        const inside = j < stages.length && (stages.input[j] as number) <= at;
        const stop = j >= stages.length ? end : inside ? endOf(stages, j) : (stages.input[j] as number);
        until = Math.min(end, stop);
        if (!inside || stages.kind[j] !== KIND.leaf) {
          if (inside) j++;
          at = until;
          continue; // nothing behind it now: the access faults at the second stage
        }
        secondIndex = j;
        place = (stages.output[j] as number) + at - (stages.input[j] as number);
        const { shift } = (second as WalkResult).regime.levels[stages.level[j] as number] as Level;
        frames = Math.min(pageFrames, framesOfShift(shift));
        if (until === stop) j++;
      }
      this.#behind(run, entry, run.input + at - run.output, place, until - at, secondIndex, frames);
      at = until;
    }
  }

  /**
   * Frames behind one leaf of each stage, from `start` in memory: cut where a register or a declaration changes. Pages of
   * `pageFrames` stay whole: one over several MTRR types is a piece of its own.
   */
  #behind(
    run: Run,
    entry: EntryClass,
    firstInput: Frame,
    start: Frame,
    frames: Frame,
    secondIndex: number,
    pageFrames: Frame,
  ): void {
    const { map, expectation } = this.#options;
    const stop = start + frames;
    for (let from = start; from < stop; ) {
      const input = firstInput + from - start;
      const declared = map?.at(from);
      const expected = expectation?.at(input);
      const page = from - (from % pageFrames);
      const mtrr = this.#mtrrs?.at(page);
      let next = Math.min(stop, declared?.until ?? stop, from + (expected?.until ?? Infinity) - input);
      const split = mtrr !== undefined && mtrr.until < page + pageFrames;
      if (split) next = Math.min(next, page + pageFrames);
      else if (mtrr) next = Math.min(next, mtrr.until - (mtrr.until % pageFrames));
      const access = this.#accessOf(
        run,
        entry,
        secondIndex,
        split ? page : from,
        split ? pageFrames : next - from,
        mtrr?.key ?? '',
        {
          ...(split ? { split: { low: page < LOW_FRAMES } } : {}),
          ...(declared?.declared
            ? { declared: declared.declared.kind, declaredName: declared.declared.what }
            : {}),
          ...(expected?.expected ? { expected: expected.expected } : {}),
        },
      );
      if (this.#locating) this.#found(access, run, entry, input, from, next - from);
      else this.#piece(access, run, entry, input, from, next - from);
      from = next;
    }
  }

  #piece(access: AccessClass, run: Run, entry: EntryClass, input: Frame, output: Frame, frames: Frame): void {
    this.#addUse(access.use, output, frames);
    if (!access.certain) this.#uncertain += frames;
    if (access.verdicts.length === 0) return;
    const entries = Math.max(1, frames / framesOfShift(entry.view.level.shift));
    for (const { rule, verdict } of access.verdicts) {
      const open = this.#reports.count(rule, verdict, this.#space, input, frames, entries);
      if (open) this.#reports.keep(open, this.#pieceOf(run, entry, input, output, frames, access));
    }
  }

  /** While looking for addresses: is this one of the pages that are wanted? */
  #found(access: AccessClass, run: Run, entry: EntryClass, input: Frame, output: Frame, frames: Frame): void {
    const { use } = access;
    const wanted = this.#locating as readonly Wanted[];
    let low = firstNot(wanted.length, i => (wanted[i] as Wanted).frame < output);
    for (; low < wanted.length && (wanted[low] as Wanted).frame < output + frames; low++) {
      const { frame, sets, found } = wanted[low] as Wanted;
      if (!sets.includes(use) || found.some(place => place.use === use)) continue;
      const place = this.#pieceOf(run, entry, input + frame - output, frame, 1, access);
      found.push({ ...place, use });
    }
  }

  #accessOf(
    run: Run,
    entry: EntryClass,
    secondIndex: number,
    frame: Frame,
    frames: Frame,
    runKey: string,
    more: Pick<AccessView, 'split' | 'declared' | 'declaredName' | 'expected'>,
  ): AccessClass {
    const plain =
      secondIndex < 0 && !more.split && more.declared === undefined && more.expected === undefined;
    if (plain && entry.plain && entry.plainKey === runKey) return entry.plain;
    const second = secondIndex < 0 ? undefined : this.#secondView(secondIndex);
    const key = `${second ? this.#secondKey(secondIndex) : ''}|${runKey}|${more.split ? (more.split.low ? 'l' : 's') : ''}|${more.declared ?? ''} ${more.declaredName ?? ''}|${more.expected?.perm ?? ''}`;
    let known = entry.classes.get(key);
    if (known) {
      if (plain) Object.assign(entry, { plain: known, plainKey: runKey });
      return known;
    }
    const { rules } = this.#space.candidate;
    const leaf = entry.view.leaf as LeafView;
    const rights = second ? both(leaf.rights, (second.leaf as LeafView).rights).rights : leaf.rights;
    const effective = rules?.effective(
      { reading: run.pattern.reading, level: run.pattern.level, inherited: run.inherited },
      this.#second && secondIndex >= 0 ? leafAt(this.#second, secondIndex) : undefined,
      frame,
      frames,
    );
    const agreement = this.#agreementOf(entry.view, effective);
    const view: AccessView = {
      space: this.#space,
      first: entry.view,
      ...(second ? { second } : {}),
      rights,
      ...(effective ? { effective } : {}),
      ...(agreement ? { agreement } : {}),
      ...more,
    };
    known = {
      verdicts: judge(this.#rules, 'access', view),
      use: this.#useOf(rights, agreement),
      certain: agreement !== undefined || this.#guided,
      rights,
      ...(effective ? { effective } : {}),
    };
    if (entry.classes.size >= MAX_COMBINATIONS) entry.classes.clear();
    entry.classes.set(key, known);
    if (plain) Object.assign(entry, { plain: known, plainKey: runKey });
    return known;
  }

  /** What other mappings of the same pages must agree with. */
  #agreementOf({ reading }: EntryView, effective: EffectiveView | undefined): Partial<Agreement> | undefined {
    if (this.#space.candidate.rules) return effective?.agreement;
    return this.#guided ? undefined : decidedAlone(this.#regime.id, reading);
  }

  /** One use for all leaves that agree in type and in who may write. */
  #useOf(rights: Rights, agreement: Partial<Agreement> | undefined): number {
    const { type = '', shareability = '', cached = '' } = agreement ?? {};
    const key = `${type}|${shareability}|${cached}|${Object.values(rights).map(({ w }) => (w ? 'w' : '-'))}`;
    let id = this.#useIds.get(key);
    if (id === undefined) {
      id = this.#newUse({ is: 'mapped', space: this.#space, rights, ...(agreement ? { agreement } : {}) });
      this.#useIds.set(key, id);
    }
    return id;
  }

  #secondKey(index: number): string {
    return patternKey(this.#second as WalkResult, index);
  }

  #secondView(index: number): EntryView {
    const key = this.#secondKey(index);
    let view = this.#secondViews.get(key);
    if (!view) {
      const second = this.#second as WalkResult;
      const { reading, level, inherited } = leafAt(second, index);
      const pattern: Pattern = { id: 0, level, kind: 'leaf', inherits: 0, reading };
      view = entryView(this.#space.second as Space, pattern, inherited, false);
      if (this.#secondViews.size >= MAX_CLASSES) this.#secondViews.clear();
      this.#secondViews.set(key, view);
    }
    return view;
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
          ...this.#placeOf({ ...first, frames: frames * size }),
          entries: members.length,
        });
    }
  }
}

function entryView(space: Space, pattern: Pattern, inherited: number, upper: boolean): EntryView {
  const { regime } = space.candidate;
  const { reading, level, kind } = pattern;
  const note = kind === 'leaf' || kind === 'table' ? undefined : regime.describePayload(reading, level).note;
  return {
    space,
    regime,
    level: regime.levels[level] as Level,
    kind,
    reading,
    ...(kind === 'leaf' ? { leaf: regime.describe(reading, level, inherited) } : {}),
    ...(note === undefined ? {} : { note }),
    upper,
  };
}
