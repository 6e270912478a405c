/** Bare arm64 entries, top down: the level at which they begin, and the regime that they are of. */
import { pick, settle } from '../../bits/settings.ts';
import type { Entries, EntryStart } from '../../walk/entries.ts';
import { descriptorKind } from '../descriptors/common.ts';
import { stage1Settings } from '../descriptors/stage1.ts';
import { stage2Settings } from '../descriptors/stage2.ts';
import { blockSupported, GRANULE_BITS, leafShift, upperRange } from '../values/address.ts';
import { stage1Tables, stage2Tables } from './tables.ts';

/** A page is of level 3, a block of a level that has blocks; an entry that ends the walk, of the level that was reported. */
function startLevel({ words, given, faultLevel }: Entries): number {
  const count = words.length;
  const s = settle(stage1Settings, pick(stage1Settings, given));
  const [kind] = descriptorKind(words.at(-1) ?? 0n, { ...s, level: 2 }); // what is a table there is a page at level 3
  if (kind === 'table' || count === 4) return Math.max(-1, 4 - count);
  if (kind === 'block') {
    const level = [2, 1, 0].find(one => blockSupported(s, one) && one - count + 1 >= -1) ?? 2;
    return Math.max(-1, level - count + 1);
  }
  return faultLevel === undefined ? 0 : Math.max(-1, faultLevel - count + 1);
}

/** The regime whose root is the table of the first entry. Undefined for families that no walk reads. */
export function startOf(entries: Entries): EntryStart | undefined {
  const { family, given, input = 0n } = entries;
  if (family !== 'arm64.stage1' && family !== 'arm64.stage2') return undefined;
  const { level, ...settings } = given;
  const start = level === undefined ? startLevel(entries) : Number(level);
  const assumed = level === undefined ? [`the first entry is of level ${start}`] : [];
  const regime = family === 'arm64.stage1' ? stage1(settings, start, input) : stage2(settings, start);
  return { regime, level: regime.levels.findIndex(({ name }) => name === start), assumed };
}

function stage1(given: Entries['given'], startLevel: number, input: bigint) {
  const settings = settle(stage1Settings, pick(stage1Settings, given));
  const { stride, g } = GRANULE_BITS[settings.granule];
  // the first lookup resolves what the input size leaves to it [Arm ARM, section D8.2]
  const most = settings.ds === 1 || settings.lpa === 1 ? 52 : 48;
  const iaBits = Math.min(most, g + stride * (4 - startLevel));
  const indexBits = Math.max(1, iaBits - leafShift(settings.granule, startLevel));
  const upper = upperRange(input) === 1;
  return stage1Tables({ settings, startLevel, indexBits, base: 0n, iaBits, upper });
}

function stage2(given: Entries['given'], startLevel: number) {
  const settings = settle(stage2Settings, pick(stage2Settings, given));
  return stage2Tables({ settings, startLevel, indexBits: GRANULE_BITS[settings.granule].stride, base: 0n });
}
