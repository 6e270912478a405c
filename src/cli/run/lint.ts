/** `lint`: the rules over a dump's translations, and a status for CI. */
import { existsSync, readFileSync } from 'node:fs';
import { hex, parseWord } from '../../bits/word.ts';
import { parseDeclared } from '../../image/memory-map.ts';
import { DeclaredMap } from '../../lint/declared.ts';
import { DEFAULT_EXAMPLES, type LintResult, lint } from '../../lint/engine.ts';
import { Expectation } from '../../lint/expectation.ts';
import type { LintRule } from '../../lint/rule.ts';
import { lintRules } from '../../lint/rules.ts';
import { json } from '../../report/json.ts';
import {
  byHeading,
  counted,
  type LintLook,
  lintRecord,
  placeRecord,
  reportLines,
  ruleLines,
  ruleRecord,
  totalLine,
} from '../../report/lint.ts';
import { sarif } from '../../report/sarif.ts';
import { csvLine, markdownLine } from '../../report/table.ts';
import { type Globals, outputOf } from '../command.ts';
import { type Io, look } from '../io.ts';
import { closest, didYouMean } from '../suggest.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { version } from '../version.ts';
import { type Dump, type DumpArgs, textOf, withDump } from './dump.ts';

type LintArgs = Omit<DumpArgs, 'dump'> &
  Globals & {
    readonly dump?: string | undefined;
    readonly rule: readonly string[];
    readonly ignore: readonly string[];
    readonly 'fail-on'?: 'error' | 'warning' | 'note' | 'never' | undefined;
    readonly explain?: string | undefined;
    readonly 'expect-perm'?: string | undefined;
    readonly examples?: string | undefined;
    readonly sarif?: boolean | undefined;
  };

export async function run(args: LintArgs, io: Io): Promise<number> {
  if (args.explain !== undefined) return explain(args.explain, args, io);
  const { dump } = args;
  if (dump === undefined) throw new UsageError('lint takes a dump, or --explain with the id of a rule');
  if (args.sarif && outputOf(args) !== 'table') throw new UsageError('--sarif is an output of its own');
  const rules = chosen(args);
  const map = args.map === undefined ? undefined : parseDeclared(textOf(args.map), args.map);
  const expected = args['expect-perm'];
  const options = {
    rules,
    ...(map ? { map: new DeclaredMap(map.ranges) } : {}),
    ...(expected === undefined
      ? {}
      : { expectation: new Expectation(existsSync(expected) ? readFileSync(expected, 'utf8') : expected) }),
    examples: args.examples === undefined ? DEFAULT_EXAMPLES : Number(parseWord(args.examples)),
  };
  // with --base the place of raw memory is known, and the map is for the rules alone
  const { map: placing, ...rest } = args;
  const opening = { ...rest, dump, map: args.base === undefined ? placing : undefined };
  return withDump('lint', opening, io, opened => {
    const result = lint(opened.wanted, opened.image.space, options);
    print(result, opened, dump, rules, args, io);
    return statusOf(result, args, io);
  });
}

const ids = lintRules.map(({ id }) => id);

/** Ids from options, each of which may hold several. @throws UsageError for one that does not exist. */
function idsOf(texts: readonly string[]): readonly string[] {
  const given = texts.flatMap(text => text.split(',')).map(text => text.trim());
  for (const id of given) if (id !== '' && !ids.includes(id)) throw noSuchRule(id);
  return given.filter(id => id !== '');
}

const noSuchRule = (id: string): UsageError =>
  new UsageError(`no rule '${id}'; ${didYouMean(id, closest(id, ids)) || `there are ${ids.join(', ')}`}`);

function chosen(args: LintArgs): readonly LintRule[] {
  const only = idsOf(args.rule);
  const ignored = idsOf(args.ignore);
  const rules = lintRules.filter(
    ({ id }) => (only.length === 0 || only.includes(id)) && !ignored.includes(id),
  );
  const [lacking] = rules.filter(
    ({ id, needs }) =>
      only.includes(id) &&
      (needs === 'map'
        ? args.map === undefined
        : needs === 'expectation' && args['expect-perm'] === undefined),
  );
  if (lacking)
    throw new UsageError(
      `the rule ${lacking.id} needs ${lacking.needs === 'map' ? 'a memory map (--map)' : 'expectations (--expect-perm)'}`,
    );
  return rules;
}

