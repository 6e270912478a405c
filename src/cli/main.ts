/** The command line: find the verb, read its arguments, run its work, turn trouble into one line and a status. */

import { closest, didYouMean } from '../bits/suggest.ts';
import { EDITIONS } from '../refs.ts';
import { harmless } from '../report/harmless.ts';
import type { Command } from './command.ts';
import { ClosedPipe, type Io, processIo } from './io.ts';
import { quick } from './quick.ts';
import { EXIT, troubleOf, UsageError } from './trouble.ts';
import { loadAll, type Verbs, verbs } from './verbs.ts';
import { commit, version } from './version.ts';

const NAME = 'memattr';

/**
 * Run the command line.
 *
 * @returns the exit status: 0 an answer, 1 findings or differences, 2 a usage mistake, 3 unreadable input.
 */
export async function main(argv: readonly string[], given?: Io): Promise<number> {
  const own = given ? undefined : processIo();
  const io = guarded(given ?? (own as Io));
  let status: number;
  try {
    status = await dispatch(argv.map(plainColor), io);
    own?.flush();
  } catch (error) {
    status = report(error, argv[0], io, own?.flush);
  }
  return status;
}

/** `--color=always` and its kin, as other tools spell it. */
const plainColor = (arg: string): string =>
  arg === '--color=always' ? '--color' : arg === '--color=never' ? '--no-color' : arg;

/** Messages quote names and input: what these hold must not steer the terminal. A line of progress is our own. */
const guarded = (io: Io): Io => ({
  ...io,
  err: {
    get columns() {
      return io.err.columns;
    },
    write: text => io.err.write(text.startsWith('\r') ? text : harmless(text)),
  },
});

function report(error: unknown, verb: string | undefined, io: Io, flush?: () => void): number {
  if (error instanceof ClosedPipe) return EXIT.answer;
  try {
    flush?.(); // what was answered before the trouble
    const trouble = troubleOf(error);
    const prefix = verb !== undefined && Object.hasOwn(verbs, verb) ? `${NAME} ${verb}` : NAME;
    if (trouble) {
      io.err.write(`${prefix}: ${trouble.line}\n`);
      return trouble.exit;
    }
    const stack = error instanceof Error ? error.stack : String(error);
    io.err.write(`${prefix}: this is a mistake in memattr ${version}, please report it:\n${stack}\n`);
  } catch (inner) {
    if (!(inner instanceof ClosedPipe)) return EXIT.damaged;
  }
  return 70; // EX_SOFTWARE: none of the statuses that answer a question
}

/** The verbs of the program, or of a group of verbs, under the words that lead there. */
interface Level {
  readonly name: string;
  readonly verbs: Verbs;
}

/** The verbs of a group, which came with it. */
const atHand = (some: readonly Command[]): Verbs =>
  Object.fromEntries(some.map(verb => [verb.name, () => Promise.resolve(verb)]));

async function dispatch(
  argv: readonly string[],
  io: Io,
  level: Level = { name: NAME, verbs },
): Promise<number> {
  const [first, ...rest] = argv;
  if ((first === '--version' || first === '-V') && argv.length === 1) {
    const manuals = Object.values(EDITIONS).map(edition => `  ${edition}`);
    io.out.write(
      `${[version, ...(commit ? [`commit ${commit}`] : []), 'read against', ...manuals].join('\n')}\n`,
    );
    return EXIT.answer;
  }
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    const [name] = rest;
    if (first === 'help' && name !== undefined) return dispatch([...rest, '--help'], io, level);
    const { helpOfAll } = await import('./full.ts');
    const text = await helpOfAll(level.name, await loadAll(level.verbs), helpWidth(io));
    (first === undefined ? io.err : io.out).write(text);
    return first === undefined ? EXIT.usage : EXIT.answer;
  }
  const load = Object.hasOwn(level.verbs, first) ? level.verbs[first] : undefined;
  const verb = await (load ?? unknown(first, level))();
  if (verb.verbs || rest[0] === '--version')
    return dispatch(rest, io, { name: `${level.name} ${verb.name}`, verbs: atHand(verb.verbs ?? []) });
  const args = quick(verb, rest) ?? (await slow(level.name, verb, rest, io));
  return args === undefined ? EXIT.answer : verb.run(args as never, io);
}

const helpWidth = ({ out, env }: Io): number =>
  Math.max(40, Math.min(100, out.columns ?? (Number(env.COLUMNS) || 100)));

/** Let yargs read what `quick` did not; prints help and returns undefined where that was asked for. */
async function slow(
  name: string,
  verb: Command,
  argv: readonly string[],
  io: Io,
): Promise<Record<string, unknown> | undefined> {
  const { full } = await import('./full.ts');
  const parsed = await full(name, verb, argv, helpWidth(io));
  if ('args' in parsed) return parsed.args;
  io.out.write(parsed.help);
  return undefined;
}

function unknown(typed: string, level: Level): never {
  const names = Object.keys(level.verbs);
  if (level.name !== NAME)
    throw new UsageError(
      `no question '${typed}'; ${didYouMean(typed, closest(typed, names)) || `there are ${names.join(', ')}`}`,
    );
  if (typed.startsWith('-'))
    throw new UsageError(`unknown option '${typed}'; a verb comes first: ${names.join(', ')}`);
  const looksLikeWord = /^(0x[0-9a-f_]+|[0-9a-f]{16})$/i.test(typed);
  const hint = looksLikeWord
    ? `to decode a word: memattr decode ${typed}`
    : didYouMean(typed, closest(typed, names)) || `there are ${names.join(', ')}`;
  throw new UsageError(`no verb '${typed}'; ${hint}`);
}
