/** `reg`: register values field by field. */
import type { Family } from '../../bits/family.ts';
import { registerName } from '../../text/register-names.ts';
import type { Globals } from '../command.ts';
import type { Io } from '../io.ts';
import { familyNamed, isNamed } from '../names.ts';
import { print } from '../print.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { run as decode } from './decode.ts';
import type { MachineArgs } from './machine.ts';

interface RegArgs extends Globals, Partial<MachineArgs> {
  readonly name?: string | undefined;
  readonly values: readonly string[];
  readonly set: readonly string[];
  readonly brief?: boolean | undefined;
  readonly all?: boolean | undefined;
}

export async function run(args: RegArgs, io: Io): Promise<number> {
  const { registers } = await import('../../arch/families.ts'); // as `decode` does: they are loaded once
  if (args.name === undefined) {
    print((await import('../../report/formats.ts')).listAnswer(registers), args, io);
    return EXIT.answer;
  }
  const [name, ...inline] = args.name.split('=');
  const { family } = familyNamed(spelled(name ?? '', registers), registers, 'register');
  const words = [...inline, ...args.values];
  if (words.length === 0 && io.stdin.terminal)
    throw new UsageError(`no value for ${family.id}: memattr reg ${name} 0x…`);
  return decode({ ...args, words, as: family.id }, io, 'reg');
}

/**
 * The name under which a family is known, of any spelling that register files take: `IA32_MTRR_PHYSBASE0` is one of the
 * `MTRR_PHYSBASE`, `MSR 0x277` is PAT.
 */
function spelled(typed: string, among: readonly Family[]): string {
  const name = registerName(typed);
  return [typed, name, name.replace(/\d+$/, '')].find(one => isNamed(one, among)) ?? typed;
}
