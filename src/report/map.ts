/** Maps of one or two stages, for people and as records. */

import type { Finding } from '../bits/codec.ts';
import { counted, firstShown } from '../bits/counted.ts';
import { isTrouble, outputOf } from '../walk/filter.ts';
import type { AddressMap, MapRecord, StageView } from '../walk/map.ts';
import type { Space } from '../walk/space.ts';
import { type Answer, batches, mapped, type Passing } from './answer.ts';
import { findingRecord, rootFindings, SCHEMA, sizeNumber } from './records.ts';
import { exactSizeText } from './size.ts';
import type { Look } from './style.ts';
import { type Column, table } from './table.ts';
import { type Under, underOf } from './under.ts';
import { candidateLines, pageText, spanText } from './walk.ts';

const stageRecord = ({ findings, ...stage }: StageView, under: Under) => ({
  ...stage,
  pageBytes: sizeNumber(stage.pageSize),
  ...under,
  findings: findings.map(findingRecord),
});

/** A range as it is printed in JSON: which translation it belongs to, then its own fields. */
function mapRecordJson({ space, first, second }: AddressMap, record: MapRecord) {
  const { findings = [], s1, s2, ...range } = record;
  return {
    schema: s1 ? SCHEMA.nested : SCHEMA.walk,
    root: space.candidate.name,
    ...range,
    sizeBytes: sizeNumber(range.size),
    pageBytes: sizeNumber(range.pageSize),
    ...(s1 ? { s1: stageRecord(s1, underOf(first.regime)) } : underOf(first.regime)),
    ...(s2 && second ? { s2: stageRecord(s2, underOf(second.regime)) } : {}),
    ...rootFindings(space.candidate, space.second?.candidate),
    ...(s1 ? {} : { findings: (findings as Parameters<typeof findingRecord>[0][]).map(findingRecord) }),
  };
}

const inputName = ({ va, ipa }: MapRecord): string =>
  va !== undefined ? 'va' : ipa !== undefined ? 'ipa' : 'gpa';
const hexOrNothing = (value: bigint | undefined): string =>
  value === undefined ? '' : `0x${value.toString(16)}`;

const findingText = ({ id, bits }: Finding): string => (bits ? `${id} ${bits}` : id);

/** What stands beside a range: what software left there, what is wrong, which stage said what. */
function says(record: MapRecord): string {
  const { kind, note } = record;
  if (kind === 'unmapped-at-second-stage') return 'not mapped by the second stage';
  // no entry says it: the sentence does
  if (record.raw === undefined && kind !== undefined)
    return allFindings(record)
      .map(({ message }) => message)
      .join(', ');
  const ids = allFindings(record);
  return [
    ...(kind === undefined || note !== undefined ? [] : [kind]),
    ...(note === undefined ? [] : [`${note}`]),
    ...(note === undefined || kind === undefined ? ids : []).map(findingText),
  ].join(', ');
}

const typeText = ({ type = '', effective }: MapRecord): string => effective ?? type;
/** Who decided, and between what; nothing where the entry alone says it all. */
function fromText({ type = '', effective, decidedBy = '', s1, s2 }: MapRecord): string {
  if (s1) return s2 ? `${decidedBy}: ${s1.type} with ${s2.type}` : '';
  return effective === undefined || effective.startsWith(type) ? '' : `${decidedBy}; the entry: ${type}`;
}

/** Ranges as aligned lines; titles where they are others than those above, which are then taken for these. */
function mapLines(ranges: readonly MapRecord[], { style, width }: Look, above: Set<string>): string[] {
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
    {
      title: 'findings',
      text: says,
      wrap: true,
      paint: record => (isTrouble(record) ? style.yellow : style.dim),
    },
  ];
  // what stood above stays, so that a batch that fills fewer columns needs no titles of its own
  const shown = columns.filter(
    ({ title, text }) => above.has(title) || ranges.some(range => text(range) !== ''),
  );
  const head = shown.some(({ title }) => !above.has(title));
  for (const { title } of shown) above.add(title);
  return table(shown, ranges, { width, indent: 2, head: head && style.dim });
}

// ------------------------------------------------------------------------------------------------------ answers

const cell = (value: unknown): string => `${value ?? ''}`;
const allFindings = ({ s1, s2, findings = [] }: MapRecord): StageView['findings'] => [
  ...(findings as StageView['findings']),
  ...(s1?.findings ?? []),
  ...(s2?.findings ?? []),
];

