/** `kvm leak`: one cache line between two VMs. */
import { leak } from '../../../kvm/arm64/leak.ts';
import { slotFlagsFor } from '../../../kvm/arm64/migrate.ts';
import { questions as arm64 } from '../../../kvm/arm64/questions.ts';
import { preset } from '../../../kvm/presets.ts';
import { leakAnswer } from '../../../report/kvm/leak.ts';
import type { Io } from '../../io.ts';
import { print } from '../../print.ts';
import { EXIT } from '../../trouble.ts';
import { kernelsOf, list, type PolicyArgs, policies, presetsOf } from './common.ts';

interface LeakArgs extends PolicyArgs {
  readonly cpu?: string | undefined;
  readonly preset?: string | undefined;
  readonly guest?: string | undefined;
}

/** The leak that the cp series closes, and what closes it in 6.17: forcing Write-Back, cleaning, refusing. */
const STORY = [
  { kernel: '6.9', cpu: 'FWB+DIC', preset: 'gpu-coherent' },
  { kernel: '6.17', cpu: 'FWB+DIC', preset: 'gpu-coherent' },
  { kernel: '6.17', cpu: 'none', preset: 'anon' },
  { kernel: '6.17', cpu: 'none', preset: 'gpu-coherent' },
] as const;

/** What was asked; what was left out is taken from the beginning of the story. */
function casesOf(args: LeakArgs, kernels: readonly string[]) {
  const [leaky] = STORY;
  const cpus = list(args.cpu);
  const named = policies(arm64.eras, kernels.length > 0 ? kernels : [leaky.kernel], 'all');
  return named.flatMap(policy =>
    (cpus.length > 0 ? cpus : [leaky.cpu]).flatMap(name => {
      const { cpu } = arm64.parseCpu(name);
      return presetsOf(args.preset, leaky.preset).map(p => ({ policy, cpu, p }));
    }),
  );
}

export async function run(args: LeakArgs, io: Io): Promise<number> {
  const guest = arm64.parseGuestType(args.guest ?? 'Normal-NC');
  const kernels = kernelsOf(args);
  const asked = args.cpu !== undefined || args.preset !== undefined || kernels.length > 0;
  const cases = asked
    ? casesOf(args, kernels)
    : STORY.map(({ kernel, cpu, preset: name }) => ({
        policy: arm64.eras.named(kernel),
        cpu: arm64.parseCpu(cpu).cpu,
        p: preset(name),
      }));
  const runs = cases.map(({ policy, cpu, p }) => {
    const { name, flags, pgprot, pfn } = arm64.mappingOf(p, policy);
    const mapping = { ...(name === undefined ? {} : { name }), flags, pgprot, pfn };
    return leak(policy, cpu, mapping, guest, slotFlagsFor(policy, mapping, cpu));
  });
  print(leakAnswer(runs), args, io);
  return runs.some(r => r.leaks) ? EXIT.findings : EXIT.answer;
}
