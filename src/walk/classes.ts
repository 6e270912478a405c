/** What entries that point to no table are counted as: numbers for permissions and type, which many patterns share. */
import { join } from '../bits/word.ts';
import * as at from '../kernels/layout.ts';
import type { Classifier } from './classifier.ts';
import type { EntryForm, Level, Regime } from './regime.ts';

/** The first numbers are the kernel's own. */
export const NOTHING = at.TALLY_NOTHING;
export const PAYLOAD = at.TALLY_PAYLOAD;
export const FAULT = 2;
export const FIRST_LEAF = 3;
/** Numbers that there is room for. Permissions and types are few; an entry beyond says that it was not told apart. */
export const CLASSES = 8192;

/** Attribute patterns remembered; a hostile table may hold a new one in every entry. */
const PATTERNS_KEPT = 65536;

export interface LeafClass {
  /** Index into the regime's levels. */
  readonly level: number;
  readonly perm: string;
  readonly type: string;
  /** The same for somebody who has never met it: `Regime.plainWords`. */
  readonly words: string;
}

export class Classes {
  /** Leaf classes, in the order of appearance: the first has the number `FIRST_LEAF`. */
  readonly leaves: LeafClass[] = [];
  readonly #regime: Regime;
  readonly #classifier: Classifier;
  readonly #ids = new Map<string, number>();
  readonly #patterns = new Map<string, number>();

  constructor(regime: Regime, classifier: Classifier) {
    this.#regime = regime;
    this.#classifier = classifier;
  }

  /** The number of an entry that points to no table. */
  of(lo: number, hi: number, level: number, inherited: number): number {
    const { pointsToTable, table, leaf, group } = this.#regime.levels[level] as Level;
    const asTable = pointsToTable(lo, hi);
    const form = asTable ? table : group?.has(lo, hi) ? group.form : leaf;
    switch (this.#classifier.classOf(lo, hi, level, asTable, form).kind) {
      case 'leaf':
        return this.#leaf(lo, hi, level, inherited, form);
      case 'fault':
        return FAULT;
      case 'table':
        return NOTHING;
      default:
        return PAYLOAD;
    }
  }

  /** The number of a class by what it is. */
  numberOf({ level, perm, type, words }: LeafClass): number {
    const key = `${level} ${perm} ${type}`;
    const id = this.#ids.get(key) ?? FIRST_LEAF + this.leaves.push({ level, perm, type, words }) - 1;
    this.#ids.set(key, id);
    return id;
  }

  #leaf(lo: number, hi: number, level: number, inherited: number, form: EntryForm): number {
    const pattern = `${level} ${inherited} ${(lo & form.attributes[0]) >>> 0} ${(hi & form.attributes[1]) >>> 0}`;
    let id = this.#patterns.get(pattern);
    if (id === undefined) {
      const view = this.#regime.describe(this.#regime.read(join(lo, hi), level), level, inherited);
      const { perm, type } = view;
      const room = FIRST_LEAF + this.leaves.length < CLASSES - this.#regime.levels.length;
      id = this.numberOf(
        room
          ? { level, perm, type, words: this.#regime.plainWords(view) }
          : { level, perm: '?', type: 'more kinds than are told apart', words: '' },
      );
      if (this.#patterns.size > PATTERNS_KEPT) this.#patterns.clear();
      this.#patterns.set(pattern, id);
    }
    return id;
  }
}
