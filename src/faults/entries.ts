/** A walk from bare entries, top down: what somebody copied from a kernel message or a debugger. */
import { blockSupported, GRANULE_BITS } from '../arm64/descriptors/address.ts';
import { stage1Settings as armStage1Settings } from '../arm64/descriptors/stage1.ts';
import { stage2Settings as armStage2Settings } from '../arm64/descriptors/stage2.ts';
import { stage1Tables as armStage1, stage2Tables as armStage2 } from '../arm64/walk/tables.ts';
import { type Settings, type SettingTable, settle } from '../bits/settings.ts';
import { formOf, type Level, outputFrame, type Regime } from '../walk/regime.ts';
import type { Step, Translation } from '../walk/translate.ts';
import { nptSettings } from '../x86/descriptors/npt.ts';
import { stage1Settings } from '../x86/descriptors/stage1.ts';
import { nptTables, stage1Tables, stage2Tables } from '../x86/walk/tables.ts';

export const ENTRY_FAMILIES = ['arm64.stage1', 'arm64.stage2', 'x86.pte', 'x86.ept', 'x86.npt'] as const;
export type EntryFamily = (typeof ENTRY_FAMILIES)[number];
type Given = Partial<Settings<SettingTable>>;

/** Where a walk of these entries began, and what was taken for granted to say so. */
export interface EntryWalk {
  readonly walk: Translation;
  readonly assumed: readonly string[];
}

/**
 * @param given settings of the family by name; `level` is the manual's level of the first entry
 * @param faultLevel the level at which the hardware says that the walk ended
 */
export function walkEntries(
  family: EntryFamily,
  words: readonly bigint[],
  given: Given,
  input: bigint | undefined,
  faultLevel?: number,
): EntryWalk {
  const { level, ...settings } = given;
  const assumed: string[] = [];
  const start =
    level === undefined ? startLevel(family, words, settings, faultLevel, assumed) : Number(level);
  const regime = regimeOf(family, fiveLevels(family, settings, start), start, input);
  const first = regime.levels.findIndex(({ name }) => name === start);
  return { walk: step(regime, first, words, input ?? 0n), assumed };
}

/** The manual's level of the first entry. */
function startLevel(
  family: EntryFamily,
  words: readonly bigint[],
  settings: Given,
  faultLevel: number | undefined,
  assumed: string[],
): number {
  const say = (start: number): number => {
    assumed.push(`the first entry is of level ${start}`);
    return start;
  };
  const last = words.at(-1) ?? 0n;
  const count = words.length;
  if (family.startsWith('x86.')) {
    const { mode } = settle(family === 'x86.npt' ? nptSettings : stage1Settings, settings as never);
    const top = family === 'x86.ept' ? (count > 4 ? 5 : 4) : { '32': 2, pae: 3, '4l': 4, '5l': 5 }[mode];
    return settings.mode === undefined ? say(Math.max(top, count)) : top;
  }
  const s = settle(armStage1Settings, pick(settings, armStage1Settings) as never);
  // a page is of level 3, a block of a level that has blocks; an entry that ends the walk, of the level that was reported
  if ((last & 3n) === 3n || count === 4) return say(Math.max(-1, 4 - count));
  if ((last & 3n) === 1n) {
    const level = [2, 1, 0].find(level => blockSupported(s, level) && level - count + 1 >= -1) ?? 2;
    return say(Math.max(-1, level - count + 1));
  }
  return say(faultLevel === undefined ? 0 : Math.max(-1, faultLevel - count + 1));
}

/** Five x86 entries are a 5-level walk, unless the mode was given. EPT takes its levels from the count. */
const fiveLevels = (family: EntryFamily, settings: Given, start: number): Given =>
  start === 5 && settings.mode === undefined && (family === 'x86.pte' || family === 'x86.npt')
    ? { ...settings, mode: '5l' }
    : settings;

const pick = (settings: Given, table: SettingTable): Given =>
  Object.fromEntries(Object.entries(settings).filter(([key]) => key in table));

/** The regime whose root is the table of the first entry. */
function regimeOf(family: EntryFamily, settings: Given, start: number, input: bigint | undefined): Regime {
  switch (family) {
    case 'arm64.stage1': {
      const s = settle(armStage1Settings, pick(settings, armStage1Settings) as never);
      const { stride, g } = GRANULE_BITS[s.granule];
      const iaBits = Math.min(64, g + stride * (4 - start));
      const upper = ((input ?? 0n) >> 55n) & 1n;
      return armStage1({
        settings: s,
        startLevel: start,
        indexBits: stride,
        base: 0n,
        iaBits,
        upper: upper === 1n,
      });
    }
    case 'arm64.stage2': {
      const s = settle(armStage2Settings, pick(settings, armStage2Settings) as never);
      return armStage2({
        settings: s,
        startLevel: start,
        indexBits: GRANULE_BITS[s.granule].stride,
        base: 0n,
      });
    }
    case 'x86.pte':
      return stage1Tables({ settings: pick(settings, stage1Settings) as never, base: 0n });
    case 'x86.npt':
      return nptTables({ settings: pick(settings, nptSettings) as never, base: 0n });
    case 'x86.ept':
      return stage2Tables({ settings: settings as never, walkLength: start === 5 ? 5 : 4, base: 0n });
  }
}

/** The walk that these entries make. Entries that follow the end of it are left out. */
function step(regime: Regime, first: number, words: readonly bigint[], input: bigint): Translation {
  const steps: Step[] = [];
  const base = { regime, input, steps };
  const frame = Number(input >> 12n);
  let inherited = 0;
  let level = first;
  for (const word of words) {
    const form = regime.levels[level] as Level | undefined;
    if (!form) break;
    const reading = regime.read(word, level);
    const { kind, inherits } = regime.classify(reading, level);
    const index = Number((input >> BigInt(form.shift)) & BigInt(2 ** form.indexBits - 1));
    const taken: Step = { level, name: form.name, index, at: Number.NaN, word, kind, reading };
    steps.push(taken);
    const [lo, hi] = [Number(word & 0xffff_ffffn), Number(word >> 32n)];
    if (kind === 'leaf') {
      const pageSize = 2 ** form.shift;
      const start = outputFrame(formOf(form, lo, hi), lo, hi, frame - (frame % (pageSize / 4096)));
      const output = (BigInt(start) << 12n) + (input & BigInt(pageSize - 1));
      return { ...base, outcome: 'mapped', output, pageSize, level, inherited, leaf: taken };
    }
    if (kind !== 'table')
      return {
        ...base,
        outcome: kind === 'fault' ? 'fault' : 'invalid',
        reason: `level ${form.name} entry is ${kind === 'fault' ? 'faulty' : 'invalid'}`,
      };
    inherited |= inherits;
    level--;
  }
  return { ...base, outcome: 'missing', reason: 'the entry of the next level was not given' };
}
