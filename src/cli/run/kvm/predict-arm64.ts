/** `kvm predict` on arm64: one memslot, or a table of kernels, CPUs and mappings. */

import { describeOutcome } from '../../../kvm/arm64/decide.ts';
import { ARM64_ERAS } from '../../../kvm/arm64/eras/index.ts';
import type { Arm64Policy, FaultOutcome } from '../../../kvm/arm64/model.ts';
import {
  type AccessPrediction,
  type Arm64Prediction,
  type Mapping,
  type MappingPrediction,
  predictArm64,
} from '../../../kvm/arm64/predict.ts';
import { GUEST_TYPES, type GuestView } from '../../../kvm/effective.ts';
import { KvmInputError, unknownName } from '../../../kvm/errors.ts';
import type { Evidence } from '../../../kvm/evidence.ts';
import { parsePfn, parsePgprot, parseSlotFlags, parseVmaFlags } from '../../../kvm/inputs.ts';
import { type Preset, preset, presetFlags } from '../../../kvm/presets.ts';
import type { Style } from '../../../report/style.ts';
import type { Column } from '../../../report/table.ts';
import type { Io } from '../../io.ts';
import { EXIT } from '../../trouble.ts';
import { arm64Cpus, asked, eraText, gradeText, labelled, presetsOf, print } from './common.ts';
import type { PredictArgs } from './predict.ts';
import { ACCESS_NAME, cpuLines, guestLines, LABEL, traceLines } from './predict-text.ts';

/** `flags=VM_PFNMAP|VM_IO;pgprot=MT_NORMAL;pfn=no-page`, or a preset. */
function mappingOf(text: string, policy: Arm64Policy, mte: boolean): Mapping {
  if (!text.includes('=')) return presetMapping(preset(text), policy, mte);
  const given = new Map(
    text.split(';').map(part => {
      const at = part.indexOf('=');
      const key = part.slice(0, at).trim();
      if (at < 0 || !['flags', 'pgprot', 'pfn', 'name'].includes(key))
        throw unknownName('part of a VMA', part, ['flags=…', 'pgprot=…', 'pfn=…', 'name=…']);
      return [key, part.slice(at + 1).trim()] as const;
    }),
  );
  return typed(given.get('flags') ?? '', given.get('pgprot'), given.get('pfn'), given.get('name'));
}

function typed(flags: string, pgprot: string | undefined, pfn: string | undefined, name?: string): Mapping {
  const parsed = parseVmaFlags(flags);
  const raw = parsed.flags.includes('VM_PFNMAP') || parsed.flags.includes('VM_MIXEDMAP');
  if (pfn === undefined && raw)
    throw new KvmInputError(
      'VM_PFNMAP and VM_MIXEDMAP may map anything, so the page frame must be said; valid: --pfn no-page, ram, page-no-memblock',
      ['no-page', 'ram'],
    );
  return {
    flags: parsed.flags,
    ...(parsed.hugetlb ? { hugetlb: true } : {}),
    pgprot: parsePgprot(pgprot ?? 'MT_NORMAL'),
    pfn: parsePfn(pfn ?? 'ram'),
    ...(name === undefined ? {} : { name }),
  };
}

const presetMapping = (p: Preset, policy: Arm64Policy, mte: boolean): Mapping => ({
  name: p.id,
  flags: presetFlags(p, policy, mte),
  pgprot: p.pgprot,
  pfn: p.pfn,
  ...(p.hugetlb ? { hugetlb: true } : {}),
});

