/** What `lint` found: for people, and as records. */
import { counted } from '../bits/counted.ts';
import { groupBy } from '../bits/group-by.ts';
import { hex, join } from '../bits/word.ts';
import { addressOf, frameHex } from '../image/frames.ts';
import type { LintResult, SpaceResult } from '../lint/engine.ts';
import type { Example, LintReport, RangePlace } from '../lint/reports.ts';
import { type LintRule, refsOf } from '../lint/rule.ts';
import { citation } from '../refs.ts';
import { type Answer, mapped } from './answer.ts';
import { editionLines } from './editions.ts';
import { SCHEMA, sizeNumber } from './records.ts';
import { exactSizeText } from './size.ts';
import type { Look, Paint, Style } from './style.ts';
import { type Column, wrap } from './table.ts';

/** Undefined where a table cannot be read. */
const rawOf = ({ space, lo, hi = 0 }: RangePlace): string | undefined =>
  lo === undefined
    ? undefined
    : `0x${join(lo, hi)
        .toString(16)
        .padStart(space.candidate.regime.entryBytes * 2, '0')}`;

/** One place as a record: addresses by the regime’s own names, as in `walk`. */
function placeRecord(place: RangePlace) {
  const { space, level, kind, input, frames, output, outputName, perm, type, at } = place;
  const { regime, name } = space.candidate;
  const raw = rawOf(place);
  return {
    root: name,
    [regime.input]: frameHex(input),
    ...(kind === 'leaf' && output !== undefined && outputName ? { [outputName]: frameHex(output) } : {}),
    size: frameHex(frames),
    sizeBytes: sizeNumber(addressOf(frames)),
    level: level.name,
    ...(kind === 'leaf' ? {} : { kind }),
    ...(perm === undefined ? {} : { perm }),
    ...(type === undefined ? {} : { type }),
    ...(raw === undefined ? {} : { raw }),
    at: hex(at),
  };
}

function exampleRecords({ place, ways }: Example): readonly Readonly<Record<string, unknown>>[] {
  switch (place.is) {
    case 'range':
      return [placeRecord(place)];
    case 'pages':
      return [
        {
          pa: frameHex(place.frame),
          size: frameHex(place.frames),
          sizeBytes: sizeNumber(addressOf(place.frames)),
          mappings: ways.map(placeRecord),
        },
      ];
    case 'space':
      return [];
  }
}

export const lintRecord = (report: LintReport) => ({
  schema: SCHEMA.lint,
  rule: report.rule.id,
  severity: report.severity,
  title: report.rule.title,
  message: report.message,
  roots: report.spaces,
  ranges: report.ranges,
  entries: report.entries,
  bytes: hex(report.bytes),
  sizeBytes: sizeNumber(report.bytes),
  ref: report.ref ? citation(report.ref) : null,
  examples: report.examples.flatMap(exampleRecords),
});

const PAINT: Readonly<Record<LintReport['severity'], keyof Style>> = {
  error: 'red',
  warning: 'yellow',
  note: 'dim',
};

/** `0x…000..0x…fff`: first and last byte. */
function span(frame: number, frames: number): string {
  const first = addressOf(frame);
  return `${hex(first)}..${hex(first + addressOf(frames) - 1n)}`;
}

function placeText(place: RangePlace): string {
  const { space, input, frames, output, outputName, perm, type, kind, at } = place;
  const { regime } = space.candidate;
  const to = kind === 'leaf' && output !== undefined ? ` to ${outputName} ${frameHex(output)}` : '';
  const says = [perm, type].filter(text => text !== undefined && text !== '').join(' ');
  const raw = rawOf(place);
  const entry = raw === undefined ? 'table' : `entry ${raw}`;
  return `${regime.input} ${span(input, frames)}${to}${says ? `, ${says}` : ''}; ${entry} at ${hex(at)}`;
}