/** What CSV and Markdown say of a range of a translation, as far as one of these translations can have it. */
function mapColumns(root: string, all: readonly Space[]): readonly Column<MapRecord>[] {
  const nested = all.some(({ second }) => second !== undefined);
  const judged = nested || all.some(({ candidate }) => candidate.rules !== undefined);
  const optional = true;
  const only = (possible: boolean, ...columns: Column<MapRecord>[]): Column<MapRecord>[] =>
    possible ? columns.map(column => ({ ...column, optional })) : [];
  return [
    { title: 'root', text: () => root },
    { title: 'regime', text: ({ regime }) => regime },
    { title: 'input', text: ({ va, ipa, gpa }) => va ?? ipa ?? gpa ?? '' },
    ...only(nested, {
      title: 'middle',
      text: ({ s1, va, ipa, gpa }) => (s1 && va !== undefined ? (ipa ?? gpa ?? '') : ''),
    }),
    { title: 'output', text: record => hexOrNothing(outputOf(record)) },
    { title: 'size', text: ({ size }) => size },
    { title: 'sizeBytes', text: ({ size }) => `${BigInt(size)}` },
    { title: 'pageSize', text: ({ pageSize }) => pageSize },
    { title: 'pageBytes', text: ({ pageSize }) => `${BigInt(pageSize)}` },
    { title: 'level', text: ({ level, s1 }) => cell(level ?? s1?.level) },
    { title: 'perm', text: ({ perm = '' }) => perm },
    { title: 'type', text: ({ type = '' }) => type },
    ...only(
      judged,
      { title: 'effective', text: ({ effective = '' }) => effective },
      { title: 'decidedBy', text: ({ decidedBy = '' }) => decidedBy },
    ),
    ...only(
      nested,
      { title: 's1Type', text: ({ s1 }) => s1?.type ?? '' },
      { title: 's2Type', text: ({ s2 }) => s2?.type ?? '' },
    ),
    { title: 'kind', text: ({ kind = '' }) => kind, optional },
    { title: 'note', text: ({ note }) => cell(note), optional },
    { title: 'raw', text: ({ raw, s1 }) => cell(raw ?? s1?.raw) },
    { title: 'at', text: ({ at, s1 }) => cell(at ?? s1?.at) },
    { title: 'findings', text: record => allFindings(record).map(findingText).join('; '), optional },
  ];
}

/** Ranges of one translation on their way to the printer. */
export interface Ranges {
  readonly map: AddressMap;
  readonly rows: Passing<MapRecord>;
  /** All translations of the answer: their rows share columns. */
  readonly all: readonly Space[];
  /** Where the registers are from; absent where there are none. */
  readonly source?: string;
  /** Are entries that map nothing among the rows? */
  readonly payload: boolean;
}

export function rangesAnswer(ranges: Ranges): Answer<MapRecord> {
  const { map, rows, all } = ranges;
  const { name } = map.space.candidate;
  return {
    records: mapped(rows, record => mapRecordJson(map, record)),
    rows,
    columns: mapColumns(name, all),
    lines: look => rangesLines(ranges, look),
  };
}

/** Ranges that are laid out together. */
const BATCH = 1000;

function* rangesLines(ranges: Ranges, look: Look): Generator<string> {
  const { map, rows, source } = ranges;
  const { dim } = look.style;
  yield* candidateLines(map.space.candidate, look);
  if (source !== undefined) yield dim(`  registers from ${source}`);
  yield '';
  const titles = new Set<string>();
  for (const batch of batches(rows, BATCH)) yield* mapLines(batch, look, titles);
  if (map.first.leaves.length > 0) yield '';
  yield `  ${dim(rangesFacts(ranges).join('; '))}`;
}

/** How many there are, and what is not to be seen of them. */
function rangesFacts({ map, rows, payload }: Ranges): string[] {
  const { leaves, counts } = map.first;
  return [
    `${counted(leaves.length, 'range')}, ${counted(counts.leaves, 'leaf entry', 'leaf entries')} in ${counted(counts.tables, 'table')}`,
    ...(rows.cut
      ? [firstShown(rows.count)]
      : rows.count < leaves.length
        ? [rows.count === 1 ? '1 is shown' : `${rows.count} are shown`]
        : []),
    ...(counts.payload > 0 && !payload
      ? [
          `${counted(counts.payload, 'entry maps nothing but holds', 'entries map nothing but hold')} something (--payload lists ${counts.payload === 1 ? 'it' : 'them'})`,
        ]
      : []),
    ...(counts.faults > 0 ? [counted(counts.faults, 'entry faults on use', 'entries fault on use')] : []),
  ];
}
