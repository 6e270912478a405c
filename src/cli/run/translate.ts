/** `translate`: one record for each address. */

import type { Ref } from '../../bits/spec.ts';
import { parseWord } from '../../bits/word.ts';
import type { AskedAccess, JudgedAccess } from '../../faults/access.ts';
import { editionsAnswer } from '../../report/editions.ts';
import { translateAnswer } from '../../report/translate.ts';
import { sourceAnswer } from '../../report/walk.ts';
import type { Space } from '../../walk/space.ts';
import { type AddressAnswer, answerFor } from '../../walk/translated.ts';
import type { Globals } from '../command.ts';
import type { Io } from '../io.ts';
import { sayHex } from '../numbers.ts';
import { printer, refuseRows } from '../print.ts';
import { EXIT, UsageError } from '../trouble.ts';
import type { Dump, DumpArgs } from './dump.ts';
import { withDump } from './translations.ts';

type TranslateArgs = DumpArgs &
  Globals & {
    readonly addresses: readonly string[];
    readonly explain?: boolean | undefined;
    readonly 'as-access'?: 'read' | 'write' | 'fetch' | 'shadow-stack' | undefined;
    readonly at?: 'user' | 'el0' | 'privileged' | 'supervisor' | undefined;
  };

/** The access that is asked for; a shadow-stack access pushes. */
function accessOf({ 'as-access': kind, at = 'user' }: TranslateArgs): AskedAccess | undefined {
  if (kind === undefined) return undefined;
  const by = at === 'user' || at === 'el0' ? 'unprivileged' : 'privileged';
  return kind === 'shadow-stack' ? { access: 'write', by, shadowStack: true } : { access: kind, by };
}

export async function run(args: TranslateArgs, io: Io): Promise<number> {
  const asked = accessOf(args);
  if (asked === undefined && args.at !== undefined)
    throw new UsageError(
      '--at says who makes an access: --as-access read, write, fetch or shadow-stack says which',
    );
  const judge = asked && (await judgeOf(asked));
  return withDump('translate', args, io, dump => translate(dump, args, io, judge));
}

type Judge = (space: Space, dump: Dump, input: bigint) => JudgedAccess;

/** What judges accesses is loaded where one is asked for. */
async function judgeOf(asked: AskedAccess): Promise<Judge> {
  const [{ judgeAccess }, { faultsOf }] = await Promise.all([
    import('../../faults/access.ts'),
    import('../../arch/faults.ts'),
  ]);
  return (space, { image, cpus }, input) => {
    const [, cpu = '0'] = /^cpu(\d+)\./.exec(space.candidate.name) ?? [];
    const registers = cpus[Number(cpu)] ?? cpus[0];
    return judgeAccess(space, image.space, input, asked, faultsOf(space.candidate.regime.arch), name =>
      registers?.get(name),
    );
  };
}

function translate(dump: Dump, args: TranslateArgs, io: Io, judge?: Judge): number {
  const { image, wanted, source } = dump;
  refuseRows(
    args,
    output => `translate answers as a table or as JSON, not as ${output}: a translation is a tree`,
  );
  const inputs = args.addresses.map(parseWord); // all, before the first is answered
  sayHex('translate', args.addresses, io);
  const print = printer(args, io);
  let status: number = EXIT.answer;
  let first = true;
  const refs: Ref[] = [];
  for (const input of inputs) {
    const answers = wanted.map(space => answerFor(space, image.space, input));
    const inside = answers.filter(({ first }) => first.translation.outcome !== 'outside');
    for (const answer of inside.length > 0 ? inside : answers) {
      if (answer.output === undefined)
        status = Math.max(status, missing(answer) ? EXIT.damaged : EXIT.findings);
      if (first) print(sourceAnswer(source));
      first = false;
      const judged = judge?.(answer.space, dump, input);
      if (judged?.fault) status = Math.max(status, EXIT.findings);
      print(translateAnswer(answer, args.explain === true, judged));
      if (args.explain) refs.push(...answer.why.map(({ ref }) => ref));
    }
  }
  if (refs.length > 0) print(editionsAnswer(refs));
  return status;
}

/** The image lacks a table: the answer is unknown, not "not mapped". */
const missing = ({ first, second }: AddressAnswer): boolean =>
  (second ?? first).translation.outcome === 'missing';
