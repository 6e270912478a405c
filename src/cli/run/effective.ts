/** `effective`: one combination with its reasons, whole tables, or what the types mean. */
import type { ArchitectureId } from '../../arch/architecture.ts';
import { architectureNames } from '../../arch/names.ts';
import { counted } from '../../bits/counted.ts';
import { closest, didYouMean } from '../../bits/suggest.ts';
import { effectiveAnswer, matrixAnswer, propertiesAnswer } from '../../report/effective.ts';
import type { AskError, Asked, EffectiveAnswer, RecordedLeaf, TypeRules } from '../../walk/asked.ts';
import type { Globals } from '../command.ts';
import type { Io } from '../io.ts';
import { print, printer, refuseRows } from '../print.ts';
import { EXIT, InputError, UsageError } from '../trouble.ts';

/** The question, and how it is to be answered. */
type Args = Asked &
  Globals & {
    readonly architecture?: string | undefined;
    readonly registers?: string | undefined;
    readonly cpu?: string | undefined;
    readonly reg: readonly string[];
    readonly explain?: boolean | undefined;
    readonly table?: string | undefined;
    readonly properties?: boolean | undefined;
    readonly strict?: boolean | undefined;
  };

/** The options that one architecture alone knows, by its id. */
type Own = Readonly<Record<ArchitectureId, readonly string[]>>;

export async function run(args: Args, io: Io, own: Own): Promise<number> {
  const named = await rulesNamed(args);
  const among = named ? [named] : (await import('../../arch/types.ts')).architectureTypes;
  if (args.table !== undefined) return printTables(args, among, args.table, io);
  if (args.properties) return printProperties(args, among, io);
  if (named === undefined)
    throw new UsageError(`which architecture? ${among.map(({ example }) => example).join(', or ')}`);
  refuseForeign(args, named, own);
  refuseRows(
    args,
    output => `one combination is printed as text or JSON; ${output} goes with --table and --properties`,
  );
  const asked = await withRegisters(args, named, io);
  const piped = await ofRecords(asked, named, io);
  if (piped !== undefined) return printAll(piped, args, io);
  const found = named.effective(asked);
  print(effectiveAnswer(found, args.explain === true), args, io);
  return args.strict && (!found.view.certain || found.notes.length > 0) ? EXIT.findings : EXIT.answer;
}

/** By its name: rules are loaded on their own, with classes of their own. */
const isAskError = (error: unknown): error is AskError => error instanceof Error && error.name === 'AskError';

/** Is nothing of the question there that a leaf answers, and is it none without? */
function isOpen(asked: Args, { leafAsks, effective }: TypeRules): boolean {
  if (leafAsks.some(key => (asked as Asked)[key] !== undefined)) return false;
  try {
    effective(asked);
    return false;
  } catch (error) {
    if (isAskError(error)) return true;
    throw error;
  }
}

/**
 * The answers for what the records on standard input ask, each combination once; undefined where the question is whole, or where there are
 * no records.
 */
async function ofRecords(args: Args, rules: TypeRules, io: Io): Promise<EffectiveAnswer[] | undefined> {
  if (io.stdin.terminal || !isOpen(args, rules)) return undefined;
  const [{ peek }, { recordsIn, isObject }] = await Promise.all([
    import('./decode/text.ts'),
    import('./decode/records.ts'),
  ]);
  const pasted = peek(io);
  if (!pasted.records) return undefined;
  const given = Object.fromEntries(
    Object.entries(args).filter(([, value]) => value !== undefined && value !== false && value !== ''),
  ) as Asked;
  const answers = new Map<string, EffectiveAnswer>();
  let silent = 0;
  let first = '';
  for (const { record, where } of recordsIn(pasted.chunks(), io.stdin.name ?? 'stdin')) {
    const { s1, s2, kind } = record;
    const leaves = (s1 === undefined ? [record] : [s1, s2]).filter(
      (leaf): leaf is RecordedLeaf =>
        isObject(leaf) && typeof leaf.format === 'string' && isObject(leaf.settings),
    );
    const asked = kind === undefined && leaves.length > 0 ? askedOf(rules, leaves) : 'it is no mapped range';
    if (typeof asked === 'string') {
      silent++;
      first ||= `${where}: ${asked}`;
      continue;
    }
    const key = JSON.stringify(asked);
    if (!answers.has(key)) answers.set(key, rules.effective({ ...asked, ...given }));
  }
  if (answers.size === 0) throw new InputError(first);
  if (silent > 0) io.err.write(`memattr effective: ${counted(silent, 'record')} left out; ${first}\n`);
  return [...answers.values()];
}

