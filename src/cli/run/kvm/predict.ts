/** `kvm predict`: one memslot or page, or a table of kernels, CPUs and mappings. */
import type { ArchitectureId, KvmPolicies } from '../../../kvm/architecture.ts';
import { doubtOf } from '../../../kvm/era.ts';
import { PRESETS } from '../../../kvm/presets.ts';
import { kvmQuestions } from '../../../kvm/questions.ts';
import { cpusAnswer, presetsAnswer } from '../../../report/kvm/names.ts';
import { QUESTIONS_REPORT } from '../../../report/kvm/questions.ts';
import type { Io } from '../../io.ts';
import { print } from '../../print.ts';
import { EXIT, UsageError } from '../../trouble.ts';
import { architectureOf, asked, cpuNames, cpusOf, kernelsOf } from './common.ts';
import type { PredictArgs, Questions } from './predict-args.ts';
import { arm64Questions } from './predict-arm64.ts';
import { x86Questions } from './predict-x86.ts';

/** Options that only one architecture reads: given to the other they would be dropped silently. */
const ONLY = {
  arm64: [
    'pfn',
    'vma',
    'change',
    'slot-end',
    'mte',
    'host-writable',
    'permission-fault',
    'pkvm',
    'table-only',
  ],
  x86: ['page', 'disable-quirk', 'noncoherent-dma', 'guest-mtrr', 'guest-cd', 'gpa'],
} as const satisfies Readonly<Record<ArchitectureId, readonly (keyof PredictArgs)[]>>;

const given = (args: PredictArgs, names: readonly (keyof PredictArgs)[]): (keyof PredictArgs)[] =>
  names.filter(name => {
    const value = args[name];
    return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  });

const QUESTIONS: Readonly<Record<ArchitectureId, Questions>> = { arm64: arm64Questions, x86: x86Questions };

/** An option of the other architecture, and what to do instead. */
const FOREIGN: Readonly<Record<ArchitectureId, (option: string) => string>> = {
  arm64: option => `--${option} is an x86 input, and this asks about arm64`,
  x86: option => `--${option} is an arm64 input; on x86 describe the page with --page or --preset`,
};

/** The architecture that options of its own name; options of the first one leave that to kernels and CPUs. */
function meant(args: PredictArgs): ArchitectureId | undefined {
  const named = kvmQuestions.filter(({ id }) => given(args, ONLY[id]).length > 0);
  return named.includes(kvmQuestions[0]) ? undefined : named[0]?.id;
}

function refuseForeign(args: PredictArgs, { id }: KvmPolicies): void {
  const [foreign] = kvmQuestions
    .filter(other => other.id !== id)
    .flatMap(other => given(args, ONLY[other.id]));
  if (foreign !== undefined) throw new UsageError(FOREIGN[id](foreign));
}

export async function run(args: PredictArgs, io: Io): Promise<number> {
  if (args.preset === 'list') print(presetsAnswer(PRESETS), args, io);
  else if (args.cpu === 'list') print(cpusAnswer(args.arch), args, io);
  else await predict(args, io);
  return EXIT.answer;
}

async function predict(args: PredictArgs, io: Io): Promise<void> {
  const names = await cpuNames(args, kvmQuestions, io);
  const kernels = kernelsOf(args);
  const kvm = architectureOf(kvmQuestions, args.arch ?? meant(args), names, kernels);
  refuseForeign(args, kvm);
  const questions = QUESTIONS[kvm.id];
  const wanted = asked(kvm.eras, kernels, 'newest');
  const cpus = cpusOf(kvm, names, [questions.cpu]);
  const defaults = [
    ...(kernels.length > 0 ? [] : [`kernel ${kvm.eras.newest.id}, the newest that was read (--kernel)`]),
    ...(names.length > 0 ? [] : [`CPU ${questions.cpu} (--cpu)`]),
    ...[questions.assumed(args)].filter(text => text !== undefined),
  ];
  const predictions = wanted.flatMap(({ kernel, policy }) =>
    cpus.flatMap(({ cpu, name: cpuName, evidence: cpuEvidence }) =>
      questions.mappings(args, policy).map(({ input, called }) => {
        const doubt = policy.id === kernel ? undefined : doubtOf(kernel, policy);
        return {
          kernel,
          cpuName,
          cpuEvidence,
          assumed: [...defaults, ...(doubt ? [doubt.says] : [])],
          ...called,
          ...kvm.predict({ policy, cpu, ...input }),
          ...(doubt?.guess ? { grade: 'I' as const } : {}),
        };
      }),
    ),
  );
  const shown = args.all ? 'all' : args.explain ? 'held' : 'none';
  print(QUESTIONS_REPORT[kvm.id].predictAnswer(predictions, shown), args, io);
}
