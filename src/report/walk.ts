/** Walks and their totals, for people and as records. */
import { counted } from '../bits/counted.ts';
import { hex } from '../bits/word.ts';
import type { Candidate } from '../walk/candidate.ts';
import type { Summary } from '../walk/summary.ts';
import type { Answer } from './answer.ts';
import { rootFindings, SCHEMA, sizeNumber } from './records.ts';
import { sizeText } from './size.ts';
import type { Look } from './style.ts';
import { type Column, filled, table, wrap } from './table.ts';

/** What a translation is and what it was made from. */
export function candidateLines(
  { name, regime, active, from, assumed, through }: Candidate,
  { style, width }: Look,
): string[] {
  const indent = name.length + 2;
  const aside = (text: string): string[] =>
    wrap(text, width - indent).map(line => ' '.repeat(indent) + style.dim(line));
  return [
    `${style.bold(name)}  ${regime.title}${active ? '' : ' (not in use)'}`,
    ...aside(from.join(' ')),
    ...(through === undefined ? [] : aside(`tables read through ${through}`)),
    ...(assumed.length === 0 ? [] : aside(`assumed: ${assumed.join('; ')}`)),
  ];
}

/** `4K`, `2M`: how people call page sizes. */
export const pageText = (size: bigint | number): string =>
  sizeText(size)
    .replace(/ (\w)iB$/, '$1')
    .replace(' B', 'B');

/** First and last byte of a range, in as many digits as the last one needs. */
export function spanText(record: { va?: string; ipa?: string; gpa?: string; size: string }): string {
  const start = BigInt(record.va ?? record.ipa ?? record.gpa ?? 0);
  const last = (start + BigInt(record.size) - 1n).toString(16);
  return `0x${start.toString(16).padStart(last.length, '0')}..0x${last}`;
}

// ------------------------------------------------------------------------------------------------------ totals

const summaryRecord = ({ name, from, assumed, active, findings }: Candidate, summary: Summary) => ({
  schema: SCHEMA.summary,
  root: name,
  regime: summary.regime.id,
  title: summary.regime.title,
  active,
  from,
  assumed,
  ...rootFindings({ findings }),
  bytes: hex(BigInt(summary.bytes)),
  sizeBytes: sizeNumber(summary.bytes),
  rows: summary.rows.map(({ type, perm, level, pageSize, entries, bytes }) => ({
    type,
    perm,
    level,
    pageSize: hex(pageSize),
    pageBytes: sizeNumber(pageSize),
    entries,
    bytes: hex(BigInt(bytes)),
    sizeBytes: sizeNumber(bytes),
  })),
  payload: summary.payload,
  faults: summary.faults,
  tables: summary.tables,
  missing: summary.missing,
  hidden: summary.hidden,
  ...(summary.stopped === undefined ? {} : { stopped: summary.stopped }),
});

/** The rows of a summary by memory type, largest first. */
interface ByType {
  readonly type: string;
  readonly words: string;
  readonly bytes: number;
  readonly pages: ReadonlyMap<number, number>;
  readonly perms: ReadonlyMap<string, number>;
}

function byType({ rows }: Summary): ByType[] {
  const types = new Map<
    string,
    { words: string; bytes: number; pages: Map<number, number>; perms: Map<string, number> }
  >();
  for (const { type, words, perm, pageSize, entries, bytes } of rows) {
    const row = types.get(type) ?? { words, bytes: 0, pages: new Map(), perms: new Map() };
    types.set(type, row);
    row.bytes += bytes;
    row.pages.set(pageSize, (row.pages.get(pageSize) ?? 0) + entries);
    row.perms.set(perm, (row.perms.get(perm) ?? 0) + bytes);
  }
  return [...types].map(([type, row]) => ({ type, ...row })).sort((a, b) => b.bytes - a.bytes);
}

/** A part in percent; what is not all is never printed as 100. */
function share(part: number, whole: number): string {
  if (part === whole) return '100 %';
  const percent = (100 * part) / whole;
  if (percent < 0.1) return '<0.1 %';
  return percent > 99.5 ? '>99 %' : `${percent >= 10 ? Math.round(percent) : percent.toFixed(1)} %`;
}

