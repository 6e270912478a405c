/** yargs: help, abbreviated or mistaken arguments, and every spelling that `quick.ts` leaves alone. */
import yargs, { type Argv, type Options as YargsOption } from 'yargs';
import { didYouMean } from '../bits/suggest.ts';
import { type Command, type Option, slotsOf } from './command.ts';
import { place } from './quick.ts';
import { UsageError } from './trouble.ts';

export type Parsed = { readonly help: string } | { readonly args: Record<string, unknown> };

const yargsOption = (option: Option): YargsOption => ({
  describe: 'name' in option ? `${option.name}: ${option.describe}` : option.describe,
  ...(option.alias === undefined ? {} : { alias: option.alias }),
  ...(option.type === 'switch'
    ? { type: 'boolean' }
    : option.type === 'list'
      ? { type: 'string', array: true, nargs: 1, default: [], defaultDescription: 'none' }
      : { type: 'string', requiresArg: true, ...(option.choices ? { choices: option.choices } : {}) }),
});

/** Help opens with examples: most questions end there. */
const opening = (verb: Command): string =>
  verb.examples.map(([line, says]) => `  ${line}\n      ${says}\n`).join('');

/**
 * yargs names the type of every option at the right edge; ours say in words what they take. Where the edge was too near,
 * the type stands on a line of its own: that line goes, and choices beside it move under the description.
 */
const withoutTypes = (help: string): string =>
  help
    .replace(/\n +\[(string|boolean|array)\]( +\[default: (\[\]|none)\])?(?= *(\n|$))/g, '')
    .replace(
      /\n +\[string\] (?=\[choices: )/g,
      (_type, at: number, all: string) => `\n${' '.repeat(describedAt(all.slice(0, at)))}`,
    )
    .replace(/ *\[(string|boolean|array)\]( +\[default: (\[\]|none)\])?( *\n {20,}(?=\n|$))?/g, '');

/** The column in which the last option of a help is described: each group of options has its own. */
const describedAt = (help: string): number =>
  [...help.matchAll(/^ +(?:-\w, )?--[\w-]+ +/gm)].at(-1)?.[0].length ?? 0;

const base = (name: string, width: number): Argv =>
  yargs([])
    .scriptName(name)
    .locale('en')
    .wrap(width)
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'camel-case-expansion': false,
      'greedy-arrays': false,
    })
    .exitProcess(false)
    .version(false)
    .help('help')
    .alias('help', 'h')
    .fail(false);

/** Text of the help of the whole program. */
export async function helpOfAll(name: string, verbs: readonly Command[], width: number): Promise<string> {
  const y = base(name, width).usage(`Usage: ${name} <verb> [options]`);
  for (const verb of verbs) y.command(verb.command, verb.describe);
  y.option('version', { type: 'boolean', describe: 'Print the version' });
  y.epilogue(
    `${name} <verb> --help shows a verb's options and examples.\nExit status: 0 an answer, 1 findings or differences, 2 a usage mistake, 3 unreadable input.`,
  );
  const example = verbs[0] ? `Example:\n${opening(verbs[0]).split('\n').slice(0, 2).join('\n')}\n\n` : '';
  return `${example}${withoutTypes(await y.getHelp())}\n`;
}

/** Where yargs puts options by itself. */
const COMMON = 'Options:';

/** Help of one verb. */
async function helpOf(name: string, verb: Command, width: number): Promise<string> {
  const y = base(name, width).usage(`${name} ${verb.command}\n\n${verb.describe}`);
  const positionals = slotsOf(verb);
  for (const { key } of positionals) y.positional(key, { describe: verb.positionals[key]?.describe ?? '' });
  y.group('help', COMMON);
  for (const [key, option] of Object.entries(verb.options)) {
    y.option(key, yargsOption(option));
    y.group(key, option.for === undefined ? COMMON : `Options for ${option.for} only:`);
  }
  return `Examples:\n${opening(verb)}\n${withoutTypes(await y.getHelp())}\n`;
}

/**
 * The arguments of a verb, or its help. yargs reads the options; the words in between are placed here, because yargs
 * drops words that occur twice.
 *
 * @throws UsageError in one sentence.
 */
export async function full(
  name: string,
  verb: Command,
  argv: readonly string[],
  width: number,
): Promise<Parsed> {
  if (onlyHelp(argv)) return { help: await helpOf(name, verb, width) }; // yargs would make its own text of it first
  const y = base(name, width).strictOptions();
  for (const [key, option] of Object.entries(verb.options)) y.option(key, yargsOption(option));
  let parsed: { readonly [key: string]: unknown; readonly _: readonly (string | number)[] };
  try {
    parsed = await y.parseAsync([...argv], {}, () => {});
  } catch (error) {
    throw new UsageError(sentence(verb, argv, (error as Error).message));
  }
  if (parsed.help) return { help: await helpOf(name, verb, width) };
  const values: Record<string, unknown> = {};
  for (const [key, { type }] of Object.entries(verb.options)) {
    const value = parsed[key];
    if (type === 'text' && Array.isArray(value))
      throw new UsageError(`--${key} is given ${value.length} times`);
    if (value !== undefined) values[key] = type === 'switch' && Array.isArray(value) ? value.at(-1) : value;
  }
  return { args: placed(name, verb, parsed._.map(String), values) };
}

/** Help is asked for, and no other option given: nothing can be wrong with the rest. */
const onlyHelp = (argv: readonly string[]): boolean => {
  const options = argv.filter(arg => arg.startsWith('-'));
  return options.length === 1 && (options[0] === '--help' || options[0] === '-h');
};

/** What yargs found wrong, in one sentence that says what would be right. */
function sentence(verb: Command, argv: readonly string[], message: string): string {
  const unknown = /^Unknown arguments?: (.+)$/m.exec(message)?.[1]?.split(', ') ?? [];
  const typed = argv.find(arg => unknown.some(key => arg.replace(/^--?(no-)?/, '').split('=')[0] === key));
  if (unknown.length > 0) {
    const dashed = Object.keys(verb.options).map(key => `--${key}`);
    const option = typed?.split('=')[0] ?? `--${unknown[0]}`;
    return `unknown option '${option}'; ${didYouMean(option, dashed) || `there are ${dashed.join(', ')}`}`;
  }
  const missing = /^Not enough arguments following: (.+)$/m.exec(message)?.[1];
  if (missing !== undefined) {
    const next = argv[argv.indexOf(`--${missing}`) + 1];
    const dashed = next?.startsWith('-')
      ? `; one that begins with a dash is written --${missing}=${next}`
      : '';
    return `--${missing} needs a value${dashed}`;
  }
  const [, key = '', given = ''] = /Argument: ([\w-]+), Given: "(.*?)", Choices/s.exec(message) ?? [];
  const chosen = verb.options[key];
  if (chosen?.type === 'text' && chosen.choices) {
    const hint = didYouMean(given, chosen.choices);
    return `--${key} takes ${chosen.choices.join(', ')}, not '${given}'${hint && `; ${hint}`}`;
  }
  return message.replace(/\s*\n\s*/g, ' ').trim();
}

/** Words in their slots, or a sentence about the one that is missing or too many. */
function placed(
  name: string,
  verb: Command,
  words: readonly string[],
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const args = place(verb, words, values);
  if (args) return args;
  const slots = slotsOf(verb);
  const extra = words[slots.length];
  throw new UsageError(
    extra === undefined || slots.some(({ many }) => many)
      ? `something is missing: ${name} ${verb.command}`
      : `'${extra}' is one word too many: ${name} ${verb.command}`,
  );
}
