/** Which regimes the kernels can read: those whose entry forms are masks. Worked out once per regime. */
import { PAGE_LG2 } from '../image/frames.ts';
import { SCAN_MAX_LEVELS } from '../kernels/layout.ts';
import { NO_FORM } from './entry-form.ts';
import { type FormMasks, formMasks } from './level-tables.ts';
import type { Level, Regime } from './regime.ts';

/** The entry forms of a regime as masks, by level. */
export interface Forms {
  readonly leaves: readonly FormMasks[];
  readonly tables: readonly (FormMasks | undefined)[];
  /** Has a level leaves of a group? The kernels know one form of leaf: what they make of such an entry is not to be used. */
  readonly groups: boolean;
}
const known = new WeakMap<Regime, Forms | null>();
/** Undefined for a regime that the kernels cannot read. */
export function knownForms(regime: Regime): Forms | undefined {
  let forms = known.get(regime);
  if (forms === undefined) {
    forms = formsOf(regime) ?? null;
    known.set(regime, forms);
  }
  return forms ?? undefined;
}

/** Undefined where a level's leaves have no masks. */
function formsOf(regime: Regime): Forms | undefined {
  const { entryBytes, levels, outputBits = Number.POSITIVE_INFINITY } = regime;
  const [lowest] = levels;
  if (entryBytes !== 8 || !lowest || levels.length > SCAN_MAX_LEVELS) return undefined;
  // the kernels do not cut leaves that reach beyond the output size
  if (levels.some(({ shift, leaf }) => shift > outputBits && leaf !== NO_FORM)) return undefined;
  if (pointsAnywhere(lowest) || !blanksAreNothing(regime)) return undefined;
  const leaves = levels.map(({ leaf, shift }) => formMasks(leaf, shift));
  const tables = levels.map(({ table }) => formMasks(table, PAGE_LG2));
  const groups = levels.some(({ group }) => group !== undefined);
  return leaves.every(masks => masks !== undefined) ? { leaves, tables, groups } : undefined;
}

/** Does the lowest level take any entry for a table? None of ours does; the kernel would not notice. */
const pointsAnywhere = ({ pointsToTable }: Level): boolean =>
  Array.from({ length: 256 }, (_, low) => low).some(
    low => pointsToTable(low, 0) || pointsToTable((0xffff_ff00 | low) >>> 0, 0xffff_ffff),
  );

/** Bits that may stand in an entry and still say nothing; more than a few are not worth trying all combinations. */
const MOST_BLANK_BITS = 4;

/** Is an entry without payload bits always as good as zero? The kernels take it for zero without asking. */
function blanksAreNothing(regime: Regime): boolean {
  const blank = [0, 1].flatMap(half =>
    Array.from({ length: 32 }, (_, bit) => bit)
      .filter(bit => (((regime.payload[half] as number) >>> bit) & 1) === 0)
      .map(bit => 1n << BigInt(32 * half + bit)),
  );
  if (blank.length > MOST_BLANK_BITS) return false;
  const words = Array.from({ length: 2 ** blank.length }, (_, choice) =>
    blank.reduce((word, bit, i) => word | (choice & (1 << i) ? bit : 0n), 0n),
  );
  return regime.levels.every((_, level) =>
    words.every(word => {
      const { kind } = regime.classify(regime.read(word, level), level);
      return kind === 'empty' || kind === 'payload';
    }),
  );
}