export function predictAll(
  args: PredictArgs,
  io: Io,
  kernels: readonly string[],
  cpuNames: readonly string[],
): number {
  const wanted = asked(ARM64_ERAS, kernels, 'newest');
  const cpus = arm64Cpus(cpuNames, ['FWB+DIC']);
  const mte = args.mte ?? false;
  const slotFlags = args['slot-flags'] === undefined ? [] : parseSlotFlags(args['slot-flags']);
  const hostWritable = args['host-writable'] === undefined ? undefined : args['host-writable'] === 'yes';
  const vma = (m: Mapping): Mapping => (hostWritable === undefined ? m : { ...m, hostWritable });
  // One slot of several VMAs, or one slot for each preset.
  const slots = (policy: Arm64Policy): { mappings: Mapping[]; flags: typeof slotFlags }[] => {
    if (args.vma.length > 0)
      return [{ mappings: args.vma.map(text => vma(mappingOf(text, policy, mte))), flags: slotFlags }];
    if (args.flags !== undefined || args.pgprot !== undefined || args.pfn !== undefined)
      return [
        { mappings: [vma(typed(args.flags ?? 'VM_MAYWRITE', args.pgprot, args.pfn))], flags: slotFlags },
      ];
    return presetsOf(args.preset, ['anon']).map(p => ({
      mappings: [vma(presetMapping(p, policy, mte))],
      flags: [...slotFlags, ...(p.slotFlags ?? [])],
    }));
  };
  const predictions = wanted.flatMap(({ kernel, policy }) =>
    cpus.flatMap(({ cpu, name, evidence: cpuEvidence }) =>
      slots(policy).map(({ mappings, flags }) => ({
        kernel,
        cpuName: name,
        cpuEvidence,
        ...predictArm64({
          policy,
          cpu,
          mappings,
          slotFlags: flags,
          vmMte: mte,
          permFault: args['permission-fault'] ?? false,
          tableOnly: args['table-only'] ?? false,
          pkvmHost: args.pkvm ?? false,
          ...(args.change === undefined ? {} : { change: args.change }),
          ...(args['slot-end'] === undefined ? {} : { slotEnd: args['slot-end'] }),
          ...(args.align === undefined ? {} : { align: args.align }),
        }),
      })),
    ),
  );
  const [only] = predictions;
  if (predictions.length === 1 && only !== undefined) {
    print(
      {
        records: [only],
        rows: rowsOf(only),
        columns: arm64Columns,
        lines: ({ style: s, width: w }) => arm64Lines(only, s, w, args.explain ?? false),
      },
      'predict',
      args,
      io,
    );
    return EXIT.answer;
  }
  print(
    { records: predictions, rows: predictions.flatMap(rowsOf), columns: arm64Columns },
    'predict',
    args,
    io,
  );
  return EXIT.answer;
}

type Named = Arm64Prediction & {
  readonly kernel: string;
  readonly cpuName: string;
  readonly cpuEvidence: readonly Evidence[];
};
interface Row {
  readonly p: Named;
  readonly m: MappingPrediction;
}
const rowsOf = (p: Named): Row[] => p.mappings.map(m => ({ p, m }));

const mappingName = (m: Mapping): string =>
  m.name ?? ([...m.flags, m.pgprot, m.pfn].join(' ') || 'anonymous');

function brief(o: FaultOutcome | undefined): string {
  if (o === undefined) return 'no fault';
  if (o.r === 'map') return `${o.t} ${o.p}${o.dc ? ' +clean' : ''}${o.ic ? ' +inval' : ''}`;
  if (o.r === 'relax') return `add ${o.p}`;
  return o.r === 'inject' ? 'injected abort' : `-${o.errno}`;
}

const guestText = (view: GuestView<string, string> | undefined): string =>
  view === undefined ? 'nothing' : view.control === 'guaranteed' ? `${view.type}, guaranteed` : view.control;

const refused = ({ p }: Row): boolean => !p.slot.outcome.ok;
const outcome = (row: Row, access: AccessPrediction['access']): string =>
  refused(row) ? '' : brief(row.m.accesses.find(a => a.access === access)?.outcome);

/** Loads and stores as one word where they end alike, or where a store never faults. */
function data(row: Row): string {
  const [load, store] = [outcome(row, 'read'), outcome(row, 'write')];
  return load === store || store === 'no fault' ? load : `${load} / ${store}`;
}

