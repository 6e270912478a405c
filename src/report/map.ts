/** Maps of one or two stages, for people and as records. */
import { isTrouble, outputOf } from '../walk/filter.ts';
import type { MapRecord, StageView } from '../walk/map.ts';
import { findingRecord, SCHEMA } from './records.ts';
import { exactSizeText } from './size.ts';
import { type Column, table } from './table.ts';
import { pageText, spanText, type WalkLook } from './walk.ts';

const stageRecord = ({ findings, ...stage }: StageView) => ({
  ...stage,
  findings: findings.map(findingRecord),
});

/** A range as it is printed in JSON: which translation it belongs to, then its own fields. */
export function mapRecordJson(root: string, record: MapRecord) {
  const { findings = [], s1, s2, ...range } = record;
  return {
    schema: s1 ? SCHEMA.nested : SCHEMA.walk,
    root,
    ...range,
    ...(s1 ? { s1: stageRecord(s1) } : {}),
    ...(s2 ? { s2: stageRecord(s2) } : {}),
    ...(s1 ? {} : { findings: (findings as Parameters<typeof findingRecord>[0][]).map(findingRecord) }),
  };
}

const inputName = ({ va, ipa }: MapRecord): string =>
  va !== undefined ? 'va' : ipa !== undefined ? 'ipa' : 'gpa';
const hexOrNothing = (value: bigint | undefined): string =>
  value === undefined ? '' : `0x${value.toString(16)}`;

/** What stands beside a range: what software left there, what is wrong, which stage said what. */
function says(record: MapRecord): string {
  const { kind, note, s1, s2, findings = [] } = record;
  if (kind === 'unmapped-at-second-stage') return 'not mapped by the second stage';
  const ids = [...(findings as StageView['findings']), ...(s1?.findings ?? []), ...(s2?.findings ?? [])];
  return [
    ...(kind === undefined || note !== undefined ? [] : [kind]),
    ...(note === undefined ? [] : [`${note}`]),
    ...(note === undefined || kind === undefined ? ids : []).map(({ id, bits }) =>
      bits ? `${id} ${bits}` : id,
    ),
  ].join(', ');
}

const typeText = ({ type = '', effective }: MapRecord): string => effective ?? type;
/** Who decided, and between what; nothing where the entry alone says it all. */
function fromText({ type = '', effective, decidedBy = '', s1, s2 }: MapRecord): string {
  if (s1) return s2 ? `${decidedBy}: ${s1.type} with ${s2.type}` : '';
  return effective === undefined || effective.startsWith(type) ? '' : `${decidedBy}; the entry: ${type}`;
}

/** Ranges as aligned lines. `head` prints the titles. */
export function mapLines(ranges: readonly MapRecord[], { style, width }: WalkLook, head: boolean): string[] {
  const [first] = ranges;
  if (!first) return [];
  const nested = ranges.some(({ s1 }) => s1 !== undefined);
  const effective = nested || ranges.some(range => range.effective !== undefined);
  const middle = ({ ipa, gpa, va }: MapRecord): string => (va === undefined ? '' : (ipa ?? gpa ?? ''));
  // two stages have three addresses: the size tells where a range ends
  const start = ({ va, ipa, gpa }: MapRecord): string => va ?? ipa ?? gpa ?? '';
  const columns: Column<MapRecord>[] = [
    { title: inputName(first), text: nested ? start : spanText, align: 'right' },
    ...(nested
      ? [{ title: first.ipa === undefined ? 'gpa' : 'ipa', text: middle, align: 'right' } as const]
      : []),
    {
      title: first.pa === undefined && !nested ? 'to' : 'pa',
      text: record => hexOrNothing(outputOf(record)),
      align: 'right',
    },
    { title: 'size', text: ({ size }) => exactSizeText(BigInt(size)), align: 'right' },
    {
      title: 'page',
      text: ({ pageSize }) => pageText(BigInt(pageSize)),
      align: 'right',
      paint: () => style.dim,
    },
    { title: 'perm', text: ({ perm = '' }) => perm },
    { title: effective ? 'effective' : 'type', text: typeText, wrap: true, paint: () => style.bold },
    ...(effective
      ? [{ title: 'decided by', text: fromText, wrap: true, paint: () => style.dim } as const]
      : []),
    { title: '', text: says, wrap: true, paint: record => (isTrouble(record) ? style.yellow : style.dim) },
  ];
  return table(columns, ranges, { width, indent: 2, head: head && style.dim });
}

/** Columns of CSV and Markdown. */
export const MAP_TITLES = [
  'root',
  'regime',
  'input',
  'middle',
  'output',
  'size',
  'pageSize',
  'level',
  'perm',
  'type',
  'effective',
  'decidedBy',
  's1Type',
  's2Type',
  'kind',
  'note',
  'raw',
  'at',
  'findings',
] as const;

export function mapCells(root: string, record: MapRecord): string[] {
  const { va, ipa, gpa, s1, s2, findings = [] } = record;
  const all = [...(findings as StageView['findings']), ...(s1?.findings ?? []), ...(s2?.findings ?? [])];
  // beside the record, not over it: a spread with other keys behind it costs more than the rest of the line
  const values: Record<string, unknown> = {
    root,
    input: va ?? ipa ?? gpa,
    middle: s1 && va !== undefined ? (ipa ?? gpa) : '',
    output: hexOrNothing(outputOf(record)),
    s1Type: s1?.type,
    s2Type: s2?.type,
    raw: record.raw ?? s1?.raw,
    at: record.at ?? s1?.at,
    level: record.level ?? s1?.level,
    findings: all.map(({ id, bits }) => (bits ? `${id} ${bits}` : id)).join('; '),
  };
  return MAP_TITLES.map(key => `${(key in values ? values[key] : record[key]) ?? ''}`);
}
