/** Bare arm64 entries, top down: the level at which they begin, and the regime that they are of. */
import { pick, settle } from '../../bits/settings.ts';
import type { Context } from '../../text/context.ts';
import type { Entries, EntryStart } from '../../walk/entries.ts';
import { descriptorKind } from '../descriptors/common.ts';
import { stage1Settings } from '../descriptors/stage1.ts';
import { stage2Settings } from '../descriptors/stage2.ts';
import { featuresOf, idRegisters } from '../registers/features.ts';
import { blockSupported, GRANULE_BITS, type Granule, leafShift, upperRange } from '../values/address.ts';
import { stage1Regime, stage2Regime } from './regime.ts';
import { stage1Tables, stage2Tables } from './tables.ts';

/**
 * A page is of level 3; a block of a level that has blocks: the one at which a walk by the registers ends with so many entries, else
 * the one that was reported, else the lowest. An entry that ends the walk otherwise is of the level that was reported.
 */
function startLevel({ family, words, given, faultLevel, input = 0n, context = NOTHING }: Entries): number {
  const count = words.length;
  const s = settle(stage1Settings, pick(stage1Settings, given));
  const [kind] = descriptorKind(words.at(-1) ?? 0n, { ...s, level: 2 }); // what is a table there is a page at level 3
  if (kind === 'table' || count === 4) return Math.max(-1, 4 - count);
  if (kind === 'block') {
    const root =
      family === 'arm64.stage2'
        ? stage2Implied(context)?.startLevel
        : stage1Implied(s.regime, upperRange(input), context)?.startLevel;
    const ends = [
      ...(root === undefined ? [] : [root + count - 1]),
      ...(faultLevel === undefined ? [] : [faultLevel]),
    ];
    const level = [...ends, 2, 1, 0].find(one => blockSupported(s, one) && one - count + 1 >= -1) ?? 2;
    return Math.max(-1, level - count + 1);
  }
  return faultLevel === undefined ? 0 : Math.max(-1, faultLevel - count + 1);
}

/** The regime whose root is the table of the first entry. Undefined for families that no walk reads. */
export function startOf(entries: Entries): EntryStart | undefined {
  const { family, given } = entries;
  if (family !== 'arm64.stage1' && family !== 'arm64.stage2') return undefined;
  const { level, ...settings } = given;
  const start = level === undefined ? startLevel(entries) : Number(level);
  const assumed = level === undefined ? [`the first entry is of level ${start}`] : [];
  const regime =
    family === 'arm64.stage1' ? stage1(settings, start, entries) : stage2(settings, start, entries.context);
  return { regime, level: regime.levels.findIndex(({ name }) => name === start), assumed };
}

const EL = { 'EL1&0': 1, EL2: 2, 'EL2&0': 2, EL3: 3 } as const;

/** Bits of the addresses that stage 1 translates, where a fact or the TCR of the regime says it. */
function stage1Bits(
  regime: keyof typeof EL,
  range: 0 | 1,
  { registers, facts }: Context,
): number | undefined {
  const said = facts.get('va bits');
  if (typeof said === 'bigint') return Number(said);
  return stage1Implied(regime, range, { registers, facts })?.iaBits;
}

/** What the TCR of a regime implies for one of its ranges, where it is given and valid. */
function stage1Implied(regime: keyof typeof EL, range: 0 | 1, { registers }: Context) {
  const tcr = registers.get(`TCR_EL${EL[regime]}`);
  if (tcr === undefined) return undefined;
  const implied = stage1Regime({ regime, tcr, range, features: featuresOf(idRegisters(registers)) });
  return implied.valid ? implied : undefined;
}

/** Likewise of stage 2. */
function stage2Bits({ registers, facts }: Context): number | undefined {
  const said = facts.get('ipa bits');
  if (typeof said === 'bigint') return Number(said);
  return stage2Implied({ registers, facts })?.iaBits;
}

function stage2Implied({ registers }: Context) {
  const vtcr = registers.get('VTCR_EL2');
  if (vtcr === undefined) return undefined;
  const implied = stage2Regime({ vtcr, features: featuresOf(idRegisters(registers)) });
  return implied.valid ? implied : undefined;
}

/** What the first lookup resolves of an input of so many bits: the rest [Arm ARM, section D8.2]. */
const firstIndexBits = (granule: Granule, startLevel: number, iaBits: number): number =>
  Math.max(1, iaBits - leafShift(granule, startLevel));

function stage1(
  given: Entries['given'],
  startLevel: number,
  { input = 0n, context = NOTHING }: Pick<Entries, 'input' | 'context'>,
) {
  const settings = settle(stage1Settings, pick(stage1Settings, given));
  const { stride, g } = GRANULE_BITS[settings.granule];
  const range = upperRange(input);
  const most =
    stage1Bits(settings.regime, range, context) ?? (settings.ds === 1 || settings.lpa === 1 ? 52 : 48);
  const iaBits = Math.min(most, g + stride * (4 - startLevel));
  const indexBits = firstIndexBits(settings.granule, startLevel, iaBits);
  return stage1Tables({ settings, startLevel, indexBits, base: 0n, iaBits, upper: range === 1 });
}

function stage2(given: Entries['given'], startLevel: number, context: Context = NOTHING) {
  const settings = settle(stage2Settings, pick(stage2Settings, given));
  const { stride } = GRANULE_BITS[settings.granule];
  const iaBits = stage2Bits(context);
  const own = iaBits === undefined ? stride : firstIndexBits(settings.granule, startLevel, iaBits);
  // tables below the first are whole, and at most 16 are concatenated [Arm ARM, section D8.2.2]
  const indexBits = own > stride + 4 ? stride : own;
  return stage2Tables({ settings, startLevel, indexBits, base: 0n });
}

const NOTHING: Context = { registers: new Map(), facts: new Map() };
