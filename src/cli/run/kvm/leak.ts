/** `kvm leak`: one cache line between two VMs. */

import { ARM64_ERAS } from '../../../kvm/arm64/eras/index.ts';
import { slotFlagsFor } from '../../../kvm/arm64/migrate.ts';
import { type LeakRun, type LineState, leakRun } from '../../../kvm/coherence.ts';
import { presetFlags } from '../../../kvm/presets.ts';
import { parseGuestType } from '../../../kvm/queries/inverse.ts';
import type { Style } from '../../../report/style.ts';
import { table } from '../../../report/table.ts';
import type { Io } from '../../io.ts';
import { EXIT } from '../../trouble.ts';
import {
  arm64Cpus,
  cpuName,
  gradeText,
  kernelsOf,
  list,
  type PolicyArgs,
  policies,
  presetsOf,
  print,
} from './common.ts';

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

export async function run(args: LeakArgs, io: Io): Promise<number> {
  const guest = parseGuestType(args.guest ?? 'Normal-NC');
  const asked = args.cpu !== undefined || args.preset !== undefined || kernelsOf(args).length > 0;
  const kernels = kernelsOf(args);
  const cases = asked
    ? policies(ARM64_ERAS, kernels.length > 0 ? kernels : [STORY[0].kernel], 'all').flatMap(policy =>
        arm64Cpus(list(args.cpu), ['FWB+DIC']).flatMap(({ cpu }) =>
          presetsOf(args.preset, ['gpu-coherent']).map(p => ({ policy, cpu, p })),
        ),
      )
    : STORY.flatMap(s =>
        policies(ARM64_ERAS, [s.kernel], 'all').flatMap(policy =>
          arm64Cpus([s.cpu], []).flatMap(({ cpu }) => presetsOf(s.preset, []).map(p => ({ policy, cpu, p }))),
        ),
      );
  const runs = cases.map(({ policy, cpu, p }) => {
    const vma = { flags: presetFlags(p, policy), pgprot: p.pgprot };
    return leakRun(policy, cpu, { name: p.id, ...vma, pfn: p.pfn }, guest, slotFlagsFor(policy, vma, cpu));
  });
  print(
    {
      records: runs,
      rows: runs,
      columns: [
        { title: 'era', text: r => r.era },
        { title: 'CPU', text: r => cpuName(r.cpu) },
        { title: 'mapping', text: r => r.mapping },
        { title: 'guest type', text: r => r.guest },
        { title: 'leaks', text: r => (r.leaks ? 'yes' : 'no') },
        { title: 'cure', text: r => r.cure ?? '' },
        { title: 'ev', text: r => r.grade },
      ],
      lines: ({ style, width }) =>
        runs.flatMap((r, i) => [...(i === 0 ? [] : ['']), ...lines(r, style, width)]),
    },
    'leak',
    args,
    io,
  );
  return runs.some(r => r.leaks) ? EXIT.findings : EXIT.answer;
}

const cacheText = ({ cache }: LineState): string =>
  cache === undefined ? 'empty' : `${cache.value}${cache.dirty ? ' (dirty)' : ''}`;

function lines(r: LeakRun, style: Style, width: number): string[] {
  const verdict = r.leaks ? style.red('leaks') : style.green(`no leak: ${r.cure}`);
  return [
    `${style.bold(`${r.era}, CPU ${cpuName(r.cpu)}, ${r.mapping}, guest type ${r.guest}`)}: ${verdict}; evidence ${gradeText(r.grade)}`,
    ...table(
      [
        { title: 'who', text: s => s.who },
        { title: 'does', text: s => s.does, wrap: true },
        { title: 'view', text: s => s.view ?? '' },
        { title: 'sees', text: s => s.sees ?? '' },
        { title: 'memory', text: s => s.after.memory },
        { title: 'cache', text: s => cacheText(s.after) },
      ],
      r.steps,
      { width, indent: 2, head: style.dim },
    ),
  ];
}
