/** Bare entries, top down: the level at which they begin, and the regime that they are of. */
import { pick, settle } from '../../../../src/bits/settings.ts';
import type { Entries, EntryStart } from '../../../../src/walk/entries.ts';
import { stage1Settings } from '../descriptors/stage1.ts';
import { topLevel } from '../values/address.ts';
import { stage1Tables } from './tables.ts';

/** The regime whose root is the table of the first entry; four entries are a walk of Sv48, unless the mode was given. */
export function startOf({ family, words, given }: Entries): EntryStart | undefined {
  if (family !== 'riscv.pte') return undefined;
  const { level, ...rest } = given;
  const wide = given.mode === undefined && Math.max(words.length, Number(level ?? 0) + 1) > 3;
  const settings = { ...pick(stage1Settings, rest), ...(wide ? { mode: 'sv48' as const } : {}) };
  const start = level === undefined ? topLevel(settle(stage1Settings, settings).mode) : Number(level);
  const regime = stage1Tables({ settings, base: 0n });
  const assumed =
    level === undefined && given.mode === undefined ? [`the first entry is of level ${start}`] : [];
  return { regime, level: start, assumed };
}
