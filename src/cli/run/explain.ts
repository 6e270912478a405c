/** `explain`: ids of findings, rules, conditions and hazards. */
import { closest, didYouMean } from '../../bits/suggest.ts';
import { HAZARDS as ARM64_HAZARDS } from '../../kvm/arm64/hazards.ts';
import { HOST_FAULT as ARM64 } from '../../kvm/arm64/host-fault.ts';
import { kvmPolicies } from '../../kvm/policies.ts';
import { HOST_FAULT as X86, HAZARDS as X86_HAZARDS } from '../../kvm/x86/predict.ts';
import { explainAnswer, explainable } from '../../report/explain.ts';
import type { Globals } from '../command.ts';
import type { Io } from '../io.ts';
import { print } from '../print.ts';
import { EXIT, UsageError } from '../trouble.ts';

/** The host's own fault, which no era decides. */
const HOST = [
  { arch: 'arm64', id: 'the host’s own fault', rows: ARM64.rows, evidence: [] },
  { arch: 'x86', id: 'the host’s own fault', rows: X86.rows, evidence: [] },
];

const HAZARDS = [
  { arch: 'arm64', rows: ARM64_HAZARDS.map(({ id, says, evidence }) => ({ id, means: says, evidence })) },
  { arch: 'x86', rows: X86_HAZARDS.map(({ id, means }) => ({ id, means, evidence: [] })) },
];

export async function run(args: Globals & { readonly id?: string | undefined }, io: Io): Promise<number> {
  const all = explainable(kvmPolicies, HOST, HAZARDS);
  const { id } = args;
  const shown = id === undefined ? all : all.filter(one => one.id.toLowerCase() === id.toLowerCase());
  if (id !== undefined && shown.length === 0) {
    const ids = [...new Set(all.map(one => one.id))];
    throw new UsageError(
      `nothing is called '${id}'; ${didYouMean(id, closest(id, ids)) || 'memattr explain lists every id'}`,
    );
  }
  print(explainAnswer(shown, id !== undefined), args, io);
  return EXIT.answer;
}
