/** What `lint` found: for people, and as records. */
import { hex, join } from '../bits/word.ts';
import type { LintResult, SpaceResult } from '../lint/engine.ts';
import type { Example, LintReport, RangePlace } from '../lint/reports.ts';
import type { LintRule } from '../lint/rule.ts';
import { citation } from '../refs.ts';
import { frameHex } from '../walk/record.ts';
import { SCHEMA } from './records.ts';
import { exactSizeText } from './size.ts';
import type { Paint, Style } from './style.ts';
import { wrap } from './table.ts';

export interface LintLook {
  readonly style: Style;
  readonly width: number;
}

export const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

const rawOf = ({ space, lo, hi }: RangePlace): string =>
  `0x${join(lo, hi)
    .toString(16)
    .padStart(space.candidate.regime.entryBytes * 2, '0')}`;

/** One place as a record: addresses by the regime’s own names, as in `walk`. */
export function placeRecord(place: RangePlace) {
  const { space, level, kind, input, frames, output, outputName, perm, type, at } = place;
  const { regime, name } = space.candidate;
  return {
    root: name,
    [regime.input]: frameHex(input),
    ...(kind === 'leaf' && output !== undefined && outputName ? { [outputName]: frameHex(output) } : {}),
    size: frameHex(frames),
    level: level.name,
    ...(kind === 'leaf' ? {} : { kind }),
    ...(perm === undefined ? {} : { perm }),
    ...(type === undefined ? {} : { type }),
    raw: rawOf(place),
    at: hex(at),
  };
}

function exampleRecords({ place, ways }: Example): readonly Readonly<Record<string, unknown>>[] {
  switch (place.is) {
    case 'range':
      return [placeRecord(place)];
    case 'pages':
      return [{ pa: frameHex(place.frame), size: frameHex(place.frames), mappings: ways.map(placeRecord) }];
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
  ref: refOf(report),
  examples: report.examples.flatMap(exampleRecords),
});

const refOf = ({ ref, rule }: LintReport): string | null => {
  const cited = ref ?? rule.refs[0];
  return cited ? citation(cited) : null;
};

const PAINT: Readonly<Record<LintReport['severity'], keyof Style>> = {
  error: 'red',
  warning: 'yellow',
  note: 'dim',
};

/** `0x…000..0x…fff`: first and last byte. */
function span(frame: number, frames: number): string {
  const first = BigInt(frame) << 12n;
  return `${hex(first)}..${hex(first + (BigInt(frames) << 12n) - 1n)}`;
}

function placeText(place: RangePlace): string {
  const { space, input, frames, output, outputName, perm, type, kind, at } = place;
  const { regime } = space.candidate;
  const to = kind === 'leaf' && output !== undefined ? ` to ${outputName} ${frameHex(output)}` : '';
  const says = [perm, type].filter(text => text !== undefined && text !== '').join(' ');
  return `${regime.input} ${span(input, frames)}${to}${says ? `, ${says}` : ''}; entry ${rawOf(place)} at ${hex(at)}`;
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
export function reportLines(reports: readonly LintReport[], look: LintLook): string[] {
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
export function byHeading(reports: readonly LintReport[]): readonly (readonly LintReport[])[] {
  const groups = new Map<string, LintReport[]>();
  for (const report of reports) {
    const key = `${report.severity} ${report.rule.id}`;
    groups.set(key, [...(groups.get(key) ?? []), report]);
  }
  return [...groups.values()];
}

function linesOf(report: LintReport, { style, width }: LintLook): string[] {
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
export function totalLine({ reports, spaces }: LintResult): string {
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
export function ruleLines(
  { id, title, severity, explain, refs, needs }: LintRule,
  { style, width }: LintLook,
): string[] {
  const option = needs === 'map' ? '--map' : needs === 'expectation' ? '--expect-perm' : undefined;
  return [
    `${style.bold(id)}  ${title}`,
    `  ${style.dim(`severity: ${severity}${option ? `; runs with ${option}` : ''}`)}`,
    '',
    ...wrapped(explain, 2, width),
    '',
    ...refs.map(ref => `  ${style.dim(citation(ref))}`),
  ];
}

export const ruleRecord = ({ id, title, severity, explain, refs, needs }: LintRule) => ({
  schema: SCHEMA.lintRule,
  rule: id,
  title,
  severity,
  explain,
  needs: needs ?? null,
  refs: refs.map(citation),
});

/** The rules as a page of the documentation. */
export const rulesPage = (rules: readonly LintRule[]): string =>
  rules
    .map(({ id, title, severity, explain, refs, needs }) => {
      const option =
        needs === 'map' ? '; with `--map`' : needs === 'expectation' ? '; with `--expect-perm`' : '';
      return `### ${id}\n\n${title} (${severity}${option})\n\n${explain}\n\n${refs.map(ref => `- ${citation(ref)}`).join('\n')}\n`;
    })
    .join('\n');
