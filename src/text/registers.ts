/**
 * Register values as tools write them: JSON of name to number, QEMU `info registers`, gdb `info registers`, `rdmsr`
 * pairs, plain `NAME=value` lines. One set per CPU.
 */

import { isTranslationRegister, registerName } from './register-names.ts';

export { registerName } from './register-names.ts';

/** Registers by the names of `register-names.ts` to values. */
export type Registers = ReadonlyMap<string, bigint>;

export interface RegisterFile {
  /** How the text was understood. */
  readonly form: 'json' | 'qemu' | 'gdb' | 'pairs';
  /** At least one set; tools that show one CPU give one. */
  readonly cpus: readonly Registers[];
  /** Every name as it is spelled. */
  readonly spelled: readonly string[];
  /** Names whose value is no number of 64 bits, with the value as it stands in the text. */
  readonly unreadable: readonly { readonly name: string; readonly text: string }[];
  /** Names that the text gives two values, with both. */
  readonly contradictory: readonly { readonly name: string; readonly values: readonly [bigint, bigint] }[];
}

/** Text in which no register value was found. */
export class RegisterSyntaxError extends Error {
  override name = 'RegisterSyntaxError';
}

/**
 * Read register values from text.
 *
 * @throws RegisterSyntaxError where nothing in the text is a register value.
 */
export function parseRegisters(text: string): RegisterFile {
  const file = isJson(text) ? fromJson(text) : fromText(text);
  const [first] = file.unreadable;
  if (first)
    throw new RegisterSyntaxError(
      `the value of ${first.name} is no number of 64 bits: ${JSON.stringify(first.text)}`,
    );
  if (file.cpus.every(cpu => cpu.size === 0))
    throw new RegisterSyntaxError(
      'no register value found: expected JSON of names to numbers, QEMU or gdb `info registers`, or NAME=value lines',
    );
  return file;
}

