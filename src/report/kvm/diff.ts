/** Where two policies disagree. */
import type { ArchitectureId } from '../../kvm/architecture.ts';
import type { Diff } from '../../kvm/query.ts';
import { SCHEMA } from '../records.ts';
import type { Look } from '../style.ts';
import {
  conditionText,
  eraText,
  gradeText,
  labelled,
  paragraph,
  type TextAnswer,
  texts,
  whenLines,
} from './text.ts';

/** `kernels`: the two as they were asked for. */
export function diffAnswer(arch: ArchitectureId, kernels: readonly [string, string], d: Diff): TextAnswer {
  const all = d.when.length === 1 ? (d.when[0] ?? []) : [];
  return texts({
    records: [{ schema: SCHEMA.kvmDiff, arch, kernels, ...d }],
    rows: d.disagreements.flatMap(x => x.when.map(when => ({ change: x.change, when: [...all, ...when] }))),
    columns: [
      { title: 'change', text: r => r.change },
      { title: 'when', text: r => conditionText(r.when) },
    ],
    lines: look => lines(d, `${eraText(kernels[0], d.from)} -> ${eraText(kernels[1], d.to)}`, look),
  });
}

function lines(d: Diff, title: string, { style, width }: Look): string[] {
  const head = [
    `${style.bold(title)}: ${d.differing} of ${d.compared} inputs differ; evidence ${gradeText(d.grade)}`,
    ...(d.interface ?? []).flatMap(text => labelled('interface', text, width, 12)),
  ];
  if (d.differing === 0) return [...head, '  no mapping is treated differently'];
  const several = d.disagreements.length > 1;
  return [
    ...head,
    '',
    'They disagree exactly when',
    ...whenLines(d.when, width, 2),
    '',
    several ? 'and then, with what else decides:' : 'and then',
    ...d.disagreements.flatMap(x => [
      ...paragraph(style.bold(x.change), width, 2),
      ...(several ? x.when.flatMap(when => paragraph(conditionText(when), width, 6)) : []),
    ]),
  ];
}
