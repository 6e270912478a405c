/** Entries of one space that say the same: viewed and judged once, however many there are. */
import { ALL_FRAMES } from '../image/frames.ts';
import type { EffectiveView } from '../walk/effective.ts';
import type { Level, Rights } from '../walk/regime.ts';
import type { Space } from '../walk/space.ts';
import { type Judged, judge } from './judge.ts';
import type { EntryView, LintRule } from './rule.ts';
import type { Pattern, Run } from './visit.ts';

/** Classes of entries that are judged at most, in one space. */
export const MAX_CLASSES = 2 ** 16;

/** What a run of leaves is, once everything that has a say is known. */
export interface AccessClass {
  readonly verdicts: readonly Judged[];
  /** Index into the uses of pages. */
  readonly use: number;
  /** Is the memory type known, here or from the guest's own tables? */
  readonly certain: boolean;
  readonly effective?: EffectiveView;
  readonly rights: Rights;
}

export interface EntryClass {
  readonly view: EntryView;
  readonly verdicts: readonly Judged[];
  /** Of its leaves, by what else has a say. */
  readonly classes: Map<string, AccessClass>;
  /** The class where nothing but a register has a say: of the last run key. */
  plain?: AccessClass;
  plainKey?: string;
}

export class EntryClasses {
  readonly #space: Space;
  readonly #rules: readonly LintRule[];
  readonly #known = new Map<number, EntryClass>();
  /** Why no more of them are wanted. */
  enough: string | undefined;

  constructor(space: Space, rules: readonly LintRule[]) {
    this.#space = space;
    this.#rules = rules;
  }

  of({ pattern, inherited, input }: Run): EntryClass {
    const upper = input >= ALL_FRAMES / 2;
    const key = (pattern.id * 256 + inherited) * 2 + (upper ? 1 : 0);
    let entry = this.#known.get(key);
    if (!entry) {
      if (this.#known.size >= MAX_CLASSES)
        this.enough = `stopped after ${MAX_CLASSES} different kinds of entries: these do not look like tables`;
      const view = entryView(this.#space, pattern, inherited, upper);
      entry = { view, verdicts: judge(this.#rules, 'entry', view), classes: new Map() };
      this.#known.set(key, entry);
    }
    return entry;
  }
}

/** What rules see of an entry. */
export function entryView(space: Space, pattern: Pattern, inherited: number, upper: boolean): EntryView {
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
