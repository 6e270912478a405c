/** `kvm predict`: which architecture is asked about. */

import { ARM64_ERAS } from '../../../kvm/arm64/eras/index.ts';
import type { Arm64Cpu, Change } from '../../../kvm/arm64/model.ts';
import type { MtrrType } from '../../../kvm/effective.ts';
import type { Evidence } from '../../../kvm/evidence.ts';
import { ARM64_PROFILES, X86_PROFILES } from '../../../kvm/inputs.ts';
import { PRESETS, type Preset } from '../../../kvm/presets.ts';
import type { X86Cpu } from '../../../kvm/x86/model.ts';
import type { Column } from '../../../report/table.ts';
import type { Io } from '../../io.ts';
import { EXIT, UsageError } from '../../trouble.ts';
import { archOf, kernelsOf, list, type PolicyArgs, print } from './common.ts';
import { predictAll } from './predict-arm64.ts';
import { predictAllX86 } from './predict-x86.ts';

export interface PredictArgs extends PolicyArgs {
  readonly cpu?: string | undefined;
  readonly preset?: string | undefined;
  readonly flags?: string | undefined;
  readonly pgprot?: string | undefined;
  readonly pfn?: string | undefined;
  readonly vma: readonly string[];
  readonly 'slot-flags'?: string | undefined;
  readonly change?: Change | undefined;
  readonly 'slot-end'?: 'below' | 'at' | 'above' | undefined;
  readonly mte?: boolean | undefined;
  readonly 'host-writable'?: 'yes' | 'no' | undefined;
  readonly 'permission-fault'?: boolean | undefined;
  readonly align?: '4K' | '2M' | '1G' | undefined;
  readonly pkvm?: boolean | undefined;
  readonly 'table-only'?: boolean | undefined;
  readonly page: readonly string[];
  readonly 'disable-quirk'?: 'IGNORE_GUEST_PAT' | 'CD_NW_CLEARED' | undefined;
  readonly 'noncoherent-dma'?: boolean | undefined;
  readonly 'guest-mtrr'?: MtrrType | undefined;
  readonly 'guest-cd'?: boolean | undefined;
  readonly gpa?: 'private' | 'shared' | undefined;
  readonly explain?: boolean | undefined;
}

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
} as const satisfies Readonly<Record<'arm64' | 'x86', readonly (keyof PredictArgs)[]>>;

const given = (args: PredictArgs, names: readonly (keyof PredictArgs)[]): (keyof PredictArgs)[] =>
  names.filter(name => {
    const value = args[name];
    return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  });

export async function run(args: PredictArgs, io: Io): Promise<number> {
  if (args.preset === 'list') return listPresets(args, io);
  if (args.cpu === 'list') return listCpus(args, io);
  const cpus = list(args.cpu);
  const kernels = kernelsOf(args);
  const hint = given(args, ONLY.x86).length > 0 && given(args, ONLY.arm64).length === 0 ? 'x86' : undefined;
  const arch = archOf(args.arch ?? hint, cpus, kernels);
  const [foreign] = given(args, ONLY[arch === 'arm64' ? 'x86' : 'arm64']);
  if (foreign !== undefined)
    throw new UsageError(
      arch === 'arm64'
        ? `--${foreign} is an x86 input, and this asks about arm64`
        : `--${foreign} is an arm64 input; on x86 describe the page with --page or --preset`,
    );
  return arch === 'arm64' ? predictAll(args, io, kernels, cpus) : predictAllX86(args, io, kernels, cpus);
}

/** A preset, its later flags with the era that brought them. */
const presetRecord = ({ laterFlags: flags, ...p }: Preset): object => {
  const since = ARM64_ERAS.first(era => flags?.every(flag => era.vmaFlags.includes(flag)) ?? true).id;
  // Spread over itself, so that the key keeps its place.
  return flags === undefined
    ? p
    : { ...{ id: p.id, title: p.title, flags: p.flags, laterFlags: { flags, since } }, ...p };
};

function listPresets(args: PredictArgs, io: Io): number {
  const columns: Column<Preset>[] = [
    { title: 'preset', text: p => p.id },
    { title: 'VMA', text: p => p.flags.join(' ') || 'none', wrap: true },
    { title: 'pgprot', text: p => p.pgprot },
    { title: 'pfn', text: p => p.pfn },
    { title: 'what', text: p => p.title, wrap: true },
    { title: 'ev', text: p => p.evidence.map(e => e.grade).join('') },
  ];
  print({ records: PRESETS.map(presetRecord), rows: PRESETS, columns }, 'preset', args, io);
  return EXIT.answer;
}

interface CpuRow {
  readonly arch: 'arm64' | 'x86';
  readonly name: string;
  readonly cpu: Arm64Cpu | X86Cpu;
  readonly evidence: readonly Evidence[];
}

function listCpus(args: PredictArgs, io: Io): number {
  const rows: CpuRow[] = [
    ...ARM64_PROFILES.map(p => ({ arch: 'arm64' as const, ...p })),
    ...X86_PROFILES.map(p => ({ arch: 'x86' as const, ...p })),
  ].filter(row => args.arch === undefined || row.arch === args.arch);
  const columns: Column<CpuRow>[] = [
    { title: 'CPU', text: r => r.name },
    { title: 'arch', text: r => r.arch },
    {
      title: 'features',
      text: ({ cpu }) =>
        'vendor' in cpu
          ? [cpu.selfSnoop ? 'self-snoop' : '', cpu.tdp === false ? 'no EPT' : ''].filter(Boolean).join(' ')
          : [cpu.fwb ? 'FWB' : '', cpu.dic ? 'DIC' : '', cpu.idc ? 'IDC' : ''].filter(Boolean).join(' '),
    },
    { title: 'source', text: r => r.evidence.map(e => `${e.grade}: ${e.source}`).join('; '), wrap: true },
  ];
  print({ records: rows, rows, columns }, 'cpu', args, io);
  return EXIT.answer;
}
