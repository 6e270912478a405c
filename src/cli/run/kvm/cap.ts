/** `kvm cap`: what KVM_CHECK_EXTENSION and KVM_ENABLE_CAP answer. */

import { groupBy } from '../../../bits/group-by.ts';
import { CACHEABLE_PFNMAP_CAP, cacheablePfnmapCap } from '../../../kvm/arm64/cap.ts';
import { ARM64_ERAS } from '../../../kvm/arm64/eras/index.ts';
import { cameWith } from '../../../kvm/era.ts';
import { type Evidence, type Grade, strongest } from '../../../kvm/evidence.ts';
import { X86_PROFILES } from '../../../kvm/inputs.ts';
import { patQuirk, type QuirkAnswer, type QuirkCall } from '../../../kvm/x86/decide.ts';
import { X86_ERAS } from '../../../kvm/x86/eras/index.ts';
import type { Io } from '../../io.ts';
import { EXIT } from '../../trouble.ts';
import { archOf, arm64Cpus, kernelsOf, list, type PolicyArgs, policies, print, x86Cpus } from './common.ts';

interface CapArgs extends PolicyArgs {
  readonly cpu?: string | undefined;
}

export async function run(args: CapArgs, io: Io): Promise<number> {
  const cpus = list(args.cpu);
  if (archOf(args.arch, cpus, kernelsOf(args)) === 'x86') return quirk(args, io, cpus);
  const rows = policies(ARM64_ERAS, kernelsOf(args), 'all').flatMap(policy =>
    arm64Cpus(cpus, ['FWB+DIC', 'none']).map(({ name, cpu }) => ({
      era: policy.id,
      cpuName: name,
      cap: CACHEABLE_PFNMAP_CAP,
      ...withGrade(cacheablePfnmapCap(policy, cpu)),
    })),
  );
  const alike = groupBy(rows, r => [r.cpuName, r.known, r.number, r.vmFd, r.sysFd, r.grade].join());
  print(
    {
      records: rows,
      rows: [...alike.values()],
      columns: [
        { title: 'kernels', text: of => of.map(r => r.era).join(' '), wrap: true },
        { title: 'CPU', text: ([r]) => r?.cpuName ?? '' },
        { title: 'number', text: ([r]) => (r?.known ? String(r.number ?? '?') : 'unknown'), align: 'right' },
        { title: 'on a VM', text: ([r]) => String(r?.vmFd), align: 'right' },
        { title: 'on /dev/kvm', text: ([r]) => String(r?.sysFd), align: 'right' },
        { title: 'ev', text: ([r]) => r?.grade ?? '' },
        {
          title: 'source',
          text: of => [...new Set(of.flatMap(r => r.evidence.map(e => e.source)))].join('; '),
          wrap: true,
        },
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

type QuirkRow = {
  readonly era: string;
  readonly cpuName: string;
  readonly quirk: string;
  readonly says: string;
  readonly grade: Grade;
} & ({ readonly known: false } | ({ readonly known: true; readonly call: QuirkCall } & QuirkAnswer));

function quirk(args: CapArgs, io: Io, cpus: readonly string[]): number {
  const named = x86Cpus(
    cpus,
    X86_PROFILES.map(p => p.name),
  );
  const rows = policies(X86_ERAS, kernelsOf(args), 'newest').flatMap(policy =>
    named.flatMap(({ name, cpu }): QuirkRow[] => {
      const row = { era: policy.id, cpuName: name, quirk: 'KVM_X86_QUIRK_IGNORE_GUEST_PAT' };
      if (!policy.patQuirk)
        return [
          {
            ...row,
            known: false,
            says: `the quirk came with ${cameWith(X86_ERAS.first(era => era.patQuirk))}`,
            ...withGrade({ evidence: policy.evidence }),
          },
        ];
      return CALLS.map(call => ({
        ...row,
        known: true,
        call,
        ...withGrade(patQuirk(cpu.vendor, cpu.selfSnoop, cpu.tdp ?? true, call)),
      }));
    }),
  );
  print(
    {
      records: rows,
      rows,
      columns: [
        { title: 'era', text: r => r.era },
        { title: 'CPU', text: r => r.cpuName },
        { title: 'check', text: r => (r.known ? String(r.mask) : ''), align: 'right' },
        { title: 'KVM_ENABLE_CAP', text: r => (!r.known ? '' : r.call === 'none' ? 'nothing' : r.call) },
        { title: 'returns', text: r => (r.known ? String(r.ret) : ''), align: 'right' },
        {
          title: 'IGNORE_GUEST_PAT',
          text: r => (!r.known ? 'no such quirk' : r.quirkActive ? 'active' : 'not active'),
        },
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
