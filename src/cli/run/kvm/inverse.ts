/** `kvm inverse`: which inputs reach a type. */
import { kvmQuestions } from '../../../kvm/questions.ts';
import { inverseAnswer } from '../../../report/kvm/inverse.ts';
import type { Io } from '../../io.ts';
import { print } from '../../print.ts';
import { EXIT } from '../../trouble.ts';
import { architectureOf, kernelsOf, need, type PolicyArgs, policies } from './common.ts';

interface InverseArgs extends PolicyArgs {
  readonly want?: string | undefined;
  readonly guest?: string | undefined;
  readonly all?: boolean | undefined;
}

export async function run(args: InverseArgs, io: Io): Promise<number> {
  const text = need(args.want, 'want', '--want normal-wb');
  const names = kernelsOf(args);
  const kvm = architectureOf(kvmQuestions, args.arch, [], names);
  const wanted = policies(kvm.eras, names, 'newest');
  const want = kvm.parseType(text);
  const guest = args.guest === undefined ? undefined : kvm.parseGuestType(args.guest);
  const options = args.all ? { fixed: [] } : {};
  const found = wanted.map(policy => kvm.inverse(policy, want, guest, options));
  print(inverseAnswer(kvm.id, found), args, io);
  return EXIT.answer;
}
