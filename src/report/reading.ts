/** One word, read, for people: every field, what the fields add up to, and what is wrong. */
import type { Finding } from '../bits/codec.ts';
import { describe, type FieldView } from '../bits/describe.ts';
import type { Reading } from '../bits/family.ts';
import { positions } from '../bits/format.ts';
import type { Severity } from '../bits/spec.ts';
import { hexWord } from '../bits/word.ts';
import { citation } from '../refs.ts';
import { factLines } from './facts.ts';
import { type Paint, plain, type Style, same } from './style.ts';
import { type Column, markdownLine, markdownRule, table, wrap } from './table.ts';

export interface ReadingOptions {
  readonly style: Style;
  readonly width: number;
  /** Print reserved, ignored and software rows even where they are clean. */
  readonly all?: boolean;
}

/** Is a row worth a line of its own? Rows without a meaning are not, unless a bit is set where it should not be. */
const speaks = (field: FieldView): boolean => {
  const set = BigInt(field.value) !== 0n;
  if (field.kind === 'res0' || field.kind === 'ignored') return set;
  if (field.kind === 'res1') return !set;
  return field.kind !== 'software' || set;
};

/** What a field's value means, in words: by its table, by its kind, or the layout's remark where the bit is set. */
const meaning = (field: FieldView): string => {
  if (field.meaning !== undefined) return field.meaning;
  const set = BigInt(field.value) !== 0n;
  if (field.kind === 'res0') return set ? 'should be 0' : '';
  if (field.kind === 'res1') return set ? '' : 'should be 1';
  const cleared = /^0: (.*)/.exec(field.note ?? '')?.[1]; // a remark on the bit that is clear
  if (cleared !== undefined) return set ? '' : cleared;
  if (field.note !== undefined && set) return field.note;
  if (field.kind === 'ignored') return 'ignored by hardware';
  return field.kind === 'software' ? 'for software' : '';
};

const fieldColumns = (style: Style, suspect: ReadonlySet<string>): Column<FieldView>[] => [
  { title: 'bits', text: f => f.bits, align: 'right', paint: () => style.dim },
  { title: 'field', text: f => f.name },
  {
    title: 'value',
    text: f => f.text,
    paint: f => (suspect.has(f.bits) ? style.red : BigInt(f.value) === 0n ? style.dim : style.bold),
  },
  {
    title: 'meaning',
    text: meaning,
    wrap: true,
    paint: f => (suspect.has(f.bits) ? style.red : f.meaning === undefined ? style.dim : same),
  },
];

const MARK: Record<Severity, string> = { error: 'error', warning: 'warning', note: 'note' };
const paintOf = (style: Style, severity: Severity): Paint =>
  severity === 'error' ? style.red : severity === 'warning' ? style.yellow : style.cyan;

/** Findings as lines: severity, sentence, reference. */
export function findingLines(findings: readonly Finding[], { style, width }: ReadingOptions): string[] {
  return findings.flatMap(({ severity, message, ref, id }) => {
    const mark = MARK[severity].padEnd(8);
    const text = `${message}${ref ? ` [${citation(ref)}]` : ''} (${id})`;
    return wrap(text, Math.max(30, width - 12)).map((line, n) =>
      n === 0 ? `  ${paintOf(style, severity)(mark)}${line}` : `  ${' '.repeat(8)}${line}`,
    );
  });
}

/** The rows that have nothing to say, as one sentence with the neighbours joined. */
function silence(fields: readonly FieldView[], width: number): string[] {
  const spans: [hi: number, lo: number][] = [];
  for (const { bits } of fields)
    for (const piece of bits.split(',')) {
      const [hi = 0, lo = hi] = piece.split(':').map(Number);
      const last = spans.at(-1);
      if (last && last[1] === hi + 1) last[1] = lo;
      else spans.push([hi, lo]);
    }
  return wrap(`bits ${positions(spans)} are reserved, ignored or for software: all clean`, width);
}

/** The word, what it is, and where that is written; on one line where it fits. */
function heading({ raw, format }: Reading, style: Style, width: number): string[] {
  const word = hexWord(raw, format.width / 4);
  const title = `${format.id.split('.')[0]} ${format.title}`;
  const ref = `[${citation(format.ref)}]`;
  const [first = '', ...more] = wrap(title, width - word.length - 2);
  const lines = [`${style.bold(word)}  ${first}`, ...more.map(line => ' '.repeat(word.length + 2) + line)];
  if (word.length + title.length + ref.length + 4 <= width) return [`${lines[0]}  ${style.dim(ref)}`];
  return [...lines, ' '.repeat(word.length + 2) + style.dim(ref)];
}

/** The whole block of lines for one word. */
export function readingLines(reading: Reading, options: ReadingOptions): string[] {
  const { style, width, all } = options;
  const { format, raw, facts, findings } = reading;
  const fields = describe(format, raw);
  const shown = all ? fields : fields.filter(speaks);
  const silent = fields.filter(field => !shown.includes(field));
  const suspect = new Set(findings.filter(f => f.severity !== 'note').map(f => f.bits));
  const sums = factLines(facts);
  return [
    ...heading(reading, style, width),
    '',
    ...table(fieldColumns(style, suspect), shown, { width, indent: 2, head: style.dim }),
    ...(silent.length === 0 ? [] : silence(silent, width - 2).map(line => `  ${style.dim(line)}`)),
    ...(sums.length === 0 ? [] : ['']),
    ...table(
      [
        { title: '', text: line => line.label, paint: () => style.dim },
        { title: '', text: line => line.text, wrap: true, paint: () => style.bold },
      ],
      sums,
      { width, indent: 2, head: false },
    ),
    '',
    ...(findings.length === 0 ? [`  ${style.green('no findings')}`] : findingLines(findings, options)),
  ];
}

/** The same as Markdown, for mails and issues: heading, table of fields, list of facts and findings. */
export function markdownReading(reading: Reading): string[] {
  const { format, raw, facts, findings } = reading;
  const columns = fieldColumns(plain, new Set());
  return [
    `### \`${hexWord(raw, format.width / 4)}\`: ${format.id.split('.')[0]} ${format.title}`,
    '',
    markdownLine(columns.map(column => column.title)),
    markdownRule(columns),
    ...describe(format, raw)
      .filter(speaks)
      .map(field => markdownLine(columns.map(column => column.text(field)))),
    '',
    ...factLines(facts).map(({ label, text }) => `- ${label}: ${text}`),
    ...findings.map(
      ({ severity, message, ref }) => `- **${severity}**: ${message}${ref ? ` [${citation(ref)}]` : ''}`,
    ),
  ];
}
