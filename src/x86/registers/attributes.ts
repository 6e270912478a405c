/**
 * IA32_PAT: the table of memory types that PAT, PCD and PWT select from [SDM, "Page Attribute Table (PAT)"; APM,
 * "Page-Attribute Table Mechanism"].
 */
import { fieldReader } from '../../bits/codec.ts';
import { format } from '../../bits/format.ts';
import { once } from '../../bits/once.ts';
import { register } from '../../bits/register.ts';
import { register as registerSetting, type Setting } from '../../bits/settings.ts';
import { bits, mbz } from '../../bits/spec.ts';
import { split, type Word } from '../../bits/word.ts';
import { sdm } from '../../refs.ts';
import { PAT_TYPE, type PatType, patType } from '../values/attributes.ts';
import { PATS } from '../values/pat.ts';
import { GP } from './refused.ts';

const PLAIN = registerSetting('');
/** A PAT for readings that name memory types by it; `unknown` leaves them as an index. */
export const patSetting = (describe: string): Setting<bigint | 'unknown'> => ({
  describe,
  default: 'unknown',
  accepts: `a 64-bit value, unknown, ${Object.keys(PATS).join(', ')}`,
  samples: ['unknown', PATS.reset, PATS.linux],
  parse: text => {
    const name = text.toLowerCase();
    return name === 'unknown' ? name : ((PATS as Readonly<Record<string, Word>>)[name] ?? PLAIN.parse(text));
  },
});

const PAT_REF = sdm('Figure "IA32_PAT MSR"');
const pa = (i: number) => bits(8 * i + 2, 8 * i, `PA${i}`, { values: PAT_TYPE });
const gap = (i: number) => mbz(8 * i + 7, 8 * i + 3, GP);

export const ia32Pat = format(
  'x86.IA32_PAT',
  { title: 'IA32_PAT, page attribute table', ref: PAT_REF },
  () => ({
    ...{ res63: gap(7), pa7: pa(7), res55: gap(6), pa6: pa(6), res47: gap(5), pa5: pa(5) },
    ...{ res39: gap(4), pa4: pa(4), res31: gap(3), pa3: pa(3), res23: gap(2), pa2: pa(2) },
    ...{ res15: gap(1), pa1: pa(1), res7: gap(0), pa0: pa(0) },
  }),
);

/** Of each entry its type, and the bits beside it, which are reserved. */
const entries = once(() =>
  Array.from({ length: 8 }, (_, i) => ({
    type: fieldReader(ia32Pat, `pa${i}`),
    reserved: fieldReader(ia32Pat, `res${8 * i + 7}`),
  })),
);
/** The eight types of a PAT, PA0 first; undefined for illegal entries. */
export function patTypes(pat: Word): readonly (PatType | undefined)[] {
  const [lo, hi] = split(pat);
  return entries().map(({ type, reserved }) => (reserved(lo, hi) ? undefined : patType(type(lo, hi))));
}

export type PatFacts = {
  /** WRMSR accepts the value. */
  readonly valid: boolean;
  /** Entries that hold no legal type: their indices. */
  readonly bad: readonly number[];
  /** PA0 to PA7; null where illegal. */
  readonly types: readonly (PatType | null)[];
};
/** The index of PAT, PCD and PWT into the table [SDM, "Selecting a Memory Type from the PAT"]. */
export const patIndex = (fields: {
  readonly pat?: number;
  readonly pcd?: number;
  readonly pwt?: number;
}): number => 4 * (fields.pat ?? 0) + 2 * (fields.pcd ?? 0) + (fields.pwt ?? 0);

/** The first entry of a PAT with this type, as the bits that select it. */
export function patBits(pat: Word, type: PatType) {
  const index = patTypes(pat).indexOf(type);
  return index < 0 ? undefined : { pat: index >> 2, pcd: (index >> 1) & 1, pwt: index & 1 };
}

/** IA32_PAT. Any illegal entry makes WRMSR raise #GP(0). */
export const pat = register(ia32Pat, {
  id: 'x86.IA32_PAT',
  title: 'IA32_PAT: page attribute table (MSR 277H)',
  ref: PAT_REF,
  aliases: ['pat', 'msr277'],
  facts: (_d, _s, word): PatFacts => {
    const types = patTypes(word).map(type => type ?? null);
    const bad = types.flatMap((type, i) => (type === null ? [i] : []));
    return { valid: bad.length === 0, bad, types };
  },
});
