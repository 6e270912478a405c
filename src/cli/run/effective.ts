/** `effective`: one combination with its reasons, whole tables, or what the types mean. */
import { architectureTypes } from '../../arch/types.ts';
import { closest, didYouMean } from '../../bits/suggest.ts';
import type { Matrix } from '../../memtype/matrix.ts';
import {
  effectiveLines,
  effectiveRecord,
  matrixLines,
  matrixRecord,
  matrixRows,
  propertyRecord,
} from '../../report/effective.ts';
import { json } from '../../report/json.ts';
import { csvLine, markdownLine, table } from '../../report/table.ts';
import { AskError, type Asked, type EffectiveAnswer, type TypeRules } from '../../walk/asked.ts';
import { type Globals, type OptionValues, outputOf } from '../command.ts';
import type { options } from '../commands/effective.ts';
import { type Io, look } from '../io.ts';
import { EXIT, UsageError } from '../trouble.ts';

type Args = OptionValues<typeof options> & Globals & { readonly architecture?: string | undefined };

export function run(args: Args, io: Io): number {
  const named = rulesNamed(args);
  const among = named ? [named] : architectureTypes;
  if (args.table !== undefined) return printTables(args, among, args.table, io);
  if (args.properties) return printProperties(args, among, io);
  if (named === undefined)
    throw new UsageError(
      `which architecture? ${architectureTypes.map(({ example }) => example).join(', or ')}`,
    );
  refuseForeign(args, named);
  const found = asked(named, args);
  const output = outputOf(args);
  if (output === 'json') io.out.write(`${json(effectiveRecord(found))}\n`);
  else if (output === 'table')
    io.out.write(`${effectiveLines(found, look(io, args), args.explain === true).join('\n')}\n`);
  else
    throw new UsageError(
      `one combination is printed as text or JSON; ${output} goes with --table and --properties`,
    );
  return args.strict && (!found.view.certain || found.notes.length > 0) ? EXIT.findings : EXIT.answer;
}

function rulesNamed({ architecture }: Args): TypeRules | undefined {
  if (architecture === undefined) return undefined;
  const found = architectureTypes.find(({ id }) => id === architecture.toLowerCase());
  if (found) return found;
  const ids = architectureTypes.map(({ id }) => id).join(', ');
  throw new UsageError(`no architecture '${architecture}'; there are ${ids}`);
}

function asked(rules: TypeRules, args: Args): EffectiveAnswer {
  try {
    return rules.effective(args as Asked);
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
  for (const [i, { architecture, matrix }] of wanted.entries())
    printMatrix(matrix, architecture, args, io, i === 0);
  return EXIT.answer;
}

function printMatrix(matrix: Matrix, architecture: string, args: Args, io: Io, first: boolean): void {
  const [titles = [], ...rows] = matrixRows(matrix);
  switch (outputOf(args)) {
    case 'json':
      io.out.write(`${json(matrixRecord(matrix, architecture))}\n`);
      break;
    case 'csv':
      io.out.write([titles, ...rows].map(row => `${csvLine([matrix.id, ...row])}\r\n`).join(''));
      break;
    case 'markdown':
      io.out.write(
        `${first ? '' : '\n'}### ${matrix.title}\n\n${markdownLine(titles)}\n|${titles.map(() => ' --- ').join('|')}|\n`,
      );
      io.out.write(rows.map(row => `${markdownLine(row)}\n`).join(''));
      break;
    case 'table':
      io.out.write(`${first ? '' : '\n'}${matrixLines(matrix, look(io, args)).join('\n')}\n`);
  }
}

/** `earlyAcknowledgement` as people read it. */
const words = (key: string): string => key.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
const shown = (value: unknown): string => (value === true ? 'yes' : value === false ? 'no' : String(value));
/** What the manual abbreviates too: columns are narrow. */
const short = (text: string): string =>
  text.replace('IMPLEMENTATION DEFINED', 'IMP DEF').replace('CONSTRAINED UNPREDICTABLE', 'CONSTR UNPRED');

function printProperties(args: Args, among: readonly TypeRules[], io: Io): number {
  const output = outputOf(args);
  const seen = look(io, args);
  const groups = among.map(({ id, properties }) => ({ architecture: id, types: Object.entries(properties) }));
  groups.forEach(({ architecture, types }, i) => {
    const keys = Object.keys(types[0]?.[1] ?? {}).filter(key => key !== 'name');
    // one row a property: types fit the width of a terminal, properties do not
    const rows = keys.map(key => [
      words(key),
      ...types.map(([, of]) => shown((of as unknown as Record<string, unknown>)[key])),
    ]);
    const titles = ['', ...types.map(([type]) => type)];
    switch (output) {
      case 'json':
        for (const [type, of] of types) io.out.write(`${json(propertyRecord(architecture, type, of))}\n`);
        break;
      case 'csv':
        io.out.write([titles, ...rows].map(row => `${csvLine(row)}\r\n`).join(''));
        break;
      case 'markdown':
        io.out.write(
          `${i ? '\n' : ''}${markdownLine(titles)}\n|${titles.map(() => ' --- ').join('|')}|\n${rows.map(row => `${markdownLine(row)}\n`).join('')}`,
        );
        break;
      case 'table': {
        const columns = titles.map((title, at) => ({
          title,
          text: (row: readonly string[]) => short(row[at] ?? ''),
          wrap: at > 0,
        }));
        const facts = rows.filter(([name]) => name !== 'maintenance');
        io.out.write(
          `${i ? '\n' : ''}${seen.style.bold(architecture)}\n${table(columns, facts, { width: seen.width, indent: 2, head: seen.style.dim }).join('\n')}\n`,
        );
        io.out.write(`\n  which maintenance it needs\n`);
        for (const [type, of] of types) io.out.write(`    ${type.padEnd(14)} ${of.maintenance}\n`);
      }
    }
  });
  return EXIT.answer;
}