function exampleLines({ place, ways }: Example): string[] {
  switch (place.is) {
    case 'range':
      return [placeText(place)];
    case 'pages':
      return [
        `pa ${span(place.frame, place.frames)}`,
        ...ways.map(way => `  ${way.space.candidate.name}: ${placeText(way)}`),
      ];
    case 'space':
      return [];
  }
}

/** How much a report is about. */
function extent({ ranges, bytes, entries, examples }: LintReport): string {
  const [first] = examples;
  if (!first || first.place.is === 'space') return '';
  const parts = [
    ...(ranges > 1 ? [counted(ranges, 'range')] : []),
    ...(entries > 1 ? [counted(entries, 'entry', 'entries')] : []),
    exactSizeText(bytes),
  ];
  return ` (${parts.join(', ')})`;
}

/** The reports of one severity and rule, under one heading. */
function reportLines(reports: readonly LintReport[], look: Look): string[] {
  const [first] = reports;
  if (!first) return [];
  const { style } = look;
  const { severity, rule } = first;
  const paint: Paint = style[PAINT[severity]];
  return [
    `${paint(severity)}  ${style.bold(rule.id)}  ${style.dim(rule.title)}`,
    ...reports.flatMap(report => linesOf(report, look)),
  ];
}

/** Reports in their order, those under one heading together. */
function byHeading(reports: readonly LintReport[]): readonly (readonly LintReport[])[] {
  const groups = groupBy(reports, ({ severity, rule }) => `${severity} ${rule.id}`);
  return [...groups.values()];
}

function linesOf(report: LintReport, { style, width }: Look): string[] {
  const { spaces, message, examples, ranges } = report;
  const [first] = examples;
  const where = first?.place.is === 'pages' ? '' : `${spaces.join(', ')}: `;
  const more = ranges - examples.length;
  return [
    ...wrap(`${where}${message}${extent(report)}`, width - 2).map(line => `  ${line}`),
    ...examples
      .flatMap(exampleLines)
      .flatMap(text => indented(text, 4, width))
      .map(style.dim),
    ...(more > 0 ? [style.dim(`    and ${more} more`)] : []),
  ];
}

/** Wrapped, with what follows the first line two deeper. */
function indented(text: string, indent: number, width: number): string[] {
  const own = indent + (/^ */.exec(text)?.[0].length ?? 0);
  return wrap(text.trim(), width - own - 2).map((line, i) => ' '.repeat(own + (i > 0 ? 2 : 0)) + line);
}

/** How many of each severity, and what was looked at. */
function totalLine({ reports, spaces }: LintResult): string {
  const by = (severity: LintReport['severity']) =>
    reports.filter(report => report.severity === severity).length;
  const found = [
    counted(by('error'), 'error'),
    counted(by('warning'), 'warning'),
    counted(by('note'), 'note'),
  ].join(', ');
  const sum = (of: (space: SpaceResult) => number) => spaces.reduce((total, space) => total + of(space), 0);
  const leaves = sum(space => space.leaves);
  return `${found}; ${counted(spaces.length, 'translation')} with ${counted(
    sum(space => space.tables),
    'table',
  )} and ${counted(leaves, 'leaf entry', 'leaf entries')} looked at`;
}

const wrapped = (text: string, indent: number, width: number): string[] =>
  wrap(text, width - indent).map(line => ' '.repeat(indent) + line);

/** What `lint --explain ID` prints. */
function ruleLines(rule: LintRule, { style, width }: Look): string[] {
  const { id, title, severity, explain, needs } = rule;
  const option = needs === 'map' ? '--map' : needs === 'expectation' ? '--expect-perm' : undefined;
  return [
    `${style.bold(id)}  ${title}`,
    `  ${style.dim(`severity: ${severity}${option ? `; runs with ${option}` : ''}`)}`,
    '',
    ...wrapped(explain, 2, width),
    '',
    ...refsOf(rule).map(ref => `  ${style.dim(citation(ref))}`),
  ];
}