const arm64Columns: Column<Row>[] = [
  { title: 'kernel', text: ({ p }) => eraText(p.kernel, p.era) },
  { title: 'CPU', text: ({ p }) => p.cpuName },
  { title: 'mapping', text: ({ m }) => mappingName(m.mapping) },
  { title: 'slot', text: ({ p }) => (p.slot.outcome.ok ? 'accepted' : `-${p.slot.outcome.errno}`) },
  { title: 'load, store', text: data },
  { title: 'fetch', text: row => outcome(row, 'exec') },
  { title: 'guest gets', text: row => (refused(row) ? '' : guestText(row.m.leaf?.guest)) },
  {
    title: 'decided by',
    text: row => (refused(row) ? row.p.slot.decidedBy : (row.m.accesses[0]?.decidedBy ?? '')),
  },
  { title: 'ev', text: ({ p }) => p.grade },
];

/** Accesses with the same outcome for the same reason are one line, unless every condition is to be shown. */
function alike(accesses: readonly AccessPrediction[], explain: boolean): AccessPrediction[][] {
  const groups: AccessPrediction[][] = [];
  for (const a of accesses) {
    const same = groups.find(
      ([b]) =>
        !explain &&
        b !== undefined &&
        describeOutcome(a.outcome) === describeOutcome(b.outcome) &&
        a.because === b.because,
    );
    if (same) same.push(a);
    else groups.push([a]);
  }
  return groups;
}

function arm64Lines(p: Named, style: Style, width: number, explain: boolean): string[] {
  const lines = [
    style.bold(`${eraText(p.kernel, p.era)}  ${p.title}`),
    `  CPU ${p.cpuName}; slot flags ${p.slotFlags.join(', ') || 'none'}; evidence ${gradeText(p.grade)}`,
    ...cpuLines(p.cpuEvidence, style, width),
    '',
    ...labelled(
      'slot',
      p.slot.outcome.ok
        ? `accepted${p.slot.outcome.eager ? `, mapped at once ${p.slot.outcome.eager.p} ${p.slot.outcome.eager.t}` : ''}`
        : `refused, -${p.slot.outcome.errno} (${p.slot.outcome.why})`,
      width,
      LABEL,
    ),
    ...labelled('', p.slot.because, width, LABEL),
  ];
  if (explain) lines.push(...traceLines(p.slot.trace, style, width));
  for (const m of p.mappings) {
    const { mapping } = m;
    lines.push(
      '',
      style.bold(mappingName(mapping)) +
        (mapping.name === undefined ? '' : `  ${mapping.flags.join('|')} ${mapping.pgprot} ${mapping.pfn}`),
    );
    if (!p.slot.outcome.ok) lines.push('  (what a fault would do if the slot existed)');
    for (const same of alike(m.accesses, explain)) {
      const [a] = same;
      if (a === undefined) continue;
      const label = same.map(x => ACCESS_NAME[x.access]).join(', ');
      lines.push(...labelled(label, describeOutcome(a.outcome), width, LABEL));
      lines.push(...labelled('', `${a.because} [${a.decidedBy}, ${a.grade}]`, width, LABEL));
      if (explain) lines.push(...traceLines(a.trace, style, width));
    }
    if (!m.accesses.some(a => a.access === 'write'))
      lines.push(
        ...labelled(
          'store',
          'never faults here: the host does not let KVM write the page, or the slot is read-only',
          width,
          LABEL,
        ),
      );
    if (m.leaf) {
      lines.push(...guestLines(m.leaf.guest, GUEST_TYPES, width));
      const { dcache, icache, possible } = m.leaf.maintenance;
      const owed = [dcache ? 'D-cache clean' : '', icache ? 'I-cache invalidation' : '']
        .filter(Boolean)
        .join(' and ');
      lines.push(
        ...labelled(
          'maintenance',
          owed === '' ? 'none owed' : `${owed} owed; possible: ${possible}`,
          width,
          LABEL,
        ),
      );
      if (m.leaf.size)
        lines.push(
          ...labelled(
            'size',
            `${m.leaf.size.size}: ${m.leaf.size.steps.join('; ') || 'a page'}`,
            width,
            LABEL,
          ),
        );
    }
    for (const h of m.hazards) lines.push(...labelled('hazard', `${h.id}: ${h.says}`, width, LABEL));
  }
  if (explain && p.notes.length > 0)
    lines.push('', ...p.notes.flatMap(note => labelled('note', note, width, LABEL)));
  return lines;
}
