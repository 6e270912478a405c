/** `kvm predict`: one mapping, or a table of kernels, CPUs and mappings. */
import { describeOutcome } from '../../../kvm/arm64/decide.ts';
import type { Arm64Policy, Change, FaultOutcome } from '../../../kvm/arm64/model.ts';
import {
  type AccessPrediction,
  type Arm64Prediction,
  type Mapping,
  type MappingPrediction,
  predictArm64,
} from '../../../kvm/arm64/predict.ts';
import {
  GUEST_TYPES,
  type GuestView,
  type MtrrType,
  PAT_TYPES,
  type PatType,
} from '../../../kvm/effective.ts';
import { KvmInputError, unknownName } from '../../../kvm/errors.ts';
import { parsePfn, parsePgprot, parseSlotFlags, parseVmaFlags } from '../../../kvm/inputs.ts';
import type { TraceStep } from '../../../kvm/policy.ts';
import { PRESETS, type Preset, preset, presetFlags } from '../../../kvm/presets.ts';
import { parsePatType } from '../../../kvm/queries/x86.ts';
import type { HostPage, MmioFacts } from '../../../kvm/x86/host-mmio.ts';
import { predictX86, type X86Prediction, type X86VmaFlag } from '../../../kvm/x86/predict.ts';
import type { Style } from '../../../report/style.ts';
import type { Column } from '../../../report/table.ts';
import type { Io } from '../../io.ts';
import { EXIT, UsageError } from '../../trouble.ts';
import {
  archOf,
  arm64Cpus,
  arm64Policies,
  gradeText,
  kernelsOf,
  labelled,
  list,
  type PolicyArgs,
  paragraph,
  presetsOf,
  print,
  x86Cpus,
  x86Policies,
} from './common.ts';

interface PredictArgs extends PolicyArgs {
  readonly cpu?: string | undefined;
  readonly preset?: string | undefined;
  readonly flags?: string | undefined;
  readonly pgprot?: string | undefined;
  readonly pfn?: string | undefined;
  readonly vma: readonly string[];
  readonly 'slot-flags'?: string | undefined;
  readonly change?: Change | undefined;
  readonly 'slot-end'?: 'below' | 'at' | 'above' | undefined;
  readonly mte?: boolean | undefined;
  readonly 'host-writable'?: 'yes' | 'no' | undefined;
  readonly 'permission-fault'?: boolean | undefined;
  readonly align?: '4K' | '2M' | '1G' | undefined;
  readonly pkvm?: boolean | undefined;
  readonly 'table-only'?: boolean | undefined;
  readonly page: readonly string[];
  readonly 'disable-quirk'?: 'IGNORE_GUEST_PAT' | 'CD_NW_CLEARED' | undefined;
  readonly 'noncoherent-dma'?: boolean | undefined;
  readonly 'guest-mtrr'?: MtrrType | undefined;
  readonly 'guest-cd'?: boolean | undefined;
  readonly gpa?: 'private' | 'shared' | undefined;
  readonly explain?: boolean | undefined;
}

export async function run(args: PredictArgs, io: Io): Promise<number> {
  if (args.preset === 'list') return listPresets(args, io);
  const cpus = list(args.cpu);
  const kernels = kernelsOf(args);
  const forX86 = args.page.length > 0 || args.gpa !== undefined || args['disable-quirk'] !== undefined;
  return archOf(args.arch ?? (forX86 ? 'x86' : undefined), cpus, kernels) === 'arm64'
    ? predictAll(args, io, kernels, cpus)
    : predictAllX86(args, io, kernels, cpus);
}

function listPresets(args: PredictArgs, io: Io): number {
  const columns: Column<Preset>[] = [
    { title: 'preset', text: p => p.id },
    { title: 'VMA', text: p => p.flags.join('|') || 'none', wrap: true },
    { title: 'pgprot', text: p => p.pgprot },
    { title: 'pfn', text: p => p.pfn },
    { title: 'what', text: p => p.title, wrap: true },
    { title: 'ev', text: p => p.evidence.map(e => e.grade).join('') },
  ];
  print({ records: PRESETS, rows: PRESETS, columns }, 'preset', args, io);
  return EXIT.answer;
}

