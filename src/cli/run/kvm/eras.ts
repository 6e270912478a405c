/** `kvm eras`: what is known, from where, how sure; one policy row by row. */

import { groupBy } from '../../../bits/group-by.ts';
import { ARM64_ERAS } from '../../../kvm/arm64/eras/index.ts';
import type { Arm64Policy } from '../../../kvm/arm64/model.ts';
import { type Evidence, GRADE_MEANS } from '../../../kvm/evidence.ts';
import type { Row } from '../../../kvm/policy.ts';
import { type EraRow, eraRows } from '../../../kvm/queries/eras.ts';
import { X86_ERAS } from '../../../kvm/x86/eras/index.ts';
import type { X86Policy } from '../../../kvm/x86/model.ts';
import type { Style } from '../../../report/style.ts';
import type { Globals } from '../../command.ts';
import type { Io } from '../../io.ts';
import { EXIT } from '../../trouble.ts';
import { archOf, labelled, paragraph, print } from './common.ts';

interface ErasArgs extends Globals {
  readonly name?: string | undefined;
  readonly arch?: 'arm64' | 'x86' | undefined;
}

interface Listed {
  readonly list: string;
  readonly row: Row<unknown, string>;
  readonly evidence: readonly Evidence[];
}

export async function run(args: ErasArgs, io: Io): Promise<number> {
  if (args.name === undefined) return all(args, io);
  const arch = archOf(args.arch, [], [args.name]);
  const policy: Arm64Policy | X86Policy =
    arch === 'arm64' ? ARM64_ERAS.named(args.name) : X86_ERAS.named(args.name);
  const rows = listed(policy);
  const columns = [
    { title: 'function', text: (r: Listed) => r.list },
    { title: 'row', text: (r: Listed) => nameOf(r.row) },
    { title: 'condition', text: (r: Listed) => whenOf(r.row), wrap: true },
    { title: 'outcome', text: (r: Listed) => effectOf(r.row), wrap: true },
    { title: 'ev', text: (r: Listed) => r.evidence.map(e => e.grade).join('') },
  ];
  print(
    {
      records: [{ arch, ...('ept' in policy ? x86Record(policy) : arm64Record(policy)) }],
      rows,
      columns,
      lines: ({ style, width }) => lines(policy, rows, style, width),
    },
    'policy',
    args,
    io,
  );
  return EXIT.answer;
}

/** Everything that was decided; the releases stand in `covers`. */
const arm64Record = ({
  id,
  title,
  covers,
  kind,
  evidence,
  slotFlags,
  slot,
  vma,
  fault,
  prot,
  ...p
}: Arm64Policy) => ({
  ...{ id, title, covers, kind, evidence, slotFlags, slot, vma, fault, protGeneration: prot.id },
  ...(p.eagerPfnmap === undefined ? {} : { eagerPfnmap: p.eagerPfnmap }),
  cacheablePfnmapCap: p.cacheablePfnmapCap,
  ...(p.notes === undefined ? {} : { notes: p.notes }),
});
const x86Record = ({ id, title, covers, evidence, ept, patQuirk, emulatesCaching, notes }: X86Policy) => ({
  ...{ id, title, covers, evidence, ept, patQuirk, emulatesCaching },
  ...(notes === undefined ? {} : { notes }),
});

function listed(policy: Arm64Policy | X86Policy): Listed[] {
  const of = (list: string, rows: readonly Row<unknown, string>[]): Listed[] =>
    rows.map(row => ({ list, row, evidence: row.evidence ?? policy.evidence }));
  return 'ept' in policy
    ? of('EPT leaf', policy.ept)
    : [
        ...of('slot', policy.slot),
        ...of('each VMA', policy.vma),
        ...of('fault', policy.fault as readonly Row<unknown, string>[]),
      ];
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

function lines(
  policy: Arm64Policy | X86Policy,
  rows: readonly Listed[],
  style: Style,
  width: number,
): string[] {
  const out = [
    style.bold(`${policy.id}  ${policy.title}`),
    `  ${policy.covers}`,
    ...policy.evidence.flatMap(e => labelled(e.grade, e.source, width, 3)),
  ];
  let list = '';
  for (const { list: name, row } of rows) {
    if (name !== list) out.push('', style.bold(name));
    list = name;
    const head =
      row.kind === 'set'
        ? `${nameOf(row)} := ${whenOf(row)}`
        : `${nameOf(row)}: if ${whenOf(row)} => ${effectOf(row)}`;
    out.push(...paragraph(head, width, 2), ...paragraph(row.says, width, 6).map(style.dim));
    for (const e of row.evidence ?? [])
      out.push(...paragraph(`${e.grade}: ${e.source}`, width, 6).map(style.dim));
  }
  if (policy.notes && policy.notes.length > 0)
    out.push('', ...policy.notes.flatMap(note => labelled('note', note, width, 6, 0)));
  return out;
}

function all(args: ErasArgs, io: Io): number {
  const rows = eraRows().filter(row => args.arch === undefined || row.arch === args.arch);
  print(
    {
      records: rows,
      rows,
      columns: [
        { title: 'arch', text: (r: EraRow) => r.arch },
        { title: 'name', text: r => r.id },
        { title: 'kind', text: r => r.kind },
        { title: 'covers', text: r => r.covers, wrap: true },
        { title: 'ev', text: r => r.grade },
        { title: 'what', text: r => r.title, wrap: true },
        { title: 'source', text: r => r.evidence.map(e => `${e.grade}: ${e.source}`).join('; '), wrap: true },
      ],
      lines: ({ style, width }) => overview(rows, style, width),
    },
    'era',
    args,
    io,
  );
  return EXIT.answer;
}

const KIND_TITLE = {
  mainline: 'Linux',
  series: 'posted series, not merged as they stood',
  proposal: 'proposed in the discussion, never a patch',
  case: 'memory that is not an ordinary mapping',
} as const;

function overview(rows: readonly EraRow[], style: Style, width: number): string[] {
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