const ruleRecord = (rule: LintRule) => ({
  schema: SCHEMA.lintRule,
  rule: rule.id,
  title: rule.title,
  severity: rule.severity,
  explain: rule.explain,
  needs: rule.needs ?? null,
  refs: refsOf(rule).map(citation),
});

// ------------------------------------------------------------------------------------------------------ answers

const physical = ({ kind, output, outputName }: RangePlace): string =>
  kind === 'leaf' && output !== undefined && outputName === 'pa' ? frameHex(output) : '';

/** What CSV and Markdown say of a report, with the first range. */
const REPORT_COLUMNS: readonly Column<LintReport>[] = [
  { title: 'severity', text: ({ severity }) => severity },
  { title: 'rule', text: ({ rule }) => rule.id },
  { title: 'roots', text: ({ spaces }) => spaces.join(' ') },
  { title: 'message', text: ({ message }) => message },
  { title: 'ranges', text: ({ ranges }) => `${ranges}` },
  { title: 'entries', text: ({ entries }) => `${entries}` },
  { title: 'bytes', text: ({ bytes }) => hex(bytes) },
  { title: 'sizeBytes', text: ({ bytes }) => `${bytes}` },
  { title: 'input', text: ofFirst(({ input }) => frameHex(input)), optional: true },
  { title: 'pa', text: ofFirst(physical), optional: true },
  { title: 'raw', text: ofFirst(place => rawOf(place) ?? ''), optional: true },
  { title: 'at', text: ofFirst(({ at }) => hex(at)), optional: true },
];

/** A cell about the first range of a report; empty where it is about none. */
function ofFirst(text: (place: RangePlace) => string): (report: LintReport) => string {
  return ({ examples: [example] }) => {
    const first = example?.place.is === 'range' ? example.place : example?.ways[0];
    return first ? text(first) : '';
  };
}

/** What the rules found. `source` says where the registers are from. */
export const lintAnswer = (result: LintResult, source: string): Answer<LintReport> => ({
  records: mapped(result.reports, lintRecord),
  rows: result.reports,
  columns: REPORT_COLUMNS,
  lines: look => [
    ...byHeading(result.reports).flatMap(group => [...reportLines(group, look), '']),
    totalLine(result),
    look.style.dim(`registers from ${source}`),
  ],
});

/** What CSV and Markdown say of a rule. */
const RULE_COLUMNS: readonly Column<LintRule>[] = [
  { title: 'rule', text: ({ id }) => id },
  { title: 'severity', text: ({ severity }) => severity },
  { title: 'title', text: ({ title }) => title },
  { title: 'needs', text: ({ needs = '' }) => needs, optional: true },
  { title: 'explain', text: ({ explain }) => explain },
  { title: 'refs', text: rule => refsOf(rule).map(citation).join('; ') },
];

/** What rules say of themselves. */
export const rulesAnswer = (rules: readonly LintRule[]): Answer<LintRule> => ({
  records: rules.map(ruleRecord),
  rows: rules,
  columns: RULE_COLUMNS,
  lines: look => [
    ...rules.flatMap((rule, i) => [...(i > 0 ? ['', ''] : []), ...ruleLines(rule, look)]),
    ...editionLines(
      rules.flatMap(rule => refsOf(rule)),
      look,
    ),
  ],
});

/** The rules as a page of the documentation. */
export const rulesPage = (rules: readonly LintRule[]): string =>
  rules
    .map(rule => {
      const { id, title, severity, explain, needs } = rule;
      const option =
        needs === 'map' ? '; with `--map`' : needs === 'expectation' ? '; with `--expect-perm`' : '';
      return `### ${id}\n\n${title} (${severity}${option})\n\n${explain}\n\n${refsOf(rule)
        .map(ref => `- ${citation(ref)}`)
        .join('\n')}\n`;
    })
    .join('\n');
