/** `lint`: the rules over a dump's translations, and a status for CI. */
import { counted } from '../../bits/counted.ts';
import { closest, didYouMean } from '../../bits/suggest.ts';
import { hex, parseCount } from '../../bits/word.ts';
import { parseDeclared } from '../../image/memory-map.ts';
import { DeclaredMap } from '../../lint/declared.ts';
import { DEFAULT_EXAMPLES, type LintResult, lint } from '../../lint/engine.ts';
import { Expectation } from '../../lint/expectation.ts';
import type { LintRule } from '../../lint/rule.ts';
import { lintRules } from '../../lint/rules.ts';
import { lintAnswer, rulesAnswer } from '../../report/lint.ts';
import { sarifAnswer } from '../../report/sarif.ts';
import { type Globals, outputOf } from '../command.ts';
import { inputName, isInput, isStdin, textOf } from '../files.ts';
import type { Io } from '../io.ts';
import { print } from '../print.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { version } from '../version.ts';
import { EMPTY } from './complete.ts';
import type { DumpArgs } from './dump.ts';
import { withDump } from './translations.ts';

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
  const map =
    args.map === undefined ? undefined : parseDeclared(textOf(args.map, io, '--map'), inputName(args.map));
  const expected = args['expect-perm'];
  const options = {
    rules,
    ...(map ? { map: new DeclaredMap(map.ranges) } : {}),
    ...(expected === undefined
      ? {}
      : {
          expectation: new Expectation(
            isStdin(expected) || isInput(expected) ? textOf(expected, io, '--expect-perm') : expected,
          ),
        }),
    examples: args.examples === undefined ? DEFAULT_EXAMPLES : Number(parseCount(args.examples)),
  };
  // with --base the place of raw memory is known, and the map is for the rules alone
  const { map: placing, ...rest } = args;
  const opening = { ...rest, dump, map: args.base === undefined ? placing : undefined };
  return withDump('lint', opening, io, opened => {
    const result = lint(opened.wanted, opened.image.space, options);
    print(
      args.sarif
        ? sarifAnswer(result, rules, { uri: encodeURI(dump), version })
        : lintAnswer(result, opened.source),
      args,
      io,
    );
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
  print(rulesAnswer(rules), args, io);
  return EXIT.answer;
}

const RANK = { error: 0, warning: 1, note: 2, never: -1 } as const;

/** 1 for reports from the asked severity on; 3 where tables were missing. What was not looked at goes to stderr. */
function statusOf({ reports, spaces, dropped }: LintResult, args: LintArgs, io: Io): number {
  const say = (text: string): void => io.err.write(`memattr lint: ${text}\n`);
  const empty = spaces.filter(
    ({ space, leaves, complete }) => space.candidate.active && complete && leaves === 0,
  );
  for (const { space } of empty) say(`${space.candidate.name}: ${EMPTY}`);
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
    failed || empty.length > 0 ? EXIT.findings : EXIT.answer,
    spaces.every(({ complete }) => complete) ? 0 : EXIT.damaged,
  );
}
