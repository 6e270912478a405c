/** One cache line between two VMs. */
import { cpuName } from '../../kvm/arm64/cpu.ts';
import type { LeakRun, LineState } from '../../kvm/arm64/leak.ts';
import { SCHEMA } from '../records.ts';
import type { Look } from '../style.ts';
import { table } from '../table.ts';
import { gradeText, type TextAnswer, texts } from './text.ts';

export const leakAnswer = (runs: readonly LeakRun[]): TextAnswer =>
  texts({
    records: runs.map(run => ({ schema: SCHEMA.kvmLeak, ...run })),
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
    lines: look => runs.flatMap((r, i) => [...(i === 0 ? [] : ['']), ...lines(r, look)]),
  });

const cacheText = ({ cache }: LineState): string =>
  cache === undefined ? 'empty' : `${cache.value}${cache.dirty ? ' (dirty)' : ''}`;

function lines(r: LeakRun, { style, width }: Look): string[] {
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
