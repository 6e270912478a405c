/**
 * Two transcriptions of the manuals, one made of rows (`src/`), one a table (`fixtures/layouts.tsv`), typed
 * independently: they must agree on every bit of every layout under every setting. Where they do not, the manual
 * decides.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arm64Families } from '../src/arm64/index.ts';
import type { Family } from '../src/bits/family.ts';
import { type Format, type FormatRow, rowWidth } from '../src/bits/format.ts';
import { type Setting, settle } from '../src/bits/settings.ts';
import {
  readTranscription,
  type TypedBit,
  type TypedRow,
  typedLayout,
  type Values,
} from './transcription.ts';

const families: readonly Family[] = arm64Families;

const typed = new Map<string, TypedRow[]>();
for (const row of readTranscription()) {
  const rows = typed.get(row.format);
  if (rows) rows.push(row);
  else typed.set(row.format, [row]);
}
const seen = new Set<TypedRow>();

/** One spelling per field: case, blanks, punctuation and the printed slice do not count. */
const spelling = (name: string): string =>
  name
    .replace(/\[[^\]]*\]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');

/** The transcription's name for a kind: families may share one, such as the VMSAv9-128 descriptors. */
const typedName = (family: Family, kind: string): string =>
  [`${family.id}.${kind}`, `${family.id.split('.')[0]}.${kind}`].find(name => typed.has(name)) ?? family.id;

const GENERAL: Readonly<Record<string, string>> = { flag: 'field', bits: 'field', addr: 'field' };

interface CodedBit {
  readonly row: FormatRow;
  readonly position: number;
}

/** Who owns which bit, worked out from the pieces alone. */
function codedBits(format: Format): CodedBit[] {
  const bits: CodedBit[] = [];
  for (const row of format.rows) {
    let position = rowWidth(row);
    for (const [hi, lo] of row.pieces) {
      position -= hi - lo + 1;
      for (let bit = lo; bit <= hi; bit++) bits[bit] = { row, position: position + bit - lo };
    }
  }
  return bits;
}

/** What a bit of the code says that the transcription does not, or undefined. */
function disagreement(bit: number, typedBit: TypedBit | undefined, coded: CodedBit): string | undefined {
  const { row, position } = coded;
  const kind = GENERAL[row.kind] ?? row.kind;
  const says = `bit ${bit}: the layout says ${kind} '${row.name}'`;
  if (!typedBit) return `${says}, the transcription nothing`;
  const where = `layouts.tsv:${typedBit.row.line}`;
  if (!typedBit.kinds.includes(kind))
    return `${says}, ${where} ${typedBit.kinds.join(' or ')} '${typedBit.name}'`;
  if (kind !== 'field' && kind !== 'fixed') return undefined;
  if (spelling(row.name) !== spelling(typedBit.name)) return `${says}, ${where} '${typedBit.name}'`;
  if (position !== typedBit.position)
    return `${says} has bit ${position} of the field there, ${where} bit ${typedBit.position}`;
  if (row.kind === 'addr' && row.shift !== typedBit.lowest)
    return `${says} starts at address bit ${row.shift}, ${where} at ${typedBit.lowest}`;
  if (kind === 'fixed' && row.value !== typedBit.value)
    return `${says} is always ${row.value}, ${where} ${typedBit.value}`;
  return undefined;
}

/** Every disagreement about one layout. `F` is the bit that chooses a form of PAR_EL1. */
function compare(format: Format | undefined, name: string, settings: Values, form = ''): string[] {
  const values = { F: form === 'fault' ? 1 : 0, ...settings };
  const rows = typed.get(name);
  if (!rows) return [`${name} is not in the transcription`];
  const wanted = typedLayout(rows, values, seen);
  if (wanted === 'none') return format ? [`${name}: the transcription says there is no such entry`] : [];
  if (!format) return [`${name}: the family has no layout here`];
  const coded = codedBits(format);
  if (wanted.length > coded.length)
    return [`${name} has ${coded.length} bits, the transcription ${wanted.length}`];
  return coded.flatMap((bit, index) => disagreement(index, wanted[index], bit) ?? []);
}

/** Any settings of a family; rarely with D128, which is refused as a whole. */
const anySettings = ({ settings }: Family): fc.Arbitrary<Record<string, string | number | bigint>> =>
  fc.record(
    Object.fromEntries(
      Object.entries(settings).map(([key, setting]) => [
        key,
        key === 'd128'
          ? fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) })
          : anyValue(setting),
      ]),
    ),
  ) as fc.Arbitrary<Record<string, string | number | bigint>>;

/** Any value that a setting accepts. */
function anyValue(setting: Setting): fc.Arbitrary<string | number | bigint> {
  const range = /^(-?\d+)\.\.(-?\d+)$/.exec(setting.accepts);
  if (range) return fc.integer({ min: Number(range[1]), max: Number(range[2]) });
  if (setting.accepts.startsWith('a 64-bit value')) return fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  return fc.constantFrom(...setting.accepts.split(', ').map(text => setting.parse(text)));
}

const show = (values: Values): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

describe.each(families.map(family => [family.id, family] as const))('%s', (_id, family) => {
  test('every variant reads the same in both transcriptions', () => {
    for (const { kind, settings, format } of family.variants()) {
      const values = settle(family.settings, settings);
      expect(compare(format, format.id, values, kind), `${kind} ${show(settings)}`).toEqual([]);
    }
  });

  test('and so does every kind under any settings', () => {
    fc.assert(
      fc.property(anySettings(family), values => {
        for (const kind of family.kinds) {
          const format = family.layout(kind, values);
          expect(compare(format, format?.id ?? typedName(family, kind), values, kind), kind).toEqual([]);
        }
      }),
      { seed: 2, numRuns: 400 },
    );
  });

  test('what a word is read with has been transcribed as well', () => {
    fc.assert(
      fc.property(anySettings(family), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), (values, word) => {
        const { format, kind } = family.read(word, values);
        expect(compare(format, format.id, values, kind), format.id).toEqual([]);
      }),
      { seed: 3, numRuns: 400 },
    );
  });
});

test('no line of the transcription is left over: each was held against a layout', () => {
  const covered = [...typed.keys()].filter(name => families.some(family => name.startsWith(`${family.id}.`)));
  const left = covered.flatMap(name => (typed.get(name) ?? []).filter(row => !seen.has(row)));
  expect(left.map(row => `layouts.tsv:${row.line} ${row.format} ${row.when}`)).toEqual([]);
});
