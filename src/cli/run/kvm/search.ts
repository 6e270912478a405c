/** `kvm search`: counterexamples to a property. */
import { kvmQuestions } from '../../../kvm/questions.ts';
import { factsAnswer, searchAnswer } from '../../../report/kvm/search.ts';
import type { Io } from '../../io.ts';
import { print } from '../../print.ts';
import { EXIT } from '../../trouble.ts';
import { architectureOf, kernelsOf, need, type PolicyArgs, policies } from './common.ts';

interface SearchArgs extends PolicyArgs {
  readonly property?: string | undefined;
  readonly facts?: boolean | undefined;
  readonly 'host-fault'?: boolean | undefined;
  readonly all?: boolean | undefined;
}

export async function run(args: SearchArgs, io: Io): Promise<number> {
  const names = kernelsOf(args);
  const { id, eras, facts, search } = architectureOf(kvmQuestions, args.arch, [], names);
  if (args.facts) {
    print(factsAnswer(facts), args, io);
    return EXIT.answer;
  }
  const property = need(args.property, 'property', '--property "ordinary RAM is never refused"');
  const options = { hostFault: args['host-fault'] ?? false, ...(args.all ? { fixed: [] } : {}) };
  const found = policies(eras, names, 'all').map(policy => search(policy, property, options));
  print(searchAnswer(id, found), args, io);
  return found.some(f => !f.holds) ? EXIT.findings : EXIT.answer;
}
