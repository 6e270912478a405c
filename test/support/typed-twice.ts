/**
 * Two transcriptions of a manual, one made of rows, one a table, typed independently: they must agree on every bit of
 * every layout under every setting. Where they do not, the manual decides.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Family } from '../../src/bits/family.ts';
import { type Format, type FormatRow, rowWidth } from '../../src/bits/format.ts';
import { settle } from '../../src/bits/settings.ts';
import { anySettings, random32 } from './any-settings.ts';
import { settingsOf } from './arbitrary.ts';
import {
  readTranscription,
  type TypedBit,
  type TypedRow,
  typedLayout,
  type Values,
} from './transcription.ts';

/** How a table speaks, where it is not as the families do. */
export interface TableDialect {
  /** Fields by the table's spelling, and what the layouts call them. */
  readonly short?: Readonly<Record<string, readonly string[]>>;
  /** Under which names a kind of a family stands in the table, where not under its own. */
  readonly namesOf?: (family: Family, kind: string) => readonly string[];
  /** Settings as the manual has them. */
  readonly asManual?: (family: Family, values: Values) => Values;
  /** Settings that are in force where a family is given others. */
  readonly asRead?: (values: Values) => Values;
}

/** One spelling per field: case, blanks, punctuation and the printed slice do not count. */
const plain = (name: string): string =>
  name
    .replace(/\[[^\]]*\]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
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

/** Enough settings to see every row: registers have few of them. */
const DRAWN = { descriptor: 400, register: 300 };
const RUNS = { descriptor: 200, register: 100 };
const show = (values: Values): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

/**
 * The tests of all families that a table transcribes.
 * @param path of the table
 */
export function typedTwice(families: readonly Family[], path: string, dialect: TableDialect = {}): void {
  const {
    short: names = {},
    namesOf = () => [],
    asManual = (_, values) => values,
    asRead = values => values,
  } = dialect;
  const typed = new Map<string, TypedRow[]>();
  for (const row of readTranscription(path)) {
    const rows = typed.get(row.format);
    if (rows) rows.push(row);
    else typed.set(row.format, [row]);
  }
  const seen = new Set<TypedRow>();
  const short = new Map(Object.entries(names).flatMap(([key, all]) => all.map(name => [plain(name), key])));
  const spelling = (name: string): string => short.get(plain(name)) ?? plain(name);
  const typedName = (family: Family, kind: string): string =>
    [`${family.id}.${kind}`, ...namesOf(family, kind)].find(name => typed.has(name)) ?? family.id;

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
    if (!rows) return format ? [`${name} is not in the transcription`] : [];
    const wanted = typedLayout(rows, values, seen);
    if (wanted === 'none') return format ? [`${name}: the transcription says there is no such entry`] : [];
    if (!format) return [`${name}: the family has no layout here`];
    const coded = codedBits(format);
    if (wanted.length > coded.length)
      return [`${name} has ${coded.length} bits, the transcription ${wanted.length}`];
    return coded.flatMap((bit, index) => disagreement(index, wanted[index], bit) ?? []);
  }

  describe.each(families.map(family => [family.id, family] as const))('%s', (_id, family) => {
    test('every variant reads the same in both transcriptions', () => {
      for (const { kind, settings, format } of family.variants()) {
        const values = settle(family.settings, settings);
        expect(
          compare(format, format.id, asManual(family, values), kind),
          `${kind} ${show(settings)}`,
        ).toEqual([]);
      }
    });

    test('and so does every kind under many settings, the same in every run: no line may be left over', () => {
      const next = random32(2);
      for (let i = 0; i < DRAWN[family.role]; i++) {
        const values = anySettings(family.settings, next);
        for (const kind of family.kinds) {
          const format = family.layout(kind, values);
          expect(
            compare(format, format?.id ?? typedName(family, kind), asManual(family, values), kind),
            `${kind} ${show(values)}`,
          ).toEqual([]);
        }
      }
    });

    test('what a word is read with has been transcribed as well', () => {
      fc.assert(
        fc.property(
          settingsOf(family.settings),
          fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
          (values, word) => {
            const { format, kind } = family.read(word, values);
            expect(compare(format, format.id, asRead(asManual(family, values)), kind), format.id).toEqual([]);
          },
        ),
        { numRuns: RUNS[family.role] },
      );
    });
  });

  test('no line of the transcription is left over: each was held against a layout', () => {
    const left = [...typed.values()].flat().filter(row => !seen.has(row));
    expect(left.map(row => `layouts.tsv:${row.line} ${row.format} ${row.when}`)).toEqual([]);
  });
}