/** An object, or a list of objects: a message of a kernel begins with `[   12.3]`. */
export const isJson = (text: string): boolean => /^\s*(?:\{|\[\s*[[{"\]])/.test(text);

/** Numbers of a JSON text as they stand there: a JavaScript number has lost its low bits beyond 2^53. */
const NUMBERS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;
/** Before the digits of a number that was none in quotes. No JSON string begins so by itself. */
const PLAIN = '\u0000';

function fromJson(text: string): RegisterFile {
  let parsed: unknown;
  try {
    JSON.parse(text); // what is wrong with it, in its own words and places
    parsed = JSON.parse(text.replace(NUMBERS, part => (part.startsWith('"') ? part : `"\\u0000${part}"`)));
  } catch (error) {
    throw new RegisterSyntaxError(`looks like JSON but is not: ${(error as Error).message}`);
  }
  const found = new Found();
  const shared = new Map<string, bigint>();
  const perCpu: Map<string, bigint>[] = [];
  collect(parsed, shared, perCpu, found);
  return {
    form: 'json',
    cpus: perCpu.length > 0 ? perCpu.map(cpu => new Map([...shared, ...cpu])) : [shared],
    spelled: found.spelled,
    unreadable: found.unreadable,
    contradictory: found.contradictory,
  };
}

/** What is said of names beside their values. */
class Found {
  readonly spelled: string[] = [];
  readonly unreadable: { readonly name: string; readonly text: string }[] = [];
  readonly contradictory: { readonly name: string; readonly values: readonly [bigint, bigint] }[] = [];
  put(set: Map<string, bigint>, spelled: string, value: bigint): void {
    const name = registerName(spelled);
    this.spelled.push(spelled);
    const before = set.get(name);
    if (before === undefined) set.set(name, value);
    else if (before !== value) this.contradictory.push({ name, values: [before, value] });
  }
}

/** Depth of nesting that makes sense for a register file; deeper objects are somebody else's. */
const DEPTH = 4;

/** Whose registers a part of the object holds. */
interface Part {
  readonly depth: number;
  /** Before the name: `GUEST` for what stands under `guest`, so that a guest's PAT is not taken for its host's. */
  readonly owner: '' | 'GUEST';
}

/** Numbers anywhere in the object count under their key; the elements of an array called `cpus` are sets of their own. */
function collect(
  value: unknown,
  into: Map<string, bigint>,
  cpus: Map<string, bigint>[],
  found: Found,
  { depth, owner }: Part = { depth: 0, owner: '' },
): void {
  if (value === null || typeof value !== 'object' || depth > DEPTH) return;
  for (const [key, child] of Object.entries(value)) {
    const below: Part = { depth: depth + 1, owner: key.toLowerCase() === 'guest' ? 'GUEST' : owner };
    if (Array.isArray(child) && key.toLowerCase() === 'cpus')
      for (const element of child) {
        const cpu = new Map<string, bigint>();
        collect(element, cpu, [], found, below);
        cpus.push(cpu);
      }
    else if (typeof child === 'object') collect(child, into, cpus, found, below);
    else if (typeof child === 'string') {
      const name = ownedName(key, owner);
      const number = numberOf(child);
      if (number !== undefined) found.put(into, name, number);
      else if (isTranslationRegister(registerName(name)))
        found.unreadable.push({ name: key, text: child.replace(PLAIN, '') });
    }
  }
}

/** Names that are a guest's by themselves stay: `GPAT`, `hardwareCR0`. */
const ownedName = (key: string, owner: Part['owner']): string =>
  owner === '' || !isTranslationRegister(registerName(key)) || /^(?:G|HARDWARE)/i.test(registerName(key))
    ? key
    : `${owner}${registerName(key)}`;

/** In quotes a value is hexadecimal, as everywhere; a number of JSON is decimal, as JSON has it. */
function numberOf(text: string): bigint | undefined {
  const decimal = text.startsWith(PLAIN) ? /^\d{1,20}$/.exec(text.slice(PLAIN.length))?.[0] : undefined;
  const hex = /^\s*(?:0x)?([0-9a-f][0-9a-f_`]{0,18})\s*$/i.exec(text)?.[1]?.replace(/[_`]/g, '');
  if (decimal === undefined && (hex === undefined || hex.length > 16)) return undefined;
  const value = decimal === undefined ? BigInt(`0x${hex}`) : BigInt(decimal);
  return value < 2n ** 64n ? value : undefined;
}

/** `name  0xvalue  …`, as gdb prints: the value must have its 0x, or prose would pass. */
const GDB_LINE = /^\s*([A-Za-z]\w*)\s+(0x[0-9a-fA-F]{1,16})(?:\s|$)/;
/** `NAME=value` anywhere in a line: QEMU (`R8 =`, bare hex) and people. */
const PAIR = /\b([A-Za-z]\w*)\s?=\s?(0x[0-9a-fA-F]{1,16}|[0-9a-fA-F]{1,16})\b/g;
const CPU_LINE = /^\s*CPU#\d+/;

function fromText(text: string): RegisterFile {
  const cpus: Map<string, bigint>[] = [new Map()];
  let form: RegisterFile['form'] = 'pairs';
  const esc = String.fromCharCode(27);
  const plain = text.replaceAll(new RegExp(`${esc}\\[[0-9;]*[A-Za-z]`, 'g'), '');
  for (const line of plain.split(/\r?\n/)) {
    if (CPU_LINE.test(line)) {
      form = 'qemu';
      if ((cpus.at(-1)?.size ?? 0) > 0) cpus.push(new Map());
      continue;
    }
    const cpu = cpus.at(-1) as Map<string, bigint>;
    const gdb = GDB_LINE.exec(line);
    if (gdb) {
      if (form === 'pairs') form = 'gdb';
      cpu.set(registerName(gdb[1] ?? ''), BigInt(gdb[2] ?? '0'));
      continue;
    }
    for (const [, name = '', value = '0'] of line.matchAll(PAIR))
      cpu.set(registerName(name), BigInt(value.startsWith('0x') ? value : `0x${value}`));
  }
  const spelled = cpus.flatMap(cpu => [...cpu.keys()]);
  return { form, cpus, spelled, unreadable: [], contradictory: [] };
}
