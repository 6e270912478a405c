/**
 * What a rule is: an id that stays, a paragraph that explains it, and checks. Rules see classes, never addresses: all
 * entries with the same attribute bits, all leaves that go through the same stages, all pages that are reached in the
 * same ways. Each class is judged once, whatever its size; the engine finds the addresses and counts.
 */
import type { ArchitectureId } from '../arch/architecture.ts';
import type { Finding } from '../bits/codec.ts';
import type { Reading } from '../bits/family.ts';
import type { Ref, Severity } from '../bits/spec.ts';
import type { Frame } from '../image/frames.ts';
import type { Agreement } from '../memtype/agreement.ts';
import type { EffectiveView } from '../walk/effective.ts';
import type { EntryKind, LeafView, Level, Regime, Rights } from '../walk/regime.ts';
import type { Space } from '../walk/space.ts';
import type { DeclaredKind } from './declared.ts';

/** What is wrong with a class. */
export interface Verdict {
  /** One sentence without addresses: reports with the same sentence are one. */
  readonly message: string;
  /** Where it differs from the rule's. */
  readonly severity?: Severity;
  readonly ref?: Ref;
  /** Pages: the uses that it is about, where that is not all of them. */
  readonly uses?: readonly PageUse[];
}
export type Verdicts = Verdict | readonly Verdict[] | undefined;

/** Entries of one space that look the same. */
export interface EntryView {
  readonly space: Space;
  readonly regime: Regime;
  readonly level: Level;
  readonly kind: EntryKind;
  /** Of the first one. */
  readonly reading: Reading;
  /** Leaves: what they say after their parents. */
  readonly leaf?: LeafView;
  /** What software's conventions make of an entry that maps nothing, or faults on purpose. */
  readonly note?: string;
  /** Do they translate the upper half of the input addresses? */
  readonly upper: boolean;
}

/** Leaves that an access goes through, stage by stage. */
export interface AccessView {
  readonly space: Space;
  readonly first: EntryView;
  readonly second?: EntryView;
  /** What all stages permit. */
  readonly rights: Rights;
  /** Absent where registers are missing, and in second stages: they do not decide alone. */
  readonly effective?: EffectiveView;
  /** What is certain of the type, from `effective` or because a second stage forces it. */
  readonly agreement?: Partial<Agreement>;
  /** What a memory map says of the output. */
  readonly declared?: DeclaredKind;
  /** Names of what the map declares there. */
  readonly declaredName?: string;
  /** One large page whose output has several MTRR types; `low`: in the first 4 MBytes. */
  readonly split?: { readonly low: boolean };
  /** Rights that somebody said these input addresses should have. */
  readonly expected?: Expected;
}

/** `perm` as it was written, and each right. */
export interface Expected {
  readonly perm: string;
  readonly r: boolean;
  readonly w: boolean;
  readonly x: boolean;
}

/** Leaves of one Contiguous group, in order; holes are left out. */
export interface GroupView {
  readonly space: Space;
  readonly size: number;
  readonly members: readonly {
    readonly index: number;
    readonly reading: Reading;
    readonly kind: EntryKind;
    readonly lo: number;
    readonly hi: number;
    /** Output frame, and frames per entry. */
    readonly output: Frame;
    readonly frames: Frame;
  }[];
}

/** One way in which a page is in use. */
export type PageUse =
  | {
      readonly is: 'mapped';
      readonly space: Space;
      /** Who may write is the same for all pages of a use; the other rights are those of the first. */
      readonly rights: Rights;
      /** Absent where it is not certain. */
      readonly agreement?: Partial<Agreement>;
    }
  | { readonly is: 'table'; readonly space: Space };

/** A table that the second stage denies to the walker. */
export interface HiddenView {
  readonly space: Space;
  readonly level: Level;
  /** Names the address first. */
  readonly finding: Finding;
}

/** A whole space, after its tables were read. */
export interface SpaceView {
  readonly space: Space;
  readonly leaves: number;
  /** How many leaves have a finding with this id. */
  readonly findings: ReadonlyMap<string, number>;
}

/** Citations by the architecture that they are about, the most telling first; `any`: about all of them. */
export type RuleRefs = Readonly<Record<ArchitectureId | 'any', readonly Ref[]>>;

export interface LintRule {
  /** Stable, for scripts and for `--ignore`. */
  readonly id: string;
  /** A short noun phrase. */
  readonly title: string;
  /** Of its reports, where a report does not say otherwise. */
  readonly severity: Severity;
  /** One paragraph: what it looks for, why that is trouble, when it is not. */
  readonly explain: string;
  readonly refs: RuleRefs;
  /** Runs only where this was given. */
  readonly needs?: 'map' | 'expectation';

  /** Entries that are not empty. */
  readonly entry?: (entry: EntryView) => Verdicts;
  /** Leaves after every stage. */
  readonly access?: (access: AccessView) => Verdicts;
  readonly group?: (group: GroupView) => Verdicts;
  /** An entry that leads to a table above it. */
  readonly loop?: (entry: EntryView) => Verdicts;
  /** Pages that are in use in two ways or more. */
  readonly pages?: (uses: readonly PageUse[]) => Verdicts;
  /** Tables that the second stage denies to the walker. */
  readonly hidden?: (table: HiddenView) => Verdicts;
  readonly space?: (space: SpaceView) => Verdicts;
}

/** What a rule cites for one architecture, or for all of them. */
export const refsOf = ({ refs }: LintRule, arch?: ArchitectureId): readonly Ref[] =>
  arch === undefined ? Object.values(refs).flat() : [...(refs[arch] ?? []), ...(refs.any ?? [])];

/** Declare a rule. */
export const lintRule = (rule: LintRule): LintRule => rule;

/** The privileged level of a rights record, or the only one: `EL1`, `supervisor`. */
export const privileged = (rights: Rights) => named(rights, 0);
/** The unprivileged one, where there are two: `EL0`, `user`. */
export const unprivileged = (rights: Rights) => named(rights, 1);
const named = (rights: Rights, index: number) => {
  const entry = Object.entries(rights)[index];
  return entry && { name: entry[0], ...entry[1] };
};
