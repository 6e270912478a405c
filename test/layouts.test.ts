/**
 * Two transcriptions of the manuals, one made of rows (`src/`), one a table (`fixtures/layouts.tsv`), typed
 * independently: they must agree on every bit of every layout under every setting. Where they do not, the manual
 * decides.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { families } from '../src/arch/families.ts';
import type { Family } from '../src/bits/family.ts';
import { type Format, type FormatRow, rowWidth } from '../src/bits/format.ts';
import { settle } from '../src/bits/settings.ts';
import { anySettings, random32 } from './support/any-settings.ts';
import { settingsOf } from './support/arbitrary.ts';
import {
  readTranscription,
  type TypedBit,
  type TypedRow,
  typedLayout,
  type Values,
} from './support/transcription.ts';

const typed = new Map<string, TypedRow[]>();
for (const row of readTranscription()) {
  const rows = typed.get(row.format);
  if (rows) rows.push(row);
  else typed.set(row.format, [row]);
}
const seen = new Set<TypedRow>();

/**
 * Intel and AMD name few fields in a word; these are the same field, said short in the transcription and as the tables of
 * the manuals describe it in the layouts.
 */
const SHORT: Readonly<Record<string, readonly string[]>> = {
  address: [
    'physical address',
    'physical address of the next table',
    'physical address of the table',
    'physical address of the page directory',
    'physical address of the page-directory-pointer table',
    'physical address of the EPT PML4 or PML5 table',
    'top of memory',
  ],
  pk: ['protection key'],
  xd: ['NX'],
  rwx: ['X, W, R'],
  xu: ['X, user-mode linear addresses'],
  v: ['valid'],
  walklength: ['page-walk length minus 1'],
  memorytype: ['EPT memory type', 'memory type of EPT paging structures'],
  ad: ['accessed and dirty flags'],
  a: ['accessed'],
  d: ['dirty'],
  ipat: ['ignore PAT'],
  ps: ['maps a page'],
  spp: ['sub-page write permissions'],
  vgp: ['verify guest paging'],
  pw: ['paging-write access'],
  suppressve: ['suppress #VE'],
  sss: ['supervisor shadow stack', 'supervisor shadow-stack control'],
  maxhlatprefixsize: ['maximum HLAT prefix size'],
  executeonly: ['execute-only translations'],
  pagewalklength4: ['4-level walks'],
  pagewalklength5: ['5-level walks'],
  uc: ['UC paging structures'],
  wb: ['WB paging structures'],
};

/** One spelling per field: case, blanks, punctuation and the printed slice do not count. */
const plain = (name: string): string =>
  name
    .replace(/\[[^\]]*\]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
const short = new Map(Object.entries(SHORT).flatMap(([key, names]) => names.map(name => [plain(name), key])));
const spelling = (name: string): string => short.get(plain(name)) ?? plain(name);

/** The transcription's name for a kind: nested paging has the formats of ordinary paging, both stages share VMSAv9-128. */
const typedName = (family: Family, kind: string): string =>
  [`${family.id}.${kind}`, `x86.pte.${kind}`, `arm64.${kind}`].find(name => typed.has(name)) ?? family.id;

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

/** Settings as the manual has them: nested paging reads the ordinary formats of the AMD host. */
const asManual = (family: Family, values: Values): Values =>
  family.id === 'x86.npt' ? { ...values, vendor: 'amd', hlat: 0, sBit: 0 } : values;

/** Levels of each paging mode: a word at a level above is read as an entry of the top table, and a finding says so. */
const TOP: Readonly<Record<string, number>> = { '32': 2, pae: 3, '4l': 4, '5l': 5 };
const asRead = (values: Values): Values => {
  const top = TOP[String(values.mode)];
  return top ? { ...values, level: Math.min(top, Number(values.level)) } : values;
};

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

/** Enough settings to see every row: registers have few of them. */
const DRAWN = { descriptor: 400, register: 300 };
const RUNS = { descriptor: 200, register: 100 };
const show = (values: Values): string =>
  Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

describe.each(families.map(family => [family.id, family] as const))('%s', (_id, family) => {
  test('every variant reads the same in both transcriptions', () => {
    for (const { kind, settings, format } of family.variants()) {
      const values = settle(family.settings, settings);
      expect(compare(format, format.id, asManual(family, values), kind), `${kind} ${show(settings)}`).toEqual(
        [],
      );
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
