/** `kvm cap`: what KVM_CHECK_EXTENSION and KVM_ENABLE_CAP answer. */
import type { ArchitectureId } from '../../../kvm/architecture.ts';
import { kvmPolicies } from '../../../kvm/policies.ts';
import { POLICIES_REPORT } from '../../../report/kvm/policies.ts';
import type { Io } from '../../io.ts';
import { print } from '../../print.ts';
import { EXIT } from '../../trouble.ts';
import { architectureOf, cpuNames, cpusOf, kernelsOf, type PolicyArgs, policies } from './common.ts';

interface CapArgs extends PolicyArgs {
  readonly registers?: string | undefined;
  readonly cpu?: string | undefined;
}

/** What is asked where nothing is said: a number that differs between kernels, a quirk that differs between CPUs. */
const ALL = {
  arm64: { kernels: 'all', cpus: ['FWB+DIC', 'none'] },
  x86: { kernels: 'newest', cpus: undefined },
} as const satisfies Record<ArchitectureId, object>;

export async function run(args: CapArgs, io: Io): Promise<number> {
  const names = await cpuNames(args, kvmPolicies, io);
  const kernels = kernelsOf(args);
  const kvm = architectureOf(kvmPolicies, args.arch, names, kernels);
  const all = ALL[kvm.id];
  const cpus = cpusOf(kvm, names, all.cpus ?? kvm.cpus.map(cpu => cpu.name));
  const asked = policies(kvm.eras, kernels, all.kernels).flatMap(policy =>
    cpus.flatMap(({ name, cpu }) =>
      kvm.cap(policy, cpu).map(answer => ({ era: policy.id, cpuName: name, ...answer })),
    ),
  );
  print(POLICIES_REPORT[kvm.id].capAnswer(asked), args, io);
  return EXIT.answer;
}
