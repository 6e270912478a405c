/**
 * A verb as data: its words, its options, an example, and the work, which is imported when it runs. One description is
 * read by yargs (help, mistakes, unusual spellings) and by `quick.ts` (the plain spelling, at once).
 */
import type { Output } from '../report/answer.ts';
import type { Io } from './io.ts';
import { UsageError } from './trouble.ts';

/** Architectures that have options of their own. */
type Owner = 'arm64' | 'x86';

interface OptionBase {
  readonly describe: string;
  /** One letter. */
  readonly alias?: string;
  /** The architecture that alone knows it, in the help under a heading of its own. */
  readonly for?: Owner;
}
/** A text; `name` stands for it in the help. Numbers stay text until they are parsed exactly. */
export interface TextOption extends OptionBase {
  readonly type: 'text';
  readonly name?: string;
  readonly choices?: readonly string[];
}
/** A text that may be given several times. */
export interface ListOption extends OptionBase {
  readonly type: 'list';
  readonly name?: string;
}
export interface SwitchOption extends OptionBase {
  readonly type: 'switch';
}
export type Option = TextOption | ListOption | SwitchOption;
export type Options = Readonly<Record<string, Option>>;

/** Options that one architecture alone knows. */
export const only = <const O extends Options>(owner: Owner, options: O): O =>
  Object.fromEntries(Object.entries(options).map(([key, option]) => [key, { ...option, for: owner }])) as O;

export interface Positional {
  readonly describe: string;
}
export type Positionals = Readonly<Record<string, Positional>>;

type Value<O> = O extends SwitchOption
  ? boolean | undefined
  : O extends ListOption
    ? readonly string[]
    : O extends TextOption & { readonly choices: readonly (infer C)[] }
      ? C | undefined
      : string | undefined;

/** `<format>` is there, `[name]` may be, `[words..]` are any number: taken from the spelling of the command. */
type PositionalValues<C extends string> = C extends `${infer Head} ${infer Tail}`
  ? PositionalValues<Head> & PositionalValues<Tail>
  : C extends `<${infer K}..>` | `[${infer K}..]`
    ? { readonly [P in K]: readonly string[] }
    : C extends `<${infer K}>`
      ? { readonly [P in K]: string }
      : C extends `[${infer K}]`
        ? { readonly [P in K]?: string | undefined }
        : unknown;

export type OptionValues<O extends Options> = { readonly [K in keyof O]: Value<O[K]> };
/** What a verb's work is called with. */
export type Args<C extends string, O extends Options> = PositionalValues<C> &
  OptionValues<O & typeof globals>;

export const OUTPUTS = ['table', 'json', 'csv', 'markdown'] as const satisfies readonly Output[];

/** Options of every verb. */
export const globals = {
  json: { type: 'switch', describe: 'One JSON object per line (the same as --output json)' },
  output: { type: 'text', alias: 'o', choices: OUTPUTS, describe: 'How to print the answer' },
  color: {
    type: 'switch',
    describe: 'Colours; --no-color for none (default: on a terminal, unless NO_COLOR is set)',
  },
} as const satisfies Options;
export type Globals = OptionValues<typeof globals>;

export interface Command {
  /** `decode [words..]` */
  readonly command: string;
  readonly name: string;
  readonly describe: string;
  /** The first one opens the help. */
  readonly examples: readonly (readonly [line: string, says: string])[];
  readonly positionals: Positionals;
  readonly options: Options;
  readonly run: (args: never, io: Io) => Promise<number>;
  /** A verb of several: `memattr kvm predict`. Its own `run` is then never called. */
  readonly verbs?: readonly Command[];
}

/** A verb that only holds others. */
export const group = (
  verb: Pick<Command, 'name' | 'describe' | 'examples'> & { readonly verbs: readonly Command[] },
): Command => ({
  ...verb,
  command: verb.name,
  positionals: {},
  options: globals,
  run: () => Promise.reject(new Error(`${verb.name} is a group of verbs`)),
});

/** Declare a verb. The work's arguments are typed by the spelling of the command and by its options. */
export function command<const C extends string, const O extends Options>(verb: {
  readonly command: C;
  readonly describe: string;
  readonly examples: readonly (readonly [line: string, says: string])[];
  readonly positionals?: Positionals;
  readonly options?: O;
  readonly run: (args: Args<C, O>, io: Io) => Promise<number>;
}): Command {
  const [name = ''] = verb.command.split(' ');
  return { positionals: {}, ...verb, name, options: { ...verb.options, ...globals } };
}

/** The output asked for: `--json` is a short form. */
export function outputOf({ json, output }: Globals): Output {
  if (json && output !== undefined && output !== 'json')
    throw new UsageError(`--json and --output ${output} ask for two forms: one of them`);
  return json ? 'json' : (output ?? 'table');
}

export interface Slot {
  readonly key: string;
  readonly required: boolean;
  readonly many: boolean;
}
/** The positional words of a command's spelling. */
export const slotsOf = ({ command: spelling }: Pick<Command, 'command'>): Slot[] =>
  [...spelling.matchAll(/([<[])(\w+)(\.\.)?[>\]]/g)].map(([, open, key = '', dots]) => ({
    key,
    required: open === '<',
    many: dots !== undefined,
  }));
