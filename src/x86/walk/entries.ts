/** Bare x86 entries, top down: the level at which they begin, and the regime that they are of. */
import { pick, settle } from '../../bits/settings.ts';
import type { Entries, EntryStart } from '../../walk/entries.ts';
import type { Regime } from '../../walk/regime.ts';
import { nptSettings } from '../descriptors/npt.ts';
import { stage1Settings } from '../descriptors/stage1.ts';
import { stage2Settings } from '../descriptors/stage2.ts';
import { topLevel } from '../values/address.ts';
import { nptTables, stage1Tables, stage2Tables } from './tables.ts';

/** The top of the mode; without a mode, of as many levels as there are entries. EPT takes its levels from their number. */
function startLevel({ family, words, given }: Entries): number {
  const { mode } = settle(stage1Settings, pick(stage1Settings, given));
  const top = family === 'x86.ept' ? (words.length > 4 ? 5 : 4) : topLevel(mode);
  return given.mode === undefined ? Math.max(top, words.length) : top;
}

/** The regime whose root is the table of the first entry. Undefined for families that no walk reads. */
export function startOf(entries: Entries): EntryStart | undefined {
  const { level, ...settings } = entries.given;
  const start = level === undefined ? startLevel(entries) : Number(level);
  const regime = regimeOf(entries.family, settings, start);
  if (!regime) return undefined;
  const assumed =
    level === undefined && settings.mode === undefined ? [`the first entry is of level ${start}`] : [];
  return { regime, level: regime.levels.findIndex(({ name }) => name === start), assumed };
}

/** Five entries are a 5-level walk, unless the mode was given. */
const fiveLevels = (given: Entries['given'], start: number): Entries['given'] =>
  start === 5 && given.mode === undefined ? { ...given, mode: '5l' } : given;

function regimeOf(family: string, given: Entries['given'], start: number): Regime | undefined {
  switch (family) {
    case 'x86.pte':
      return stage1Tables({ settings: pick(stage1Settings, fiveLevels(given, start)), base: 0n });
    case 'x86.npt':
      return nptTables({ settings: pick(nptSettings, fiveLevels(given, start)), base: 0n });
    case 'x86.ept':
      return stage2Tables({
        settings: pick(stage2Settings, given),
        walkLength: start === 5 ? 5 : 4,
        base: 0n,
      });
    default:
      return undefined;
  }
}
