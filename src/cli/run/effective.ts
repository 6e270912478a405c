/** `effective`: one combination with its reasons, whole tables, or what the types mean. */
import { architectureTypes } from '../../arch/types.ts';
import { closest, didYouMean } from '../../bits/suggest.ts';
import { effectiveAnswer, matrixAnswer, propertiesAnswer } from '../../report/effective.ts';
import { AskError, type Asked, type EffectiveAnswer, type TypeRules } from '../../walk/asked.ts';
import type { Globals } from '../command.ts';
import type { Io } from '../io.ts';
import { print, printer, refuseRows } from '../print.ts';
import { EXIT, UsageError } from '../trouble.ts';

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

export async function run(args: Args, io: Io): Promise<number> {
  const named = rulesNamed(args);
  const among = named ? [named] : architectureTypes;
  if (args.table !== undefined) return printTables(args, among, args.table, io);
  if (args.properties) return printProperties(args, among, io);
  if (named === undefined)
    throw new UsageError(
      `which architecture? ${architectureTypes.map(({ example }) => example).join(', or ')}`,
    );
  refuseForeign(args, named);
  const found = asked(named, await withRegisters(args, named, io));
  refuseRows(
    args,
    output => `one combination is printed as text or JSON; ${output} goes with --table and --properties`,
  );
  print(effectiveAnswer(found, args.explain === true), args, io);
  return args.strict && (!found.view.certain || found.notes.length > 0) ? EXIT.findings : EXIT.answer;
}

function rulesNamed({ architecture }: Args): TypeRules | undefined {
  if (architecture === undefined) return undefined;
  const named = architecture.toLowerCase();
  const found = architectureTypes.find(({ id, also }) => id === named || also?.includes(named));
  if (found) return found;
  const ids = architectureTypes.map(({ id }) => id).join(', ');
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

function asked(rules: TypeRules, args: Args): EffectiveAnswer {
  try {
    return rules.effective(args);
  } catch (error) {
    if (error instanceof AskError) throw new UsageError(error.message);
    throw error;
  }
}

/** What only another architecture knows: it would be dropped without a word. */
function refuseForeign(args: Args, { id, asks }: TypeRules): void {
  const given = args as Asked;
  const isGiven = (key: string): boolean => {
    const value = given[key];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  };
  for (const other of architectureTypes) {
    if (other.id === id) continue;
    const foreign = other.asks.filter(key => !asks.includes(key) && isGiven(key));
    if (foreign.length > 0)
      throw new UsageError(
        `${foreign.map(key => `--${key}`).join(', ')}: for ${other.id}, and this is ${id}`,
      );
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
