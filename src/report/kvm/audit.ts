/** A real table against a policy. */
import type { ArchitectureId } from '../../kvm/architecture.ts';
import type { AuditReport } from '../../kvm/audit.ts';
import { SCHEMA } from '../records.ts';
import type { Look } from '../style.ts';
import { gradeText, labelled, type TextAnswer, texts } from './text.ts';

export const auditAnswer = (arch: ArchitectureId, reports: readonly AuditReport[]): TextAnswer =>
  texts({
    records: reports.flatMap(report => [
      ...report.findings.map(f => ({ schema: SCHEMA.kvmAudit, record: 'finding', arch, ...f })),
      { schema: SCHEMA.kvmAudit, record: 'summary', arch, ...report, findings: report.findings.length },
    ]),
    rows: reports.flatMap(r => r.findings),
    columns: [
      { title: 'era', text: f => f.era },
      { title: 'at', text: f => f.at ?? '' },
      { title: 'slot', text: f => f.slot },
      { title: 'kind', text: f => f.kind },
      { title: 'expected', text: f => f.expected },
      { title: 'found', text: f => f.found },
      { title: 'decided by', text: f => f.decidedBy },
      { title: 'ev', text: f => f.grade },
    ],
    lines: look => reports.flatMap((r, i) => [...(i === 0 ? [] : ['']), ...lines(r, look)]),
  });

function lines(r: AuditReport, { style, width }: Look): string[] {
  const say = (label: string, text: string) => labelled(label, text, width, 16);
  const verdict =
    r.findings.length === 0
      ? style.green('every one follows the policy')
      : style.red(`${r.findings.length} findings`);
  return [
    `${style.bold(`era ${r.era}`)}: ${r.slots} slots and ${r.leaves} leaves judged, ${verdict}; evidence ${gradeText(r.grade)}`,
    ...r.findings.flatMap(f =>
      say(
        f.kind,
        `${f.slot}${f.at === undefined ? '' : ` at ${f.at}`}: expected ${f.expected} [${f.decidedBy}], found ${f.found}`,
      ),
    ),
    ...r.skipped.flatMap(s => say('skipped', `${s.slot}: ${s.why}`)),
    ...(r.outside === 0 ? [] : say('outside', `${r.outside} leaves lie outside every slot that was given`)),
    ...r.assumed.flatMap(text => say('assumed', text)),
  ];
}