function explain(id: string, args: Globals, io: Io): number {
  const rules = id === 'all' ? lintRules : lintRules.filter(rule => rule.id === id);
  if (rules.length === 0) throw noSuchRule(id);
  if (outputOf(args) === 'json') for (const rule of rules) io.out.write(`${json(ruleRecord(rule))}\n`);
  else io.out.write(`${rules.map(rule => ruleLines(rule, look(io, args)).join('\n')).join('\n\n\n')}\n`);
  return EXIT.answer;
}

const COLUMNS = [
  'severity',
  'rule',
  'roots',
  'message',
  'ranges',
  'entries',
  'bytes',
  'input',
  'pa',
  'raw',
  'at',
] as const;

/** The cells of a report in CSV and Markdown, with the first range. */
function cells(report: LintResult['reports'][number]): string[] {
  const { severity, rule, roots, message, ranges, entries, bytes } = lintRecord(report);
  const [example] = report.examples;
  const first = example?.place.is === 'range' ? example.place : example?.ways[0];
  const record = (first ? placeRecord(first) : {}) as Readonly<Record<string, string>>;
  const input = first ? record[first.space.candidate.regime.input] : undefined;
  const values = { severity, rule, roots: roots.join(' '), message, ranges, entries, bytes, input };
  const { pa, raw, at } = record;
  const all: Record<string, unknown> = { ...values, pa, raw, at };
  return COLUMNS.map(key => `${all[key] ?? ''}`);
}

function print(
  result: LintResult,
  { source }: Dump,
  dump: string,
  rules: readonly LintRule[],
  args: LintArgs,
  io: Io,
): void {
  const { reports } = result;
  if (args.sarif) {
    io.out.write(`${JSON.stringify(sarif(result, rules, { uri: encodeURI(dump), version }), null, 2)}\n`);
    return;
  }
  switch (outputOf(args)) {
    case 'json':
      for (const report of reports) io.out.write(`${json(lintRecord(report))}\n`);
      return;
    case 'csv':
      io.out.write(`${csvLine(COLUMNS)}\r\n`);
      for (const report of reports) io.out.write(`${csvLine(cells(report))}\r\n`);
      return;
    case 'markdown':
      io.out.write(`${markdownLine(COLUMNS)}\n|${COLUMNS.map(() => ' --- ').join('|')}|\n`);
      for (const report of reports) io.out.write(`${markdownLine(cells(report))}\n`);
      return;
    case 'table': {
      const seen: LintLook = look(io, args);
      for (const group of byHeading(reports)) io.out.write(`${reportLines(group, seen).join('\n')}\n\n`);
      io.out.write(`${totalLine(result)}\n${seen.style.dim(`registers from ${source}`)}\n`);
    }
  }
}

const RANK = { error: 0, warning: 1, note: 2, never: -1 } as const;

/** 1 for reports from the asked severity on; 3 where tables were missing. What was not looked at goes to stderr. */
function statusOf({ reports, spaces, dropped }: LintResult, args: LintArgs, io: Io): number {
  const say = (text: string): void => io.err.write(`memattr lint: ${text}\n`);
  for (const { space, missing, firstMissing, limits } of spaces) {
    const { name } = space.candidate;
    if (missing > 0)
      say(
        `${name}: ${counted(missing, 'table is', 'tables are')} not in the image, the first at ${hex(firstMissing ?? 0)}: what they map is unknown`,
      );
    for (const text of limits) say(`${name}: note: ${text}`);
  }
  if (dropped > 0) say(`${counted(dropped, 'place')} with further sentences not listed`);
  const limit = RANK[args['fail-on'] ?? 'error'];
  const failed = reports.some(({ severity }) => RANK[severity] <= limit);
  return Math.max(
    failed ? EXIT.findings : EXIT.answer,
    spaces.every(({ complete }) => complete) ? 0 : EXIT.damaged,
  );
}
