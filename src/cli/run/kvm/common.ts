/** What the questions of `kvm` share: how architectures, policies, CPUs and mappings are named. */
import type { ArchitectureId, KvmPolicies } from '../../../kvm/architecture.ts';
import type { NamedCpu } from '../../../kvm/cpu.ts';
import type { Era, Eras } from '../../../kvm/era.ts';
import { PRESETS, type Preset, preset } from '../../../kvm/presets.ts';
import type { Globals } from '../../command.ts';
import type { Io } from '../../io.ts';
import { UsageError } from '../../trouble.ts';

/** Kernels are asked for by either name. */
export interface PolicyArgs extends Globals {
  readonly arch?: ArchitectureId | undefined;
  readonly kernel?: string | undefined;
  readonly policy?: string | undefined;
}

export const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '');

export const kernelsOf = (args: Pick<PolicyArgs, 'kernel' | 'policy'>): string[] => [
  ...list(args.kernel),
  ...list(args.policy),
];

/** What --arch says, else what the names can only mean, else the first one. `among`: the part that is asked. */
export function architectureOf<A extends KvmPolicies>(
  among: readonly [A, ...A[]],
  arch: ArchitectureId | undefined,
  cpus: readonly string[],
  kernels: readonly string[],
): A {
  const [first, ...others] = among;
  if (arch !== undefined) return among.find(({ id }) => id === arch) ?? first;
  const namesCpu = ({ cpus: known }: A) =>
    cpus.some(name => known.some(cpu => cpu.name === name.toLowerCase()));
  const namesEra = ({ eras }: A) =>
    kernels.some(name => hasEra(eras, name) && !hasEra(first.eras, name) && !/^\d+\.\d+$/.test(name));
  const named = kernels.map(machineNamed).find(id => id !== undefined);
  return others.find(namesCpu) ?? others.find(namesEra) ?? among.find(({ id }) => id === named) ?? first;
}

/** The architecture in a package's name: `6.18.2-1-amd64`, `6.12.0-55.el10.x86_64`. */
const machineNamed = (kernel: string): ArchitectureId | undefined =>
  /[-.](?:amd64|x86_64|i686)\b/.test(kernel)
    ? 'x86'
    : /[-.](?:arm64|aarch64)\b/.test(kernel)
      ? 'arm64'
      : undefined;

const hasEra = (eras: Eras<Era>, name: string): boolean => eras.all.some(era => era.id === name);

/** A kernel as it was asked for, and the policy that stands for it. */
export interface Asked<P> {
  readonly kernel: string;
  readonly policy: P;
}

/** The policies by the names that were given: `all` is every one, in the order of the eras. Without a name, `otherwise`. */
export function asked<P extends Era>(
  eras: Eras<P>,
  names: readonly string[],
  otherwise: 'newest' | 'all',
): Asked<P>[] {
  if (names.length === 0 && otherwise === 'newest') return [{ kernel: eras.newest.id, policy: eras.newest }];
  if (names.length === 0 || names.includes('all'))
    return eras.all.map(policy => ({ kernel: policy.id, policy }));
  return names.map(kernel => ({ kernel, policy: eras.named(kernel) }));
}

export const policies = <P extends Era>(
  eras: Eras<P>,
  names: readonly string[],
  otherwise: 'newest' | 'all',
): P[] => asked(eras, names, otherwise).map(a => a.policy);

/** CPUs by the names that were given, else by these. */
export const cpusOf = (
  kvm: KvmPolicies,
  names: readonly string[],
  otherwise: readonly string[],
): NamedCpu[] => (names.length > 0 ? names : otherwise).map(name => kvm.parseCpu(name));

/**
 * The CPUs that `--cpu` names; without it that of a machine's registers.
 * @throws UsageError where the registers say nothing of what KVM asks of a CPU
 */
export async function cpuNames(
  { cpu, registers }: { readonly cpu?: string | undefined; readonly registers?: string | undefined },
  among: readonly KvmPolicies[],
  io: Io,
): Promise<readonly string[]> {
  if (cpu !== undefined || registers === undefined) return list(cpu);
  const [{ sourceOfFile }, { valuesOf }] = await Promise.all([
    import('../machine.ts'),
    import('../../../machine/machine.ts'),
  ]);
  const [first] = (await sourceOfFile(registers, io)).cpus;
  const values = valuesOf(first ?? new Map());
  for (const kvm of among) {
    const name = kvm.cpuOf(values);
    if (name !== undefined) return [name];
  }
  throw new UsageError(
    `${registers}: no register says what KVM asks of a CPU: ID_AA64MMFR2_EL1 and CTR_EL0, or those of EPT or nested paging; --cpu names it`,
  );
}

/** Mappings by the names that were given, `all` or one after the other; else this one. */
export function presetsOf(text: string | undefined, otherwise: string): Preset[] {
  const names = list(text);
  if (names.includes('all')) return [...PRESETS];
  return (names.length > 0 ? names : [otherwise]).map(preset);
}

export function need(value: string | undefined, option: string, example: string): string {
  if (value === undefined || value === '')
    throw new UsageError(`--${option} is missing, for example ${example}`);
  return value;
}
