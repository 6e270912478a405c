/** What entries are, asked of the rules once per pattern of attribute bits. */
import { join } from '../bits/word.ts';
import type { EntryClass, EntryForm, Regime } from './regime.ts';

/** Distinct attribute patterns remembered per level; a hostile table may hold one per entry. */
const PATTERNS_KEPT = 4096;

/** Remembers, per level, what each pattern of attribute bits means. */
export class Classifier {
  readonly #regime: Regime;
  readonly #tables: readonly Map<number, Map<number, EntryClass>>[];
  readonly #leaves: readonly Map<number, Map<number, EntryClass>>[];
  // the last answer: neighbours are mostly alike
  #low = 0;
  #high = 0;
  #level = -1;
  #asTable = false;
  #found: EntryClass = { kind: 'empty', inherits: 0 };

  constructor(regime: Regime) {
    this.#regime = regime;
    this.#tables = regime.levels.map(() => new Map());
    this.#leaves = regime.levels.map(() => new Map());
  }

  /** What an entry is. Its address bits do not matter, so the class of a pattern is asked of the rules once. */
  classOf(lo: number, hi: number, level: number, asTable: boolean, form: EntryForm): EntryClass {
    const low = (lo & form.attributes[0]) >>> 0;
    const high = (hi & form.attributes[1]) >>> 0;
    if (low === this.#low && high === this.#high && level === this.#level && asTable === this.#asTable)
      return this.#found;
    const patterns = (asTable ? this.#tables : this.#leaves)[level] as Map<number, Map<number, EntryClass>>;
    let byLow = patterns.get(high);
    if (!byLow) {
      if (patterns.size >= PATTERNS_KEPT) patterns.clear();
      byLow = new Map();
      patterns.set(high, byLow);
    }
    let found = byLow.get(low);
    if (!found) {
      if (byLow.size >= PATTERNS_KEPT) byLow.clear();
      found = this.#regime.classify(this.#regime.read(join(lo, hi), level), level);
      byLow.set(low, found);
    }
    this.#low = low;
    this.#high = high;
    this.#level = level;
    this.#asTable = asTable;
    this.#found = found;
    return found;
  }
}
