/**
 * Arguments in their plain spelling, read without yargs: loading it takes longer than decoding a word (docs/performance
 * of the command line: docs/architecture.md, "Start-up"). Anything else (help, abbreviations, mistakes) is yargs's:
 * the answer is then undefined. A test compares both on random arguments.
 */
import { type Command, type Option, slotsOf } from './command.ts';

export function quick(verb: Command, argv: readonly string[]): Record<string, unknown> | undefined {
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(verb.options)) if (option.type === 'list') values[key] = [];
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? '';
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    const [, long, inline] = /^--([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(arg) ?? [];
    const name = long ?? aliased(verb, arg) ?? '';
    const option: Option | undefined = Object.hasOwn(verb.options, name) ? verb.options[name] : undefined;
    if (!option) return undefined;
    if (option.type === 'switch') {
      const value = inline ?? argv[i + 1]; // yargs takes a following 'true' or 'false' for the switch's value
      if (inline !== undefined || value === 'true' || value === 'false' || name in values) return undefined;
      values[name] = true;
      continue;
    }
    // yargs takes quotes off that a script put around a value twice
    if (inline !== undefined && /^["']/.test(inline)) return undefined;
    const value = inline ?? argv[++i];
    if (value === undefined || value === '' || (inline === undefined && value.startsWith('-')))
      return undefined;
    if (option.type === 'list') (values[name] as string[]).push(value);
    else if (name in values || (option.choices && !option.choices.includes(value))) return undefined;
    else values[name] = value;
  }
  return place(verb, words, values);
}

/** `-o` as `output`. */
const aliased = (verb: Command, arg: string): string | undefined =>
  /^-[a-z]$/i.test(arg)
    ? Object.keys(verb.options).find(name => verb.options[name]?.alias === arg[1])
    : undefined;

/** Words in the positional slots beside the options' values, or undefined where they do not fit. */
export function place(
  verb: Command,
  words: readonly string[],
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined {
  const rest = [...words];
  const values: Record<string, unknown> = { ...given };
  for (const { key, required, many } of slotsOf(verb)) {
    if (required && rest.length === 0) return undefined;
    if (many) values[key] = rest.splice(0);
    else if (rest.length > 0) values[key] = rest.shift() as string;
  }
  return rest.length === 0 ? values : undefined;
}
