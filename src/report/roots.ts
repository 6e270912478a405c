/** Roots with their evidence, for people and as records. */
import { counted } from '../bits/counted.ts';
import { hex } from '../bits/word.ts';
import { addressOf } from '../image/frames.ts';
import type { FoundRoot } from '../walk/found-root.ts';
import { type Answer, mapped } from './answer.ts';
import { SCHEMA } from './records.ts';
import { exactSizeText } from './size.ts';
import type { Look } from './style.ts';
import { type Column, table, wrap } from './table.ts';

/** With the registers that would walk it: `-r` takes the record. */
const rootRecord = ({ registers, ...root }: FoundRoot, rank: number) => ({
  schema: SCHEMA.roots,
  rank,
  ...root,
  address: hex(root.address),
  ...(registers === undefined
    ? {}
    : { registers: Object.fromEntries([...registers].map(([name, value]) => [name, hex(value)])) }),
});

/** What a number below 1 means in a word. */
export const sure = (confidence: number): string =>
  confidence >= 0.95
    ? 'certain'
    : confidence >= 0.75
      ? 'likely'
      : confidence >= 0.45
        ? 'possible'
        : 'doubtful';

/** One root as a few lines: what and where, why, how to walk it. */
function rootLines(root: FoundRoot, rank: number, { style, width }: Look): string[] {
  const { confidence, kind, title, address, memory, names, evidence, assumed, options } = root;
  const percent = `${Math.round(confidence * 100)} %`.padStart(5);
  const head = `${`${rank}`.padStart(3)}  ${percent} ${sure(confidence).padEnd(8)}  `;
  const where = memory === 'physical' ? '' : ` in ${memory}`;
  const aside = (text: string): string[] =>
    wrap(text, Math.max(30, width - 22)).map(line => ' '.repeat(22) + style.dim(line));
  return [
    `${head}${style.bold(`${kind}  ${hex(address)}`)}${where}${names.length > 0 ? `  ${names.join(', ')}` : ''}`,
    ...(title === kind ? [] : aside(title)),
    ...evidence.flatMap(aside),
    ...(assumed.length > 0 ? aside(`assumed: ${assumed.join('; ')}`) : []),
    ...(options.length > 0 ? aside(`walk it with ${options.join(' ')}`) : []),
  ];
}

// ------------------------------------------------------------------------------------------------------ answers

/** A root, and its place in the list. */
interface Ranked {
  readonly root: FoundRoot;
  readonly rank: number;
}

/** What CSV and Markdown say of a root. */
const COLUMNS: readonly Column<Ranked>[] = [
  { title: 'rank', text: ({ rank }) => `${rank}` },
  { title: 'confidence', text: ({ root }) => `${root.confidence}` },
  { title: 'kind', text: ({ root }) => root.kind },
  { title: 'address', text: ({ root }) => hex(root.address) },
  { title: 'memory', text: ({ root }) => root.memory },
  { title: 'names', text: ({ root }) => root.names.join(', ') },
  { title: 'sources', text: ({ root }) => root.sources.join(', ') },
  { title: 'tables', text: ({ root }) => `${root.tables}` },
  { title: 'leaves', text: ({ root }) => `${root.leaves}` },
  { title: 'missing', text: ({ root }) => `${root.missing}` },
  { title: 'evidence', text: ({ root }) => root.evidence.join('; ') },
  { title: 'assumed', text: ({ root }) => root.assumed.join('; ') },
  { title: 'options', text: ({ root }) => root.options.join(' ') },
];

/** What people get: one line each. */
const SHORT: readonly Column<Ranked>[] = [
  { title: '#', text: ({ rank }) => `${rank}`, align: 'right' },
  { title: 'sure', text: ({ root }) => `${Math.round(root.confidence * 100)} %`, align: 'right' },
  { title: 'kind', text: ({ root }) => root.kind },
  { title: 'address', text: ({ root }) => hex(root.address) },
  { title: 'tables', text: ({ root }) => `${root.tables}`, align: 'right' },
  { title: 'leaves', text: ({ root }) => `${root.leaves}`, align: 'right' },
  { title: 'options', text: ({ root }) => optionsText(root) },
];

/** The same where options with their values are too wide: their names. */
const NARROW: readonly Column<Ranked>[] = SHORT.map(column =>
  column.title === 'options'
    ? { ...column, text: ({ root }) => optionsText(root).replace(/(--(?!root)\S+) \S+/g, '$1') }
    : column,
);

function shortLines(rows: readonly Ranked[], { style, width }: Look): string[] {
  const look = { width: Number.POSITIVE_INFINITY, head: style.dim };
  const full = table(SHORT, rows, { width: 1e6 });
  return full.every(line => line.length <= width) ? table(SHORT, rows, look) : table(NARROW, rows, look);
}

/** How to walk it: `--root el1.ttbr1` where the registers give it already. */
const optionsText = ({ names, options, memory }: FoundRoot): string =>
  names.length > 0
    ? `--root ${names[0]}`
    : memory === 'physical'
      ? options.join(' ')
      : `behind ${memory.replace(/^.* at /, '')}`;

/** Roots that are shown, of all that were found. */
export interface ShownRoots {
  readonly shown: readonly FoundRoot[];
  readonly found: number;
  /** Pages that were searched. */
  readonly pages: number;
  /** Where the registers are from, empty where there are none. */
  readonly source: string;
}

/** @param explain with the evidence; a line each without */
export function rootsAnswer(roots: ShownRoots, explain: boolean): Answer<Ranked> {
  const rows = roots.shown.map((root, i) => ({ root, rank: i + 1 }));
  return {
    records: mapped(rows, ({ root, rank }) => rootRecord(root, rank)),
    rows,
    columns: COLUMNS,
    lines: look => [
      ...(explain
        ? rows.flatMap(({ root, rank }) => [...rootLines(root, rank, look), ''])
        : rows.length > 0
          ? [...shortLines(rows, look), '']
          : []),
      ...rootsFacts(roots, explain)
        .flatMap(text => wrap(text, look.width))
        .map(look.style.dim),
    ],
  };
}

const rootsFacts = ({ shown, found, pages, source }: ShownRoots, explain: boolean): string[] => [
  [
    counted(found, 'root'),
    ...(source === '' ? [] : [`registers from ${source}`]),
    pages === 0 ? 'memory was not searched' : `${exactSizeText(addressOf(pages))} searched`,
    ...(shown.length < found
      ? [
          `the ${counted(shown.length, 'surest', 'surest')} ${shown.length === 1 ? 'is' : 'are'} shown (--above 0 shows all)`,
        ]
      : []),
  ].join('; '),
  ...(shown.length === 0
    ? []
    : [
        `memattr walk FILE --root 1 (or translate, lint, rmap) takes the first${explain ? '' : '; --explain has evidence and options'}`,
      ]),
];
