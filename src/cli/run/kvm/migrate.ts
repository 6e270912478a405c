/** `kvm migrate`: the same mapping on two sides. */

import { ARM64_ERAS } from '../../../kvm/arm64/eras/index.ts';
import { type Migration, migrate } from '../../../kvm/arm64/migrate.ts';
import type { Arm64Cpu } from '../../../kvm/arm64/model.ts';
import { KvmInputError } from '../../../kvm/errors.ts';
import type { Grade } from '../../../kvm/evidence.ts';
import { type NamedCpu, parseArm64Cpu, parseX86Cpu } from '../../../kvm/inputs.ts';
import { presetFlags } from '../../../kvm/presets.ts';
import { migrateX86 } from '../../../kvm/queries/x86.ts';
import { X86_ERAS } from '../../../kvm/x86/eras/index.ts';
import type { X86VmaFlag } from '../../../kvm/x86/predict.ts';
import type { Io } from '../../io.ts';
import { EXIT } from '../../trouble.ts';
import { archOf, kernelsOf, list, need, type PolicyArgs, presetsOf, print } from './common.ts';

interface MigrateArgs extends PolicyArgs {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly preset?: string | undefined;
  readonly 'disable-quirk'?: 'IGNORE_GUEST_PAT' | undefined;
}

interface End {
  readonly cpu: string;
  readonly kernel: string;
}

/** `grace/6.17`, or a CPU alone: the kernel then comes from --kernel. */
function ends(text: string, kernels: readonly string[]): End[] {
  const at = text.indexOf('/');
  if (at >= 0) {
    const cpu = text.slice(0, at);
    return list(text.slice(at + 1)).map(kernel => ({ cpu, kernel }));
  }
  if (kernels.length === 0)
    throw new KvmInputError(
      `'${text}' names no kernel; valid: ${text}/6.17, or --kernel 6.17 for both sides`,
      ['CPU/KERNEL'],
    );
  return kernels.map(kernel => ({ cpu: text, kernel }));
}

interface Row {
  readonly mapping: string;
  readonly from: string;
  readonly to: string;
  readonly outcome: string;
  readonly detail: string;
  readonly grade: Grade;
}

export async function run(args: MigrateArgs, io: Io): Promise<number> {
  const kernels = kernelsOf(args);
  const fromText = need(args.from, 'from', '--from FWB+DIC/6.17');
  const toText = need(args.to, 'to', '--to none/6.17');
  const [from, to] = [ends(fromText, kernels), ends(toText, kernels)];
  if (from.length !== to.length && from.length !== 1 && to.length !== 1)
    throw new KvmInputError(
      `${from.length} kernels on one side and ${to.length} on the other; valid: as many on both, or one`,
      [],
    );
  const pairs = Array.from(
    { length: Math.max(from.length, to.length) },
    (_, i) => [from[i] ?? (from[0] as End), to[i] ?? (to[0] as End)] as const,
  );
  const arch = archOf(
    args.arch,
    [...from, ...to].map(e => e.cpu),
    [...from, ...to].map(e => e.kernel),
  );
  const presets = presetsOf(args.preset, ['gpu-coherent']);
  const rows: Row[] = [];
  const records: object[] = [];
  for (const [a, b] of pairs)
    for (const p of presets) {
      const name = { mapping: p.id, from: `${a.cpu}/${a.kernel}`, to: `${b.cpu}/${b.kernel}` };
      if (arch === 'arm64') {
        const [src, dst]: NamedCpu<Arm64Cpu>[] = [parseArm64Cpu(a.cpu), parseArm64Cpu(b.cpu)];
        if (src === undefined || dst === undefined) continue;
        const policy = ARM64_ERAS.named(a.kernel);
        const m = migrate({
          vma: { flags: presetFlags(p, policy), pgprot: p.pgprot },
          pfn: p.pfn,
          src: { policy, cpu: src.cpu },
          dst: { policy: ARM64_ERAS.named(b.kernel), cpu: dst.cpu },
          hostFault: true,
        });
        records.push({ arch, ...name, outcome: m.result.outcome, ...m });
        rows.push({ ...name, outcome: m.result.outcome, detail: detail(m), grade: m.grade });
        continue;
      }
      if (p.x86 === undefined) throw new KvmInputError(`preset ${p.id} is not described on x86`, []);
      const m = migrateX86(
        {
          page: p.x86,
          flags: p.flags.filter(
            (f): f is X86VmaFlag => f !== 'VM_ALLOW_ANY_UNCACHED' && f !== 'VM_MTE_ALLOWED',
          ),
          disableQuirk: args['disable-quirk'] ? 'DISABLE_QUIRKS2' : 'none',
        },
        { policy: X86_ERAS.named(a.kernel), cpu: parseX86Cpu(a.cpu).cpu },
        { policy: X86_ERAS.named(b.kernel), cpu: parseX86Cpu(b.cpu).cpu },
      );
      records.push({ arch, ...name, ...m });
      rows.push({
        ...name,
        outcome: m.outcome,
        detail:
          m.viewChanges.length === 0
            ? 'every guest PAT type ends as before'
            : m.viewChanges.map(v => `guest ${v.guest}: ${v.from} -> ${v.to}`).join(', '),
        grade: m.grade,
      });
    }
  print(
    {
      records,
      rows,
      columns: [
        { title: 'mapping', text: r => r.mapping },
        { title: 'from', text: r => r.from },
        { title: 'to', text: r => r.to },
        { title: 'outcome', text: r => r.outcome },
        { title: 'detail', text: r => r.detail, wrap: true },
        { title: 'ev', text: r => r.grade },
      ],
    },
    'migrate',
    args,
    io,
  );
  return rows.every(r => r.outcome === 'ok') ? EXIT.answer : EXIT.findings;
}

/** `Normal-WB -> Device-nGnRE whatever the guest says`; the guest's types are named only where they matter. */
function viewsText(views: Migration['viewChanges']): string {
  const groups = new Map<string, string[]>();
  for (const v of views) {
    const text = `${v.from} -> ${v.to}`;
    groups.set(text, [...(groups.get(text) ?? []), v.guest]);
  }
  return [...groups].map(([text, guests]) => `${text} for guest ${guests.join(', ')}`).join('; ');
}

function detail({ result, viewChanges, hazards }: Migration): string {
  const views = viewsText(viewChanges);
  switch (result.outcome) {
    case 'ok': {
      const but = [views, hazards.length === 0 ? '' : `${hazards.join(', ')} on both sides`]
        .filter(Boolean)
        .join('; ');
      return `${result.type} on both sides${but === '' ? '' : `, but ${but}`}`;
    }
    case 'silent-type-change':
      return `${result.from} -> ${result.to}: ${views}`;
    default: {
      const destination = result.outcome === 'destination-fails';
      return result.at === 'memslot'
        ? `slot creation fails -${result.errno}${destination ? ', before the source stops' : ''} (${result.why})`
        : `the first fault fails -${result.errno}${destination ? ', after the source has stopped' : ''} (${result.why})`;
    }
  }
}
