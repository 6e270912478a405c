/** `kvm diff`: where two policies disagree. */

import { ARM64_ERAS } from '../../../kvm/arm64/eras/index.ts';
import { type Diff, diffPolicies } from '../../../kvm/queries/diff.ts';
import { diffX86, type X86Diff } from '../../../kvm/queries/x86.ts';
import { X86_ERAS } from '../../../kvm/x86/eras/index.ts';
import type { Style } from '../../../report/style.ts';
import type { Globals } from '../../command.ts';
import type { Io } from '../../io.ts';
import { EXIT } from '../../trouble.ts';
import { archOf, conditionText, eraText, gradeText, labelled, paragraph, print } from './common.ts';

interface DiffArgs extends Globals {
  readonly from: string;
  readonly to: string;
  readonly arch?: 'arm64' | 'x86' | undefined;
  readonly 'host-fault'?: boolean | undefined;
}

export async function run(args: DiffArgs, io: Io): Promise<number> {
  const arch = archOf(args.arch, [], [args.from, args.to]);
  const d =
    arch === 'arm64'
      ? diffPolicies(ARM64_ERAS.named(args.from), ARM64_ERAS.named(args.to), {
          hostFault: args['host-fault'] ?? false,
        })
      : diffX86(X86_ERAS.named(args.from), X86_ERAS.named(args.to));
  const rows = d.disagreements.flatMap(x =>
    x.when.map(when => ({
      change: x.change,
      when: [...(d.when.length === 1 ? (d.when[0] ?? []) : []), ...when],
    })),
  );
  print(
    {
      records: [{ arch, kernels: [args.from, args.to], ...d }],
      rows,
      columns: [
        { title: 'change', text: r => r.change },
        { title: 'when', text: r => conditionText(r.when) },
      ],
      lines: ({ style, width }) =>
        lines(d, `${eraText(args.from, d.from)} -> ${eraText(args.to, d.to)}`, style, width),
    },
    'diff',
    args,
    io,
  );
  const interfaceChanges = 'interface' in d ? d.interface.length : 0;
  return d.differing + interfaceChanges > 0 ? EXIT.findings : EXIT.answer;
}

function lines(d: Diff | X86Diff, title: string, style: Style, width: number): string[] {
  const out = [
    `${style.bold(title)}: ${d.differing} of ${d.compared} inputs differ; evidence ${gradeText(d.grade)}`,
  ];
  if ('interface' in d) for (const text of d.interface) out.push(...labelled('interface', text, width, 12));
  if (d.differing === 0) {
    out.push('  no mapping is treated differently');
    return out;
  }
  out.push('', 'They disagree exactly when');
  d.when.forEach((when, i) => {
    out.push(...paragraph(`${i === 0 ? '  ' : 'or '}${conditionText(when)}`, width, 2));
  });
  const several = d.disagreements.length > 1;
  out.push('', several ? 'and then, with what else decides:' : 'and then');
  for (const x of d.disagreements) {
    out.push(...paragraph(style.bold(x.change), width, 2));
    if (several) for (const when of x.when) out.push(...paragraph(conditionText(when), width, 6));
  }
  return out;
}