// ---- arm64 -------------------------------------------------------------------------------------------------------

/** `flags=VM_PFNMAP|VM_IO;pgprot=MT_NORMAL;pfn=no-page`, or a preset. */
const mappingOf = (text: string, policy: Arm64Policy): Mapping => {
  if (!text.includes('=')) return presetMapping(preset(text), policy);
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
};

const typed = (
  flags: string,
  pgprot: string | undefined,
  pfn: string | undefined,
  name?: string,
): Mapping => {
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
};

const presetMapping = (p: Preset, policy: Arm64Policy): Mapping => ({
  name: p.id,
  flags: presetFlags(p, policy),
  pgprot: p.pgprot,
  pfn: p.pfn,
  ...(p.hugetlb ? { hugetlb: true } : {}),
});

function predictAll(
  args: PredictArgs,
  io: Io,
  kernels: readonly string[],
  cpuNames: readonly string[],
): number {
  const policies = arm64Policies(kernels, ['7.0']);
  const cpus = arm64Cpus(cpuNames, ['FWB+DIC']);
  const slotFlags = args['slot-flags'] === undefined ? [] : parseSlotFlags(args['slot-flags']);
  const hostWritable = args['host-writable'] === undefined ? undefined : args['host-writable'] === 'yes';
  const vma = (m: Mapping): Mapping => (hostWritable === undefined ? m : { ...m, hostWritable });
  // One slot of several VMAs, or one slot for each preset.
  const slots = (policy: Arm64Policy): { mappings: Mapping[]; flags: typeof slotFlags }[] => {
    if (args.vma.length > 0)
      return [{ mappings: args.vma.map(text => vma(mappingOf(text, policy))), flags: slotFlags }];
    if (args.flags !== undefined || args.pgprot !== undefined || args.pfn !== undefined)
      return [
        { mappings: [vma(typed(args.flags ?? 'VM_MAYWRITE', args.pgprot, args.pfn))], flags: slotFlags },
      ];
    return presetsOf(args.preset, ['anon']).map(p => ({
      mappings: [vma(presetMapping(p, policy))],
      flags: [...slotFlags, ...(p.slotFlags ?? [])],
    }));
  };
  const predictions = policies.flatMap(policy =>
    cpus.flatMap(({ cpu, name }) =>
      slots(policy).map(({ mappings, flags }) => ({
        cpuName: name,
        ...predictArm64({
          policy,
          cpu,
          mappings,
          slotFlags: flags,
          vmMte: args.mte ?? false,
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
        lines: (s, w) => arm64Lines(only, s, w, args.explain ?? false),
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

type Named = Arm64Prediction & { readonly cpuName: string };
interface Row {
  readonly p: Named;
  readonly m: MappingPrediction;
}
const rowsOf = (p: Named): Row[] => p.mappings.map(m => ({ p, m }));

const mappingName = (m: Mapping): string =>
  m.name ?? ([...m.flags, m.pgprot, m.pfn].join(' ') || 'anonymous');

const brief = (o: FaultOutcome | undefined): string => {
  if (o === undefined) return 'no fault';
  if (o.r === 'map') return `${o.t} ${o.p}${o.dc ? ' +clean' : ''}${o.ic ? ' +inval' : ''}`;
  if (o.r === 'relax') return `add ${o.p}`;
  return o.r === 'inject' ? 'injected abort' : `-${o.errno}`;
};

const guestText = (view: GuestView<string, string> | undefined): string =>
  view === undefined ? 'nothing' : view.control === 'guaranteed' ? `${view.type}, guaranteed` : view.control;

const refused = ({ p }: Row): boolean => !p.slot.outcome.ok;
const outcome = (row: Row, access: AccessPrediction['access']): string =>
  refused(row) ? '' : brief(row.m.accesses.find(a => a.access === access)?.outcome);

/** Loads and stores as one word where they end alike, or where a store never faults. */
const data = (row: Row): string => {
  const [load, store] = [outcome(row, 'read'), outcome(row, 'write')];
  return load === store || store === 'no fault' ? load : `${load} / ${store}`;
};

const arm64Columns: Column<Row>[] = [
  { title: 'era', text: ({ p }) => p.era },
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

const ACCESS_NAME = { read: 'load', write: 'store', exec: 'fetch' } as const;

/** One line for each condition, indented below what it belongs to. */
const traceLines = (trace: readonly TraceStep[], style: Style, width: number): string[] =>
  trace.flatMap(step => {
    const saw = Object.entries(step.saw)
      .map(([name, value]) => `${name}=${value === true ? 'yes' : value === false ? 'no' : value}`)
      .join(' ');
    const head = `      ${step.held ? '*' : ' '} ${step.id}: ${step.condition}`;
    return [
      step.held ? style.bold(head) : style.dim(head),
      ...paragraph(`${step.says} ${step.held ? `=> ${step.effect}` : ''}`.trim(), width, 10),
      style.dim(`          saw ${saw || 'nothing'}`),
      ...step.evidence.map(e => style.dim(`          ${e.grade}: ${e.source}`)),
    ];
  });

/** Room for `load, store, fetch`. */
const LABEL = 20;

/** Accesses with the same outcome for the same reason are one line, unless every condition is to be shown. */
const alike = (accesses: readonly AccessPrediction[], explain: boolean): AccessPrediction[][] => {
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
};

function arm64Lines(p: Named, style: Style, width: number, explain: boolean): string[] {
  const lines = [
    style.bold(`${p.era}  ${p.title}`),
    `  CPU ${p.cpuName}; slot flags ${p.slotFlags.join(', ') || 'none'}; evidence ${gradeText(p.grade)}`,
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

const guestLines = (view: GuestView<string, string>, types: readonly string[], width: number): string[] => {
  const same = types.filter(t => view.effective[t] === t);
  const changed = types.filter(t => view.effective[t] !== t);
  const text =
    view.control === 'guaranteed'
      ? `guaranteed: always ${view.type}, whatever its own tables say`
      : view.control === 'guest decides'
        ? 'guest decides: every type of its own tables gets through'
        : `overridden: ${changed.map(t => `${t} -> ${view.effective[t]}`).join(', ')}; kept: ${same.join(', ') || 'none'}`;
  return labelled('guest gets', text, width, LABEL);
};

// ---- x86 ---------------------------------------------------------------------------------------------------------

const YES = new Set(['yes', '1', 'true', 'on']);
const PAGE_KEYS = [
  'e820',
  'struct-page',
  'kernel-ram',
  'section-ram',
  'insert',
  'pgprot',
  'reserved',
  'type',
  'set-memory',
  'mtrr',
  'legacy',
  'nopat',
  'zero',
] as const;
const E820 = ['ram', 'reserved', 'acpi', 'none'] as const;
const INSERT = [
  'normal',
  'remap_pfn_range',
  'remap_pfn_range-part',
  'vmf_insert_mixed',
  'vmf_insert_pfn_pmd',
  'vm_insert_page',
] as const;

const oneOf = <T extends string>(what: string, value: string, among: readonly T[]): T => {
  const found = among.find(v => v.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw unknownName(what, value, among);
  return found;
};

/** A preset's page, changed by KEY=VALUE; with struct-page, reserved or type the facts that KVM asks for are given directly. */
const pageOf = (base: HostPage, pairs: readonly string[]): HostPage | MmioFacts => {
  const given = new Map<string, string>();
  for (const pair of pairs.flatMap(p => p.split(/[,;]/))) {
    const [key = '', value] = pair.split('=');
    if (value === undefined || !(PAGE_KEYS as readonly string[]).includes(key))
      throw unknownName(
        'part of a page',
        pair,
        PAGE_KEYS.map(k => `${k}=…`),
      );
    given.set(key, value);
  }
  const yes = (key: string) => YES.has((given.get(key) ?? '').toLowerCase());
  const e820 = given.has('e820') ? oneOf('E820 type', given.get('e820') ?? '', E820) : base.e820;
  const patEnabled = !(given.has('nopat') ? yes('nopat') : (base.nopat ?? false));
  if (given.has('struct-page') || given.has('reserved') || given.has('type')) {
    const pfnValid = given.has('struct-page') ? yes('struct-page') : true;
    return {
      pfnValid,
      patEnabled,
      e820Ram: e820 === 'ram',
      zeroPage: yes('zero'),
      pageReserved: yes('reserved'),
      ...(given.has('type') ? { hostMemtype: parsePatType(given.get('type') ?? '') } : {}),
    };
  }
  const kernelRam = given.has('kernel-ram') ? yes('kernel-ram') : base.kernelRam;
  const setMemory = given.get('set-memory');
  const mtrr = given.get('mtrr');
  return {
    ...base,
    e820,
    kernelRam,
    sectionHasKernelRam:
      kernelRam || (given.has('section-ram') ? yes('section-ram') : base.sectionHasKernelRam),
    ...(given.has('insert') ? { insert: oneOf('way of insertion', given.get('insert') ?? '', INSERT) } : {}),
    ...(given.has('pgprot') ? { pgprot: parsePatType(given.get('pgprot') ?? '') } : {}),
    ...(setMemory === undefined
      ? {}
      : { setMemory: oneOf('set_memory type', setMemory, ['WC', 'UC-'] as const) }),
    ...(mtrr === undefined
      ? {}
      : { hostMtrr: oneOf('MTRR type', mtrr, ['UC', 'WC', 'WT', 'WP', 'WB'] as const) }),
    ...(given.has('legacy') ? { legacyHole: yes('legacy') } : {}),
    ...(given.has('zero') ? { zeroPage: yes('zero') } : {}),
    nopat: !patEnabled,
  };
};

const X86_FLAGS: readonly string[] = ['VM_PFNMAP', 'VM_MIXEDMAP', 'VM_IO', 'VM_SHARED', 'VM_MAYWRITE'];

function predictAllX86(
  args: PredictArgs,
  io: Io,
  kernels: readonly string[],
  cpuNames: readonly string[],
): number {
  if (args.vma.length > 0 || args.pfn !== undefined || args.mte)
    throw new UsageError(
      '--vma, --pfn and --mte are arm64 inputs; on x86 describe the page with --page or --preset',
    );
  const policies = x86Policies(kernels, ['6.16']);
  const cpus = x86Cpus(cpuNames, ['intel']);
  const predictions = policies.flatMap(policy =>
    cpus.flatMap(({ cpu, name }) =>
      presetsOf(args.preset, ['anon']).map(p => {
        if (p.x86 === undefined) throw new UsageError(`preset ${p.id} is not described on x86`);
        const flags = args.flags === undefined ? p.flags : parseVmaFlags(args.flags).flags;
        const base = args.pgprot === undefined ? p.x86 : { ...p.x86, pgprot: parsePatType(args.pgprot) };
        return {
          cpuName: name,
          mapping: p.id,
          ...predictX86({
            policy,
            cpu,
            page: pageOf(base, args.page),
            flags: flags.filter((f): f is X86VmaFlag => X86_FLAGS.includes(f)),
            readonlySlot:
              args['slot-flags'] !== undefined &&
              parseSlotFlags(args['slot-flags']).includes('KVM_MEM_READONLY'),
            noncoherentDma: args['noncoherent-dma'] ?? false,
            disableQuirk: args['disable-quirk'] === 'IGNORE_GUEST_PAT' ? 'DISABLE_QUIRKS2' : 'none',
            cdQuirkDisabled: args['disable-quirk'] === 'CD_NW_CLEARED',
            guestCr0Cd: args['guest-cd'] ?? false,
            ...(args['guest-mtrr'] === undefined ? {} : { guestMtrr: args['guest-mtrr'] }),
            ...(args.gpa === undefined ? {} : { gpa: args.gpa }),
            host2M: args.align !== undefined && args.align !== '4K',
          }),
        };
      }),
    ),
  );
  const [only] = predictions;
  if (predictions.length === 1 && only !== undefined)
    print(
      {
        records: [only],
        rows: predictions,
        columns: x86Columns,
        lines: (s, w) => x86Lines(only, s, w, args.explain ?? false),
      },
      'predict',
      args,
      io,
    );
  else print({ records: predictions, rows: predictions, columns: x86Columns }, 'predict', args, io);
  return EXIT.answer;
}

type NamedX86 = X86Prediction & { readonly cpuName: string; readonly mapping: string };

const leafText = ({ leaf }: X86Prediction): string =>
  leaf.format === 'npt' ? 'NPT PAT=PCD=PWT=0' : `EPT ${leaf.type ?? leaf.mt} IPAT=${leaf.ipat}`;

const patText = (view: GuestView<PatType, MtrrType>): string => {
  if (view.control === 'guaranteed') return `always ${view.type}`;
  if (view.control === 'guest decides') return 'what its PAT says';
  const results = [...new Set(PAT_TYPES.map(t => view.effective[t]))];
  return results.map(r => `${PAT_TYPES.filter(t => view.effective[t] === r).join(' ')} -> ${r}`).join('; ');
};

const quirkText = (p: X86Prediction): string =>
  p.quirk === undefined
    ? 'unknown here'
    : `${p.quirk.quirkActive ? 'active' : 'not active'}${p.quirk.ret === 0 ? '' : `, DISABLE_QUIRKS2 ${p.quirk.ret}`}`;

const x86Columns: Column<NamedX86>[] = [
  { title: 'era', text: p => p.era },
  { title: 'CPU', text: p => p.cpuName },
  { title: 'mapping', text: p => p.mapping },
  { title: 'host MMIO', text: p => (p.mmio.hostMmio ? 'yes' : 'no') },
  { title: 'leaf', text: leafText },
  { title: 'guest gets', text: p => patText(p.guest), wrap: true },
  { title: 'IGNORE_GUEST_PAT', text: quirkText },
  { title: 'ev', text: p => p.grade },
];

function x86Lines(p: NamedX86, style: Style, width: number, explain: boolean): string[] {
  const { facts } = p.mmio;
  const page = facts.pfnValid
    ? `struct page${facts.pageReserved ? ', PageReserved' : ''}${facts.zeroPage ? ', the zero page' : ''}, tracked as ${facts.hostMemtype ?? 'WB'}`
    : `no struct page, ${facts.e820Ram ? 'RAM' : 'not RAM'} in the firmware’s E820 table`;
  const lines = [
    style.bold(`${p.era}  ${p.title}`),
    `  CPU ${p.cpuName}; evidence ${gradeText(p.grade)}`,
    '',
    ...labelled('slot', 'accepted: x86 refuses no slot for a memory type', width, LABEL),
    ...labelled('page', page, width, LABEL),
    ...labelled('host MMIO', `${p.mmio.hostMmio ? 'yes' : 'no'} [${p.mmio.decidedBy}]`, width, LABEL),
    ...labelled('leaf', `${leafText(p)} ${p.leaf.access} ${p.leaf.size} [${p.decidedBy}]`, width, LABEL),
    ...p.accesses
      .filter(a => a.r !== 'map')
      .flatMap(a =>
        labelled(
          ACCESS_NAME[a.access],
          `${a.r === 'error' ? `KVM_RUN fails -${a.errno}` : a.r} (${a.why ?? ''})`,
          width,
          LABEL,
        ),
      ),
    ...guestLines(p.guest, PAT_TYPES, width),
  ];
  if (p.quirk)
    lines.push(
      ...labelled(
        'quirk',
        `IGNORE_GUEST_PAT ${p.quirk.quirkActive ? 'active' : 'not active'}: ${p.quirk.says}`,
        width,
        LABEL,
      ),
    );
  for (const h of p.hazards) lines.push(...labelled('hazard', `${h.id}: ${h.says}`, width, LABEL));
  if (explain) lines.push('', ...traceLines(p.trace, style, width));
  if (explain && p.notes.length > 0)
    lines.push('', ...p.notes.flatMap(note => labelled('note', note, width, LABEL)));
  return lines;
}