/** What leaves ask, or why they do not. */
function askedOf({ ofLeaves }: TypeRules, leaves: readonly RecordedLeaf[]): Asked | string {
  try {
    return ofLeaves(leaves);
  } catch (error) {
    if (isAskError(error)) return error.message;
    throw error;
  }
}

function printAll(found: readonly EffectiveAnswer[], args: Args, io: Io): number {
  const print = printer(args, io);
  for (const answer of found) print(effectiveAnswer(answer, args.explain === true));
  const clear = found.every(({ view, notes }) => view.certain && notes.length === 0);
  return args.strict && !clear ? EXIT.findings : EXIT.answer;
}

/** The rules of the architecture that was named; those of another are not loaded. */
async function rulesNamed({ architecture }: Args): Promise<TypeRules | undefined> {
  if (architecture === undefined) return undefined;
  const named = architecture.toLowerCase();
  const found = architectureNames.find(({ id, also }) => id === named || also.includes(named));
  if (found) return found.loadTypes();
  const ids = architectureNames.map(({ id }) => id).join(', ');
  throw new UsageError(`no architecture '${architecture}'; there are ${ids}`);
}

/** What registers answer of the question, below what was asked in words; and what that was. */
async function withRegisters(args: Args, { known }: TypeRules, io: Io): Promise<Args> {
  const { registers, cpu, reg } = args;
  if (registers === undefined && reg.length === 0) return args;
  const [{ machineGiven }, { saidOf, valuesOf }] = await Promise.all([
    import('./machine.ts'),
    import('../../machine/machine.ts'),
  ]);
  const machine = await machineGiven({ registers, cpu, reg }, undefined, [], io);
  const said = known(valuesOf(machine.cpus[0] ?? new Map()));
  const given = args as Asked;
  const open = Object.entries(said).filter(([key]) => {
    const value = given[key];
    return value === undefined || value === false || (Array.isArray(value) && value.length === 0);
  });
  for (const text of saidOf(machine)) io.err.write(`memattr effective: ${text}\n`);
  const shown = open.filter(([, value]) => value !== false).map(([key, value]) => `${key} ${value}`);
  if (shown.length > 0) io.err.write(`memattr effective: from registers: ${shown.join(', ')}\n`);
  return { ...args, ...Object.fromEntries(open) };
}

/** What only another architecture knows: it would be dropped without a word. */
function refuseForeign(args: Args, { id }: TypeRules, own: Own): void {
  const given = args as Asked;
  const isGiven = (key: string): boolean => {
    const value = given[key];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  };
  for (const [other, keys] of Object.entries(own)) {
    if (other === id) continue;
    const foreign = keys.filter(isGiven);
    if (foreign.length > 0)
      throw new UsageError(`${foreign.map(key => `--${key}`).join(', ')}: for ${other}, and this is ${id}`);
  }
}

// ------------------------------------------------------------------------------------------------------ tables

function printTables(args: Args, among: readonly TypeRules[], name: string, io: Io): number {
  const all = among.flatMap(({ id, matrices }) => matrices.map(matrix => ({ architecture: id, matrix })));
  const wanted = name === 'all' ? all : all.filter(({ matrix }) => matrix.id === name);
  if (wanted.length === 0) {
    const ids = all.map(({ matrix }) => matrix.id);
    throw new UsageError(
      `no table '${name}'; ${didYouMean(name, closest(name, ids)) || `there are ${ids.join(', ')}, all`}`,
    );
  }
  const print = printer(args, io);
  for (const { architecture, matrix } of wanted) print(matrixAnswer(matrix, architecture));
  return EXIT.answer;
}

function printProperties(args: Args, among: readonly TypeRules[], io: Io): number {
  const print = printer(args, io);
  for (const rules of among) print(propertiesAnswer(rules));
  return EXIT.answer;
}
