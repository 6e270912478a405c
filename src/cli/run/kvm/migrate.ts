/** `kvm migrate`: the same mapping on two sides. */

import { KvmInputError } from '../../../kvm/errors.ts';
import { kvmQuestions } from '../../../kvm/questions.ts';
import { migrateAnswer } from '../../../report/kvm/migrate.ts';
import type { Io } from '../../io.ts';
import { print } from '../../print.ts';
import { EXIT } from '../../trouble.ts';
import { architectureOf, kernelsOf, list, need, type PolicyArgs, presetsOf } from './common.ts';

interface MigrateArgs extends PolicyArgs {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly preset?: string | undefined;
  readonly 'disable-quirk'?: 'IGNORE_GUEST_PAT' | undefined;
}

interface End {
  readonly cpu: string;
  readonly kernel: string;
}

/** `grace/6.17`, or a CPU alone: the kernel then comes from --kernel. */
function ends(text: string, kernels: readonly string[]): End[] {
  const at = text.indexOf('/');
  if (at >= 0) {
    const cpu = text.slice(0, at);
    return list(text.slice(at + 1)).map(kernel => ({ cpu, kernel }));
  }
  if (kernels.length === 0)
    throw new KvmInputError(
      `'${text}' names no kernel; valid: ${text}/6.17, or --kernel 6.17 for both sides`,
      ['CPU/KERNEL'],
    );
  return kernels.map(kernel => ({ cpu: text, kernel }));
}

/** As many on both sides, or one against each of the other. */
function pairsOf(from: readonly End[], to: readonly End[]): (readonly [End, End])[] {
  if (from.length !== to.length && from.length !== 1 && to.length !== 1)
    throw new KvmInputError(
      `${from.length} kernels on one side and ${to.length} on the other; valid: as many on both, or one`,
      [],
    );
  return Array.from(
    { length: Math.max(from.length, to.length) },
    (_, i) => [from[i] ?? (from[0] as End), to[i] ?? (to[0] as End)] as const,
  );
}

export async function run(args: MigrateArgs, io: Io): Promise<number> {
  const kernels = kernelsOf(args);
  const fromText = need(args.from, 'from', '--from FWB+DIC/6.17');
  const toText = need(args.to, 'to', '--to none/6.17');
  const [from, to] = [ends(fromText, kernels), ends(toText, kernels)];
  const pairs = pairsOf(from, to);
  const every = [...from, ...to];
  const kvm = architectureOf(
    kvmQuestions,
    args.arch,
    every.map(e => e.cpu),
    every.map(e => e.kernel),
  );
  const presets = presetsOf(args.preset, 'gpu-coherent');
  const quirk = args['disable-quirk'] ? { disableQuirk: 'DISABLE_QUIRKS2' } : {};
  const side = ({ cpu, kernel }: End) => ({
    cpu: kvm.parseCpu(cpu).cpu,
    policy: kvm.eras.named(kernel),
  });
  const asked = pairs.flatMap(([a, b]) =>
    presets.map(preset => {
      const [src, dst] = [side(a), side(b)];
      const mapping = { ...kvm.mappingOf(preset, src.policy), ...quirk };
      return {
        mapping: preset.id,
        from: `${a.cpu}/${a.kernel}`,
        to: `${b.cpu}/${b.kernel}`,
        migration: kvm.migrate({ mapping, src, dst, hostFault: true }),
      };
    }),
  );
  print(migrateAnswer(kvm.id, asked), args, io);
  return asked.every(({ migration }) => migration.outcome === 'ok') ? EXIT.answer : EXIT.findings;
}
