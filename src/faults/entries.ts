/** A walk from bare entries, top down: what somebody copied from a kernel message or a debugger. */
import { indexOf } from '../walk/descent.ts';
import type { Entries, EntryStart } from '../walk/entries.ts';
import { type EntrySource, type Translation, translateFrom } from '../walk/translate.ts';

/** Where a walk of these entries began, and what was taken for granted to say so. */
export interface EntryWalk {
  readonly walk: Translation;
  readonly assumed: readonly string[];
}

/** Entries in the order in which they are asked for, wherever they stood. */
function inOrder(words: readonly bigint[]): EntrySource {
  const left = words.values();
  return {
    entry: () => {
      const { value: word, done } = left.next();
      return done ? undefined : { at: Number.NaN, word };
    },
    lacks: () => 'the entry of the next level was not given',
  };
}

/**
 * The walk that these entries make. Entries that follow the end of it are left out.
 * @param start where the architecture says that they begin: `startOf`
 */
export function walkEntries(
  { regime, level, assumed }: EntryStart,
  { words, input = 0n }: Entries,
): EntryWalk {
  const form = regime.levels[level];
  const root = regime.roots.find(one => one.level === level);
  const index = form ? indexOf(form, input) : 0;
  // a root may be narrower than a table: the bits above the input size choose no entry
  const start = { table: Number.NaN, level, index: root ? index % root.entries : index };
  return { walk: translateFrom(regime, inOrder(words), input, start), assumed };
}
