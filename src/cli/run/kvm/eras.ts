/** `kvm eras`: what is known, from where, how sure; one policy row by row. */
import type { ArchitectureId } from '../../../kvm/architecture.ts';
import { eraRows } from '../../../kvm/known.ts';
import { kvmPolicies } from '../../../kvm/policies.ts';
import { erasAnswer, policyAnswer } from '../../../report/kvm/eras.ts';
import type { Globals } from '../../command.ts';
import type { Io } from '../../io.ts';
import { print } from '../../print.ts';
import { EXIT } from '../../trouble.ts';
import { architectureOf } from './common.ts';

interface ErasArgs extends Globals {
  readonly name?: string | undefined;
  readonly arch?: ArchitectureId | undefined;
}

export async function run(args: ErasArgs, io: Io): Promise<number> {
  const { name, arch } = args;
  if (name === undefined) {
    const rows = eraRows().filter(row => arch === undefined || row.arch === arch);
    print(erasAnswer(rows), args, io);
  } else {
    const kvm = architectureOf(kvmPolicies, arch, [], [name]);
    print(policyAnswer(kvm, kvm.eras.named(name)), args, io);
  }
  return EXIT.answer;
}
