/** The machine that options, a register file and what else a verb has describe: the one way in for all verbs. */
import { statSync } from 'node:fs';
import { registerPreset } from '../../arch/names.ts';
import { parseWord, WordSyntaxError } from '../../bits/word.ts';
import { type Known, type Machine, machineFrom, ofCpu, type Source } from '../../machine/machine.ts';
import { sourceOfJson, unknownRegister } from '../../machine/register-file.ts';
import { isOtherRegister, isTranslationRegister, registerName } from '../../text/register-names.ts';
import { isJson, RegisterSyntaxError } from '../../text/registers.ts';
import type { OptionValues } from '../command.ts';
import { inputName, textOf } from '../files.ts';
import type { Io } from '../io.ts';
import { hexDoubt } from '../numbers.ts';
import type { machineOptions } from '../options.ts';
import { InputError, UsageError } from '../trouble.ts';

type All = OptionValues<typeof machineOptions>;
/** A verb may have some of them. */
export type MachineArgs = Partial<All> & Pick<All, 'reg'>;

/** Register options by the register they stand for. */
const NAMED = {
  vttbr: 'VTTBR_EL2',
  vtcr: 'VTCR_EL2',
  hcr: 'HCR_EL2',
  cr0: 'CR0',
  cr3: 'CR3',
  cr4: 'CR4',
  efer: 'EFER',
  pat: 'PAT',
  eptp: 'EPTP',
  ncr3: 'NCR3',
  'guest-cr3': 'GUESTCR3',
} as const;
const PER_LEVEL = ['ttbr0', 'ttbr1', 'tcr', 'mair', 'sctlr'] as const;

/** A register's value: a number, or a name that it goes by: `--pat linux`. */
function valueNamed(option: string, name: string, text: string): Known<bigint> {
  const preset = registerPreset(name, text);
  if (typeof preset === 'bigint')
    return { value: preset, origin: { kind: 'given', where: `${option} ${text}` } };
  try {
    return { value: parseWord(text), origin: { kind: 'given', where: option } };
  } catch (error) {
    if (!(error instanceof WordSyntaxError)) throw error;
    const names = preset.length > 0 ? `, or one of ${preset.join(', ')}` : '';
    throw new UsageError(`${option}: ${error.message}${names}`);
  }
}

/** Registers that options name: `--vttbr`, `--tcr`, `--reg NAME=VALUE`. */
export function sourceGiven(args: MachineArgs): Source {
  const given = new Map<string, Known<bigint>>();
  for (const [option, name] of Object.entries(NAMED)) {
    const text = args[option as keyof typeof NAMED];
    if (text !== undefined) given.set(name, valueNamed(`--${option}`, name, text));
  }
  for (const option of PER_LEVEL) {
    const text = args[option];
    const name = `${option.toUpperCase()}_EL${args.el ?? 1}`;
    if (text !== undefined) given.set(name, valueNamed(`--${option}`, name, text));
  }
  for (const text of args.reg) {
    const at = text.indexOf('=');
    if (at <= 0) throw new UsageError(`--reg takes NAME=VALUE, not '${text}'`);
    const spelled = text.slice(0, at).trim();
    const name = registerName(spelled);
    if (!isTranslationRegister(name) && !isOtherRegister(name))
      throw new UsageError(`--reg ${text}: ${unknownRegister(spelled)}`);
    const known = valueNamed(`--reg ${spelled}`, name, text.slice(at + 1).trim());
    const before = given.get(name);
    if (before !== undefined && before.value !== known.value)
      throw new UsageError(
        `${name} is given twice: 0x${before.value.toString(16)} by ${before.origin.where}, 0x${known.value.toString(16)} by ${known.origin.where}`,
      );
    given.set(name, known);
  }
  const texts = [
    ...[...Object.keys(NAMED), ...PER_LEVEL].map(option => args[option as keyof typeof NAMED]),
    ...args.reg.map(text => text.slice(text.indexOf('=') + 1)),
  ];
  const doubtful = hexDoubt(texts);
  return { cpus: given.size > 0 ? [given] : [], remarks: doubtful === undefined ? [] : [doubtful] };
}

/** The registers of a file; what is wrong with it is said with its name. */
export async function sourceOfFile(path: string, io?: Io, by = '--registers'): Promise<Source> {
  const text = textOf(path, io, by);
  const name = inputName(path);
  try {
    const roots = rootRecords(text);
    if (roots) return sourceOfRoots(roots, name);
    return isJson(text)
      ? sourceOfJson(text, name)
      : (await import('../../machine/read.ts')).sourceOf(text, name);
  } catch (error) {
    // by its name: what reads texts is loaded on its own, with classes of its own
    if (error instanceof Error && error.name === 'RegisterSyntaxError')
      throw new InputError(`${name}: ${error.message}`);
    throw error;
  }
}

/** What `memattr roots --json` prints of each root. */
interface RootRecord {
  readonly rank: number;
  readonly kind: string;
  readonly registers?: Readonly<Record<string, string>>;
}

/** The lines of `memattr roots --json`; undefined for any other text. */
function rootRecords(text: string): readonly RootRecord[] | undefined {
  if (!/^\s*\{"schema":"memattr\.roots\//.test(text)) return undefined;
  return text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => {
      try {
        return JSON.parse(line) as RootRecord;
      } catch (error) {
        throw new RegisterSyntaxError(`a record of roots that is none: ${(error as Error).message}`);
      }
    });
}

/** The registers of the surest root that has them. */
function sourceOfRoots(roots: readonly RootRecord[], name: string): Source {
  const root = roots.find(({ registers }) => registers !== undefined);
  if (!root)
    throw new RegisterSyntaxError(
      'these roots are those of registers that are known: name the file with the registers, or leave -r out',
    );
  const source = sourceOfJson(JSON.stringify(root.registers), name);
  const others = roots.length - 1;
  const remark = `${name}: root ${root.rank} of ${roots.length}, ${root.kind}, is taken; --root N walks another`;
  return others === 0 ? source : { ...source, remarks: [...(source.remarks ?? []), remark] };
}

/** `vm.registers.json` beside `vm.elf`, `vm.elf.gz`…; undefined where there is none. */
export function besideDump(dump: string): string | undefined {
  const parts = dump.split('/');
  const file = parts.pop() ?? '';
  for (let stem = file; stem.includes('.') && stem.lastIndexOf('.') > 0; ) {
    stem = stem.slice(0, stem.lastIndexOf('.'));
    const path = [...parts, `${stem}.registers.json`].join('/');
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
  }
  return undefined;
}

/**
 * What the options say, before the register file, before what the verb has of its own.
 * @param file the register file, read; default: the one that `--registers` names
 * @param own a dump's notes, a text's registers: the most trusted first
 * @param io whose standard input `--registers -` is; default: the process's own
 */
export async function machineGiven(
  args: MachineArgs,
  file?: Source,
  own: readonly Source[] = [],
  io?: Io,
): Promise<Machine> {
  file ??= args.registers === undefined ? undefined : await sourceOfFile(args.registers, io);
  const machine = machineFrom([sourceGiven(args), ...(file ? [file] : []), ...own]);
  if (args.cpu === undefined) return machine;
  const cpu = /^\d{1,6}$/.test(args.cpu) ? Number(args.cpu) : -1;
  if (machine.cpus[cpu]) return ofCpu(machine, cpu);
  throw new UsageError(
    [file, ...own].every(source => (source?.cpus.length ?? 0) === 0)
      ? `--cpu ${args.cpu}: there are no registers in ${args.registers ?? 'the dump’s notes'}`
      : `--cpu takes 0 to ${machine.cpus.length - 1}`,
  );
}
