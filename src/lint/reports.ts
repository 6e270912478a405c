/** What the rules said, gathered: one report for each rule, sentence and space, with counts and the first places. */
import type { ArchitectureId } from '../arch/architecture.ts';
import type { Ref, Severity } from '../bits/spec.ts';
import { addressOf, type Bytes, type Frame } from '../image/frames.ts';
import type { EntryKind, Level } from '../walk/regime.ts';
import type { Space } from '../walk/space.ts';
import { type LintRule, type PageUse, refsOf, type Verdict } from './rule.ts';

/** Entries that a report is about. */
export interface RangePlace {
  readonly is: 'range';
  readonly space: Space;
  readonly level: Level;
  readonly kind: EntryKind;
  readonly input: Frame;
  readonly frames: Frame;
  readonly entries: number;
  /** Leaves and tables: where the first entry leads; the name says after which stage. */
  readonly output?: Frame;
  readonly outputName?: 'pa' | 'ipa' | 'gpa';
  /** The first entry: absent where the table cannot be read. */
  readonly lo?: number;
  readonly hi?: number;
  /** Where it stands, or the table, bytes. */
  readonly at: Bytes;
  readonly perm?: string;
  readonly type?: string;
  /** Which use of the page this is. */
  readonly use?: number;
}
/** Physical pages in use in several ways. */
export interface PagesPlace {
  readonly is: 'pages';
  readonly uses: readonly PageUse[];
  readonly frame: Frame;
  readonly frames: Frame;
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
  /** What is cited: of the architecture whose tables these are. */
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

/** A report that may grow. */
export interface Open {
  readonly rule: LintRule;
  readonly severity: Severity;
  readonly verdict: Verdict;
  /** The one space that it is about; undefined for pages. */
  readonly space: Space | undefined;
  readonly spaces: Set<string>;
  ranges: number;
  entries: number;
  frames: Frame;
  readonly examples: { place: Place; readonly ways: RangePlace[] }[];
  /** Where the last range ends. */
  end: Frame;
  /** Is the last range among the examples? */
  shown: boolean;
}

/** Sentences kept; a hostile image may give rise to any number. */
const REPORTS_KEPT = 4096;
const ORDER: readonly Severity[] = ['error', 'warning', 'note'];

export class Reports {
  readonly #examples: number;
  readonly #reports = new Map<string, Open>();
  /** Verdicts are made once per class, so most are met again. */
  readonly #known = new WeakMap<Verdict, Open>();
  /** Places of sentences that were not kept. */
  dropped = 0;

  constructor(examples: number) {
    this.#examples = examples;
  }

  /**
   * One more range of frames; none for what is about a whole space.
   * @returns the report, where the range should be kept as an example
   */
  count(
    rule: LintRule,
    verdict: Verdict,
    space: Space | undefined,
    start: Frame,
    frames: Frame,
    entries: number,
  ): Open | undefined {
    const open = this.#open(rule, verdict, space);
    if (!open) {
      this.dropped++;
      return undefined;
    }
    open.frames += frames;
    open.entries += entries;
    const continues = open.end === start;
    open.end = start + frames;
    if (!continues) {
      open.ranges++;
      open.shown = open.examples.length < this.#examples;
      return open.shown ? open : undefined;
    }
    const last = open.shown ? open.examples.at(-1) : undefined;
    if (last && last.place.is !== 'space') {
      // grows where it is: there may be ten million neighbours, and a copy for each takes longer than all else
      const place = last.place as { frames: Frame; entries?: number };
      place.frames += frames;
      if (place.entries !== undefined) place.entries += entries;
    }
    return undefined;
  }

  /** Keep an example that `count` asked for. */
  keep(open: Open, place: Place): Example {
    const example = { place, ways: [] };
    open.examples.push(example);
    if (place.is === 'pages') for (const use of place.uses) open.spaces.add(use.space.candidate.name);
    return example;
  }

  #open(rule: LintRule, verdict: Verdict, space: Space | undefined): Open | undefined {
    const known = this.#known.get(verdict);
    if (known && known.space === space && known.rule === rule) return known;
    const severity = verdict.severity ?? rule.severity;
    const name = space?.candidate.name;
    const key = `${rule.id}|${name ?? ''}|${severity}|${verdict.message}`;
    let open = this.#reports.get(key);
    if (!open) {
      if (this.#reports.size >= REPORTS_KEPT) return undefined;
      open = {
        rule,
        severity,
        verdict,
        space,
        spaces: new Set(name === undefined ? [] : [name]),
        ranges: 0,
        entries: 0,
        frames: 0,
        examples: [],
        end: Number.NaN,
        shown: false,
      };
      this.#reports.set(key, open);
    }
    this.#known.set(verdict, open);
    return open;
  }

  /**
   * Worst first, then in the order of the rules, then as they came up.
   * @param arch whose pages are in use in several ways, where no space says it
   */
  list(rules: readonly LintRule[], arch: ArchitectureId | undefined): readonly LintReport[] {
    const rank = new Map(rules.map((rule, index) => [rule, index]));
    return [...this.#reports.values()]
      .sort(
        (a, b) =>
          ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) ||
          (rank.get(a.rule) ?? 0) - (rank.get(b.rule) ?? 0),
      )
      .map(({ rule, severity, verdict, space, spaces, ranges, entries, frames, examples }) => ({
        rule,
        severity,
        message: verdict.message,
        ...cited(rule, verdict, space?.candidate.regime.arch ?? arch),
        spaces: [...spaces],
        ranges,
        entries,
        bytes: addressOf(frames),
        examples,
      }));
  }
}

/** What a report cites: what was wrong, else the rule, about this architecture. */
function cited(rule: LintRule, verdict: Verdict, arch: ArchitectureId | undefined): { readonly ref?: Ref } {
  const ref = verdict.ref ?? refsOf(rule, arch)[0];
  return ref ? { ref } : {};
}
