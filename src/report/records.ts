/** The records that `--json` prints. Each names its schema, `docs/schemas/` describes it, `docs/json.md` explains it. */
import type { Finding } from '../bits/codec.ts';
import { named } from '../bits/describe.ts';
import type { Facts, Family, Reading } from '../bits/family.ts';
import type { Format } from '../bits/format.ts';
import { positions } from '../bits/format.ts';
import { hexWord } from '../bits/word.ts';
import { citation } from '../refs.ts';

/**
 * A size in bytes as a number, beside its hex: a JSON number is exact up to 2^53, what is larger are its decimal digits as
 * text.
 */
export const sizeNumber = (bytes: bigint | number | string): number | string => {
  const value = BigInt(bytes);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : `${value}`;
};

/** Version of every record: raised when a key changes its meaning or goes; new keys do not raise it. */
export const SCHEMA = {
  decode: 'memattr.decode/1',
  encode: 'memattr.encode/1',
  format: 'memattr.format/1',
  walk: 'memattr.walk/2',
  nested: 'memattr.nested/2',
  translate: 'memattr.translate/2',
  effective: 'memattr.effective/1',
  matrix: 'memattr.matrix/1',
  properties: 'memattr.properties/1',
  summary: 'memattr.summary/2',
  rmap: 'memattr.rmap/2',
  text: 'memattr.text/1',
  roots: 'memattr.roots/1',
  diff: 'memattr.diff/2',
  explain: 'memattr.explain/1',
  kvmPredict: 'memattr.kvm.predict/2',
  kvmPreset: 'memattr.kvm.preset/1',
  kvmCpu: 'memattr.kvm.cpu/1',
  kvmDiff: 'memattr.kvm.diff/1',
  kvmSearch: 'memattr.kvm.search/1',
  kvmFacts: 'memattr.kvm.facts/1',
  kvmInverse: 'memattr.kvm.inverse/1',
  kvmMigrate: 'memattr.kvm.migrate/1',
  kvmLeak: 'memattr.kvm.leak/1',
  kvmCap: 'memattr.kvm.cap/1',
  kvmEra: 'memattr.kvm.era/1',
  kvmPolicy: 'memattr.kvm.policy/1',
  kvmAudit: 'memattr.kvm.audit/1',
  lint: 'memattr.lint/2',
  lintRule: 'memattr.lint-rule/1',
  fault: 'memattr.fault/1',
  bench: 'memattr.bench/1',
  mtrr: 'memattr.mtrr/1',
} as const;

export interface FindingRecord {
  readonly id: string;
  readonly severity: string;
  readonly bits: string;
  readonly message: string;
  readonly ref: string | null;
}

export const findingRecord = ({ id, severity, bits, message, ref }: Finding): FindingRecord => ({
  id,
  severity,
  bits,
  message,
  ref: ref ? citation(ref) : null,
});

/** What is wrong with the registers that hold the roots of a translation; nothing where nothing is. */
export function rootFindings(...roots: readonly ({ readonly findings: readonly Finding[] } | undefined)[]): {
  readonly rootFindings?: readonly FindingRecord[];
} {
  const wrong = roots.flatMap(root => root?.findings ?? []).filter(({ severity }) => severity !== 'note');
  return wrong.length === 0 ? {} : { rootFindings: wrong.map(findingRecord) };
}

type AnySettings = Readonly<Record<string, string | number | bigint>>;

/** One reading: `format` is the family's name, `layout` the layout that applied, `fields` by the manual's names. */
export function decodeRecord(family: Family, reading: Reading, settings: AnySettings, extra: Facts = {}) {
  return {
    schema: SCHEMA.decode,
    format: family.id,
    layout: reading.format.id,
    title: reading.format.title,
    raw: hexWord(reading.raw, reading.format.width / 4),
    kind: reading.kind,
    fields: named(reading.format, reading.raw),
    facts: reading.facts,
    findings: reading.findings.map(findingRecord),
    settings,
    ...extra,
  };
}

/** A layout as data: what `formats` draws. */
export const layoutRecord = (kind: string, settings: AnySettings, format: Format) => ({
  layout: format.id,
  title: format.title,
  kind,
  settings,
  width: format.width,
  ref: citation(format.ref),
  fields: format.rows.map(row => ({
    key: row.key,
    name: row.name,
    kind: row.kind,
    bits: positions(row.pieces),
    ...(row.value === undefined ? {} : { value: row.value }),
    ...(row.values
      ? { values: row.values.map(v => (typeof v === 'string' ? v : { reserved: v.reserved })) }
      : {}),
    ...(row.note === undefined ? {} : { note: row.note }),
    ref: citation(row.ref ?? format.ref),
  })),
});
