/** `kvm cap`: what KVM_CHECK_EXTENSION and KVM_ENABLE_CAP answer. */
import { CACHEABLE_PFNMAP_CAP, cacheablePfnmapCap } from '../../../kvm/arm64/cap.ts';
import { type Evidence, type Grade, strongest } from '../../../kvm/evidence.ts';
import { X86_PROFILES } from '../../../kvm/inputs.ts';
import { patQuirk, type QuirkCall } from '../../../kvm/x86/decide.ts';
import type { Io } from '../../io.ts';
import { EXIT } from '../../trouble.ts';
import {
  archOf,
  arm64Cpus,
  arm64Policies,
  kernelsOf,
  list,
  type PolicyArgs,
  print,
  x86Cpus,
} from './common.ts';

interface CapArgs extends PolicyArgs {
  readonly cpu?: string | undefined;
}

export async function run(args: CapArgs, io: Io): Promise<number> {
  const cpus = list(args.cpu);
  if (archOf(args.arch, cpus, kernelsOf(args)) === 'x86') return quirk(args, io, cpus);
  const rows = arm64Policies(kernelsOf(args), ['all']).flatMap(policy =>
    arm64Cpus(cpus, ['FWB+DIC', 'none']).map(({ name, cpu }) => ({
      era: policy.id,
      cpuName: name,
      cap: CACHEABLE_PFNMAP_CAP,
      ...withGrade(cacheablePfnmapCap(policy, cpu)),
    })),
  );
  print(
    {
      records: rows,
      rows,
      columns: [
        { title: 'era', text: r => r.era },
        { title: 'CPU', text: r => r.cpuName },
        { title: 'number', text: r => (r.known ? String(r.number ?? '?') : 'unknown'), align: 'right' },
        { title: 'on a VM', text: r => String(r.vmFd), align: 'right' },
        { title: 'on /dev/kvm', text: r => String(r.sysFd), align: 'right' },
        { title: 'ev', text: r => r.grade },
        { title: 'source', text: r => r.evidence.map(e => e.source).join('; '), wrap: true },
      ],
    },
    'cap',
    args,
    io,
  );
  return EXIT.answer;
}

const withGrade = <A extends { readonly evidence: readonly Evidence[] }>(
  a: A,
): A & { readonly grade: Grade } => ({
  ...a,
  grade: strongest(a.evidence.map(e => e.grade)),
});

const CALLS: readonly QuirkCall[] = ['none', 'DISABLE_QUIRKS2', 'DISABLE_QUIRKS'];

function quirk(args: CapArgs, io: Io, cpus: readonly string[]): number {
  const rows = x86Cpus(
    cpus,
    X86_PROFILES.map(p => p.name),
  ).flatMap(({ name, cpu }) =>
    CALLS.map(call => ({
      era: '6.16',
      cpuName: name,
      quirk: 'KVM_X86_QUIRK_IGNORE_GUEST_PAT',
      call,
      ...withGrade(patQuirk(cpu.vendor, cpu.selfSnoop, cpu.tdp ?? true, call)),
    })),
  );
  print(
    {
      records: rows,
      rows,
      columns: [
        { title: 'CPU', text: r => r.cpuName },
        { title: 'KVM_ENABLE_CAP', text: r => (r.call === 'none' ? 'nothing' : r.call) },
        { title: 'returns', text: r => String(r.ret), align: 'right' },
        { title: 'IGNORE_GUEST_PAT', text: r => (r.quirkActive ? 'active' : 'not active') },
        { title: 'because', text: r => r.says, wrap: true },
        { title: 'ev', text: r => r.grade },
      ],
    },
    'cap',
    args,
    io,
  );
  return EXIT.answer;
}
