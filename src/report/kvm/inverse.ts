/** Which inputs reach a type. */
import type { ArchitectureId } from '../../kvm/architecture.ts';
import type { Inverse, When } from '../../kvm/query.ts';
import { SCHEMA } from '../records.ts';
import type { Look } from '../style.ts';
import { conditionText, gradeText, type TextAnswer, texts, whenLines } from './text.ts';

const HOW = { guaranteed: 'guaranteed', guestDecides: 'guest asks' } as const;

export const inverseAnswer = (arch: ArchitectureId, found: readonly Inverse[]): TextAnswer =>
  texts({
    records: found.map(f => ({ schema: SCHEMA.kvmInverse, arch, ...f })),
    rows: found.flatMap(f =>
      (['guaranteed', 'guestDecides'] as const).flatMap(how =>
        f[how].when.map(when => ({ policy: f.policy, how, when, grade: f.grade })),
      ),
    ),
    columns: [
      { title: 'policy', text: r => r.policy },
      { title: 'how', text: r => HOW[r.how] },
      { title: 'when', text: r => conditionText(r.when), wrap: true },
      { title: 'ev', text: r => r.grade },
    ],
    lines: look => found.flatMap(f => lines(f, look)),
  });

const lines = (f: Inverse, { style, width }: Look): string[] => [
  `${style.bold(`${f.policy}: ${f.want}`)}, ${f.tried} inputs tried, evidence ${gradeText(f.grade)}`,
  ...reachLines('guaranteed, whatever the guest does,', f.guaranteed.when, width),
  ...reachLines(`if the guest maps it ${f.guest}, and may have something else,`, f.guestDecides.when, width),
];

const reachLines = (title: string, when: When, width: number): string[] =>
  when.length === 0
    ? [`  ${title.replace(/,$/, '')}: never`]
    : [`  ${title} when`, ...whenLines(when, width, 6)];
