/** What is known, from where, how sure; one policy row by row. */
import { groupBy } from '../../bits/group-by.ts';
import type { KvmPolicies } from '../../kvm/architecture.ts';
import type { Era } from '../../kvm/era.ts';
import { type Evidence, GRADE_MEANS } from '../../kvm/evidence.ts';
import type { EraRow } from '../../kvm/known.ts';
import type { Row } from '../../kvm/policy.ts';
import { SCHEMA } from '../records.ts';
import type { Look } from '../style.ts';
import { POLICIES_REPORT } from './policies.ts';
import { labelled, paragraph, type TextAnswer, texts } from './text.ts';

interface Listed {
  readonly list: string;
  readonly row: Row<unknown, string>;
  readonly evidence: readonly Evidence[];
}

export function policyAnswer(kvm: KvmPolicies, policy: Era): TextAnswer {
  const rows = kvm
    .functionsOf(policy)
    .flatMap(({ name: list, rows: of }): Listed[] =>
      of.map(row => ({ list, row, evidence: row.evidence ?? policy.evidence })),
    );
  return texts({
    records: [{ schema: SCHEMA.kvmPolicy, arch: kvm.id, ...POLICIES_REPORT[kvm.id].policyRecord(policy) }],
    rows,
    columns: [
      { title: 'function', text: r => r.list },
      { title: 'row', text: r => nameOf(r.row) },
      { title: 'condition', text: r => whenOf(r.row), wrap: true },
      { title: 'outcome', text: r => effectOf(r.row), wrap: true },
      { title: 'ev', text: r => r.evidence.map(e => e.grade).join('') },
    ],
    lines: look => policyLines(policy, rows, look),
  });
}

const nameOf = (row: Row<unknown, string>): string =>
  row.kind === 'stop' ? row.id : row.kind === 'set' ? row.name : `prot ${row.adds}`;
const whenOf = (row: Row<unknown, string>): string => (row.kind === 'set' ? row.is : row.when);
function effectOf(row: Row<unknown, string>): string {
  if (row.kind === 'set') return 'a local variable';
  if (row.kind === 'prot') return `|= ${row.adds}`;
  const end = row.then as { r?: string; errno?: string; type?: string; ipat?: boolean };
  if (end.type !== undefined) return `${end.type}${end.ipat ? ', IPAT' : ''}`;
  return end.r === 'inject' ? 'injected abort' : end.r === 'accept' ? 'accepted' : `-${end.errno}`;
}

function policyLines(policy: Era, rows: readonly Listed[], { style, width }: Look): string[] {
  const notes = policy.notes ?? [];
  return [
    style.bold(`${policy.id}  ${policy.title}`),
    `  ${policy.covers}`,
    ...policy.evidence.flatMap(e => labelled(e.grade, e.source, width, 3)),
    ...rows.flatMap(({ list, row }, i) => [
      ...(rows[i - 1]?.list === list ? [] : ['', style.bold(list)]),
      ...rowLines(row, { style, width }),
    ]),
    ...(notes.length === 0 ? [] : ['']),
    ...notes.flatMap(note => labelled('note', note, width, 6, 0)),
  ];
}

function rowLines(row: Row<unknown, string>, { style, width }: Look): string[] {
  const head =
    row.kind === 'set'
      ? `${nameOf(row)} := ${whenOf(row)}`
      : `${nameOf(row)}: if ${whenOf(row)} => ${effectOf(row)}`;
  const said = [row.says, ...(row.evidence ?? []).map(e => `${e.grade}: ${e.source}`)];
  return [...paragraph(head, width, 2), ...said.flatMap(text => paragraph(text, width, 6)).map(style.dim)];
}

export const erasAnswer = (rows: readonly EraRow[]): TextAnswer =>
  texts({
    records: rows.map(row => ({ schema: SCHEMA.kvmEra, ...row })),
    rows,
    columns: [
      { title: 'arch', text: r => r.arch },
      { title: 'name', text: r => r.id },
      { title: 'kind', text: r => r.kind },
      { title: 'covers', text: r => r.covers, wrap: true },
      { title: 'ev', text: r => r.grade },
      { title: 'what', text: r => r.title, wrap: true },
      { title: 'source', text: r => r.evidence.map(e => `${e.grade}: ${e.source}`).join('; '), wrap: true },
    ],
    lines: look => overview(rows, look),
  });

const KIND_TITLE = {
  mainline: 'Linux',
  series: 'posted series, not merged as they stood',
  proposal: 'proposed in the discussion, never a patch',
  case: 'memory that is not an ordinary mapping',
} as const;

function overview(rows: readonly EraRow[], { style, width }: Look): string[] {
  const out = Object.entries(GRADE_MEANS).map(([grade, means]) => style.dim(`${grade}  ${means}`));
  for (const [title, of] of groupBy(rows, r => `${r.arch}: ${KIND_TITLE[r.kind]}`)) {
    out.push('', style.bold(title));
    const room = Math.min(18, Math.max(...of.map(r => r.id.length)) + 2);
    for (const r of of) {
      const covers = r.kind === 'mainline' || r.kind === 'series' ? ` (${r.covers})` : '';
      if (r.id.length > room - 2) {
        out.push(`  ${r.id}`, ...labelled('', `${r.grade}  ${r.title}${covers}`, width, room));
      } else out.push(...labelled(r.id, `${r.grade}  ${r.title}${covers}`, width, room));
      for (const e of r.evidence)
        out.push(...labelled('', `${e.grade}: ${e.source}`, width, room + 3).map(style.dim));
    }
  }
  return out;
}