/** Ways to access a type: those with the most bytes, and how many more there are. */
const MOST = 4;

/** Totals by memory type, in words that need no manual. */
function summaryLines(summary: Summary, { style, width }: Look): string[] {
  const { bytes, tables, payload, faults, missing, hidden, stopped } = summary;
  const columns: Column<ByType>[] = [
    { title: 'memory type', text: ({ type }) => type, wrap: true, paint: () => style.bold },
    { title: 'mapped', text: row => sizeText(row.bytes), align: 'right' },
    { title: 'share', text: row => share(row.bytes, bytes), align: 'right', paint: () => style.dim },
    {
      title: 'pages',
      text: ({ pages }) =>
        [...pages]
          .sort(([a], [b]) => b - a)
          .map(([size, n]) => `${n} x ${pageText(size)}`)
          .join(', '),
      wrap: true,
    },
    {
      title: 'access',
      text: ({ perms }) =>
        [...perms]
          .sort(([, a], [, b]) => b - a)
          .map(([perm]) => perm)
          .flatMap((perm, n, all) =>
            n < MOST ? [perm] : n === MOST ? [`and ${all.length - MOST} more`] : [],
          )
          .join(', '),
      wrap: true,
    },
    {
      title: 'which is',
      text: ({ words }) => words,
      wrap: true,
      paint: () => style.dim,
    },
  ];
  const facts = [
    `${sizeText(bytes)} mapped by ${counted(tables, 'table')}`,
    ...(payload > 0
      ? [`${counted(payload, 'entry maps nothing but holds', 'entries map nothing but hold')} something`]
      : []),
    ...(faults > 0 ? [counted(faults, 'entry faults on use', 'entries fault on use')] : []),
    ...(missing > 0 ? [counted(missing, 'table is not in the image', 'tables are not in the image')] : []),
    ...(hidden > 0
      ? [
          counted(
            hidden,
            'table is hidden from the walker by the second stage',
            'tables are hidden from the walker by the second stage',
          ),
        ]
      : []),
    ...(stopped === undefined ? [] : [stopped]),
  ];
  return [
    ...table(filled(columns, byType(summary)), byType(summary), { width, indent: 2, head: style.dim }),
    ...wrap(facts.join('; '), width - 2).map(line => `  ${style.dim(line)}`),
  ];
}

type SummaryRow = ReturnType<typeof summaryRecord>['rows'][number];

/** What CSV and Markdown say of the totals of a translation. */
const summaryColumns = (root: string, regime: string): readonly Column<SummaryRow>[] => [
  { title: 'root', text: () => root },
  { title: 'regime', text: () => regime },
  { title: 'type', text: ({ type }) => type },
  { title: 'perm', text: ({ perm }) => perm },
  { title: 'level', text: ({ level }) => `${level}` },
  { title: 'pageSize', text: ({ pageSize }) => pageSize },
  { title: 'pageBytes', text: ({ pageBytes }) => `${pageBytes}` },
  { title: 'entries', text: ({ entries }) => `${entries}` },
  { title: 'bytes', text: ({ bytes }) => bytes },
  { title: 'sizeBytes', text: ({ sizeBytes }) => `${sizeBytes}` },
];

/** The totals of one translation. `source` says where the registers are from. */
export function summaryAnswer(candidate: Candidate, summary: Summary, source: string): Answer<SummaryRow> {
  const record = summaryRecord(candidate, summary);
  return {
    records: [record],
    rows: record.rows,
    columns: summaryColumns(candidate.name, summary.regime.id),
    lines: look => [
      ...candidateLines(candidate, look),
      look.style.dim(`  registers from ${source}`),
      '',
      ...summaryLines(summary, look),
    ],
  };
}

/** What stands above several answers from one dump, for people only. */
export const sourceAnswer = (source: string): Answer<never> => ({
  records: [],
  columns: [],
  lines: ({ style }) => [style.dim(`registers from ${source}`)],
});
