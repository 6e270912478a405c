/** What the rules said, gathered: one report for each rule, sentence and space, with counts and the first places. */
import type { Ref, Severity } from '../bits/spec.ts';
import type { EntryKind, Level } from '../walk/regime.ts';
import type { Space } from '../walk/space.ts';
import type { LintRule, PageUse, Verdict } from './rule.ts';

/** Entries that a report is about. Frames are addresses / 4096. */
export interface RangePlace {
  readonly is: 'range';
  readonly space: Space;
  readonly level: Level;
  readonly kind: EntryKind;
  readonly input: number;
  readonly frames: number;
  readonly entries: number;
  /** Leaves and tables: where the first entry leads; the name says after which stage. */
  readonly output?: number;
  readonly outputName?: 'pa' | 'ipa' | 'gpa';
  /** The first entry, and where it stands, bytes. */
  readonly lo: number;
  readonly hi: number;
  readonly at: number;
  readonly perm?: string;
  readonly type?: string;
  /** Which use of the page this is. */
  readonly use?: number;
}
/** Physical pages in use in several ways. */
export interface PagesPlace {
  readonly is: 'pages';
  readonly uses: readonly PageUse[];
  readonly frame: number;
  readonly frames: number;
}
export interface SpacePlace {
  readonly is: 'space';
  readonly space: Space;
}
export type Place = RangePlace | PagesPlace | SpacePlace;

/** One range that a report is about. */
export interface Example {
  readonly place: Place;
  /** Pages: one mapping for each way in which the first page is in use. */
  readonly ways: RangePlace[];
}

export interface LintReport {
  readonly rule: LintRule;
  readonly severity: Severity;
  readonly message: string;
  readonly ref?: Ref;
  /** Spaces by name, in the order in which they came up. */
  readonly spaces: readonly string[];
  /** Ranges that touch count as one. Tables that several ways lead to count once. */
  readonly ranges: number;
  readonly entries: number;
  readonly bytes: bigint;
  /** The first ranges. */
  readonly examples: readonly Example[];
}

interface Open {
  readonly rule: LintRule;
  readonly severity: Severity;
  readonly verdict: Verdict;
  readonly spaces: Set<string>;
  ranges: number;
  entries: number;
  frames: number;
  readonly examples: { place: Place; readonly ways: RangePlace[] }[];
  /** Where the last range ends, and in which space. */
  end: number;
  endSpace: Space | undefined;
  /** Is the last range among the examples? */
  lastShown: boolean;
}

/** Sentences kept; a hostile image may give rise to any number. */
const REPORTS_KEPT = 4096;
const ORDER: readonly Severity[] = ['error', 'warning', 'note'];

export class Reports {
  readonly #examples: number;
  readonly #reports = new Map<string, Open>();
  /** Reports that were not kept. */
  dropped = 0;

  constructor(examples: number) {
    this.#examples = examples;
  }

  /** @returns the example, where this place became one of pages: its ways are to be found. */
  add(rule: LintRule, verdict: Verdict, place: Place): Example | undefined {
    const severity = verdict.severity ?? rule.severity;
    const space = place.is === 'pages' ? undefined : place.space;
    const key = `${rule.id}|${space?.candidate.name ?? ''}|${severity}|${verdict.message}`;
    let open = this.#reports.get(key);
    if (!open) {
      if (this.#reports.size >= REPORTS_KEPT) {
        this.dropped++;
        return undefined;
      }
      open = {
        rule,
        severity,
        verdict,
        spaces: new Set(),
        ranges: 0,
        entries: 0,
        frames: 0,
        examples: [],
        end: -1,
        endSpace: undefined,
        lastShown: false,
      };
      this.#reports.set(key, open);
    }
    return this.#count(open, place);
  }

  #count(open: Open, place: Place): Example | undefined {
    if (place.is === 'pages') for (const use of place.uses) open.spaces.add(use.space.candidate.name);
    else open.spaces.add(place.space.candidate.name);
    const space = place.is === 'pages' ? undefined : place.space;
    const start = place.is === 'range' ? place.input : place.is === 'pages' ? place.frame : -2;
    const frames = place.is === 'space' ? 0 : place.frames;
    open.frames += frames;
    open.entries += place.is === 'range' ? place.entries : 0;
    const continues = open.end === start && open.endSpace === space;
    open.end = start + frames;
    open.endSpace = space;
    const last = open.examples.at(-1);
    if (continues) {
      if (open.lastShown && last && last.place.is !== 'space' && place.is !== 'space')
        last.place = {
          ...last.place,
          frames: last.place.frames + frames,
          ...(last.place.is === 'range' && place.is === 'range'
            ? { entries: last.place.entries + place.entries }
            : {}),
        };
      return undefined;
    }
    open.ranges++;
    open.lastShown = open.examples.length < this.#examples;
    if (!open.lastShown) return undefined;
    const example = { place, ways: [] };
    open.examples.push(example);
    return place.is === 'pages' ? example : undefined;
  }

  /** Worst first, then in the order of the rules, then as they came up. */
  list(rules: readonly LintRule[]): readonly LintReport[] {
    const rank = new Map(rules.map((rule, index) => [rule, index]));
    return [...this.#reports.values()]
      .sort(
        (a, b) =>
          ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) ||
          (rank.get(a.rule) ?? 0) - (rank.get(b.rule) ?? 0),
      )
      .map(({ rule, severity, verdict, spaces, ranges, entries, frames, examples }) => ({
        rule,
        severity,
        message: verdict.message,
        ...(verdict.ref ? { ref: verdict.ref } : {}),
        spaces: [...spaces],
        ranges,
        entries,
        bytes: BigInt(frames) << 12n,
        examples,
      }));
  }
}
