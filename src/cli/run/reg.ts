/** `reg`: register values field by field. */
import type { Globals } from '../command.ts';
import type { Io } from '../io.ts';
import { familyNamed } from '../names.ts';
import { print } from '../print.ts';
import { EXIT, UsageError } from '../trouble.ts';
import { run as decode } from './decode.ts';
import type { MachineArgs } from './machine.ts';

interface RegArgs extends Globals, Partial<MachineArgs> {
  readonly name?: string | undefined;
  readonly values: readonly string[];
  readonly set: readonly string[];
  readonly all?: boolean | undefined;
}

export async function run(args: RegArgs, io: Io): Promise<number> {
  const { registers } = await import('../../arch/families.ts'); // as `decode` does: they are loaded once
  if (args.name === undefined) {
    print((await import('../../report/formats.ts')).listAnswer(registers), args, io);
    return EXIT.answer;
  }
  const [name, ...inline] = args.name.split('=');
  const { family } = familyNamed(name ?? '', registers, 'register');
  const words = [...inline, ...args.values];
  if (words.length === 0 && io.stdin.terminal)
    throw new UsageError(`no value for ${family.id}: memattr reg ${name} 0x…`);
  return decode({ ...args, words, as: family.id, brief: false }, io);
}
