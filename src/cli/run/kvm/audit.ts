/** `kvm audit`: a real table against a policy. */
import { ARM64_ERAS } from '../../../kvm/arm64/eras/index.ts';
import { KvmInputError } from '../../../kvm/errors.ts';
import {
  type AuditFinding,
  type AuditLeaf,
  type AuditReport,
  auditArm64,
  auditX86,
} from '../../../kvm/queries/audit.ts';
import { arm64Slot, auditLeaf, recordArch, x86Slot } from '../../../kvm/queries/recorded.ts';
import { X86_ERAS } from '../../../kvm/x86/eras/index.ts';
import type { Style } from '../../../report/style.ts';
import type { Io } from '../../io.ts';
import { EXIT, InputError } from '../../trouble.ts';
import { gradeText, kernelsOf, labelled, need, type PolicyArgs, print } from './common.ts';
import { readText, secondStageLeaves } from './leaves.ts';

interface AuditArgs extends PolicyArgs {
  readonly dump: string;
  readonly 'outcomes-for': readonly string[];
  readonly registers?: string | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const jsonLines = (text: string, path: string): Json[] =>
  text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as Json];
    } catch {
      throw new InputError(`${path}: line ${i + 1} is not JSON`);
    }
  });

const SECOND_STAGE = new Set(['s2', 'ept', 'npt', undefined]);

/** Leaves that were walked before: lines of other regimes are left out. */
const leavesOf = (records: readonly Json[]): AuditLeaf[] =>
  records
    .filter(r => SECOND_STAGE.has(r.regime as string | undefined))
    .map(auditLeaf)
    .filter(leaf => leaf !== undefined);

export async function run(args: AuditArgs, io: Io): Promise<number> {
  const files = args['outcomes-for'];
  need(files[0], 'outcomes-for', '--outcomes-for slots.jsonl');
  const slots = (await Promise.all(files.map(async file => jsonLines(await readText(file), file)))).flat();
  const [first] = slots;
  if (first === undefined) throw new InputError(`${files.join(', ')}: no memslot in it`);
  const arch = recordArch(first);
  const kernels = kernelsOf(args);
  if (kernels.length === 0)
    throw new KvmInputError(
      '--kernel is missing: which policy should the table follow? valid: --kernel 6.18.2',
      ['6.18.2'],
    );
  const { leaves, remarks } = /\.jsonl(\.gz|\.zst)?$/i.test(args.dump)
    ? { leaves: leavesOf(jsonLines(await readText(args.dump), args.dump)), remarks: [] }
    : await secondStageLeaves(
        args.dump,
        need(args.registers, 'registers', '--registers vm.registers.json'),
        arch,
      );
  if (leaves.length === 0) throw new InputError(`${args.dump}: no leaf in it`);
  for (const remark of remarks) io.err.write(`memattr kvm audit: ${remark}\n`);
  const reports = kernels.map(kernel =>
    arch === 'arm64'
      ? auditArm64(ARM64_ERAS.named(kernel), slots.map(arm64Slot), leaves)
      : auditX86(X86_ERAS.named(kernel), slots.map(x86Slot), leaves),
  );
  const rows = reports.flatMap(r => r.findings);
  print(
    {
      records: reports.flatMap(r => [
        ...r.findings.map(f => ({ record: 'finding', arch, ...f })),
        { record: 'summary', arch, ...r, findings: r.findings.length },
      ]),
      rows,
      columns: findingColumns,
      lines: ({ style, width }) =>
        reports.flatMap((r, i) => [...(i === 0 ? [] : ['']), ...lines(r, style, width)]),
    },
    'audit',
    args,
    io,
  );
  return rows.length > 0 ? EXIT.findings : EXIT.answer;
}

const findingColumns = [
  { title: 'era', text: (f: AuditFinding) => f.era },
  { title: 'at', text: (f: AuditFinding) => f.at ?? '' },
  { title: 'slot', text: (f: AuditFinding) => f.slot },
  { title: 'kind', text: (f: AuditFinding) => f.kind },
  { title: 'expected', text: (f: AuditFinding) => f.expected },
  { title: 'found', text: (f: AuditFinding) => f.found },
  { title: 'decided by', text: (f: AuditFinding) => f.decidedBy },
  { title: 'ev', text: (f: AuditFinding) => f.grade },
];

const lines = (r: AuditReport, style: Style, width: number): string[] => [
  `${style.bold(`era ${r.era}`)}: ${r.slots} slots and ${r.leaves} leaves judged, ${r.findings.length === 0 ? style.green('every one follows the policy') : style.red(`${r.findings.length} findings`)}; evidence ${gradeText(r.grade)}`,
  ...r.findings.flatMap(f =>
    labelled(
      f.kind,
      `${f.slot}${f.at === undefined ? '' : ` at ${f.at}`}: expected ${f.expected} [${f.decidedBy}], found ${f.found}`,
      width,
      16,
    ),
  ),
  ...r.skipped.flatMap(s => labelled('skipped', `${s.slot}: ${s.why}`, width, 16)),
  ...(r.outside === 0
    ? []
    : labelled('outside', `${r.outside} leaves lie outside every slot that was given`, width, 16)),
  ...r.assumed.flatMap(a => labelled('assumed', a, width, 16)),
];
