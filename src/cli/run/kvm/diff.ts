/** `kvm diff`: where two policies disagree. */

import type { ArchitectureId } from '../../../kvm/architecture.ts';
import { kvmQuestions } from '../../../kvm/questions.ts';
import { diffAnswer } from '../../../report/kvm/diff.ts';
import type { Globals } from '../../command.ts';
import type { Io } from '../../io.ts';
import { print } from '../../print.ts';
import { EXIT } from '../../trouble.ts';
import { architectureOf } from './common.ts';

interface DiffArgs extends Globals {
  readonly from: string;
  readonly to: string;
  readonly arch?: ArchitectureId | undefined;
  readonly 'host-fault'?: boolean | undefined;
}

export async function run(args: DiffArgs, io: Io): Promise<number> {
  const { from, to } = args;
  const { id, eras, diff } = architectureOf(kvmQuestions, args.arch, [], [from, to]);
  const found = diff(eras.named(from), eras.named(to), { hostFault: args['host-fault'] ?? false });
  print(diffAnswer(id, [from, to], found), args, io);
  return found.differing > 0 || (found.interface ?? []).length > 0 ? EXIT.findings : EXIT.answer;
}
