/** `kvm audit`: a real table against a policy. */

import type { AuditLeaf } from '../../../kvm/audit.ts';
import { kvmAudits } from '../../../kvm/audits.ts';
import { KvmInputError } from '../../../kvm/errors.ts';
import { auditLeaf, type Json } from '../../../kvm/recorded.ts';
import { auditAnswer } from '../../../report/kvm/audit.ts';
import type { Io } from '../../io.ts';
import { print } from '../../print.ts';
import { EXIT, InputError } from '../../trouble.ts';
import { kernelsOf, need, type PolicyArgs } from './common.ts';
import { readText, secondStageLeaves } from './leaves.ts';

interface AuditArgs extends PolicyArgs {
  readonly dump: string;
  readonly 'outcomes-for': readonly string[];
  readonly registers?: string | undefined;
}

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
  const slots = (
    await Promise.all(files.map(async file => jsonLines(await readText(file, io, '--outcomes-for'), file)))
  ).flat();
  const [first] = slots;
  if (first === undefined) throw new InputError(`${files.join(', ')}: no memslot in it`);
  const kvm = kvmAudits.find(({ owns }) => owns(first)) ?? kvmAudits[0];
  const kernels = kernelsOf(args);
  if (kernels.length === 0)
    throw new KvmInputError(
      '--kernel is missing: which policy should the table follow? valid: --kernel 6.18.2',
      ['6.18.2'],
    );
  const { leaves, remarks } = /\.jsonl(\.gz|\.zst)?$/i.test(args.dump)
    ? { leaves: leavesOf(jsonLines(await readText(args.dump, io, 'the dump'), args.dump)), remarks: [] }
    : await secondStageLeaves(
        args.dump,
        need(args.registers, 'registers', '--registers vm.registers.json'),
        kvm.id,
        io,
      );
  if (leaves.length === 0) throw new InputError(`${args.dump}: no leaf in it`);
  for (const remark of remarks) io.err.write(`memattr kvm audit: ${remark}\n`);
  const reports = kernels.map(kernel =>
    kvm.audit(
      kvm.eras.named(kernel),
      slots.map(slot => kvm.slotOf(slot)),
      leaves,
    ),
  );
  print(auditAnswer(kvm.id, reports), args, io);
  return reports.some(r => r.findings.length > 0) ? EXIT.findings : EXIT.answer;
}
