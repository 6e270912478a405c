/** `kvm predict` on x86: one host page in a slot, or a table of kernels, CPUs and pages. */

import { type GuestView, type MtrrType, PAT_TYPES, type PatType } from '../../../kvm/effective.ts';
import { unknownName } from '../../../kvm/errors.ts';
import type { Evidence } from '../../../kvm/evidence.ts';
import { parseSlotFlags, parseVmaFlags } from '../../../kvm/inputs.ts';
import { parsePatType } from '../../../kvm/queries/x86.ts';
import { X86_ERAS } from '../../../kvm/x86/eras/index.ts';
import type { HostPage, MmioFacts } from '../../../kvm/x86/host-mmio.ts';
import { predictX86, type X86Prediction, type X86VmaFlag } from '../../../kvm/x86/predict.ts';
import type { Style } from '../../../report/style.ts';
import type { Column } from '../../../report/table.ts';
import type { Io } from '../../io.ts';
import { EXIT, UsageError } from '../../trouble.ts';
import { asked, eraText, gradeText, labelled, presetsOf, print, x86Cpus } from './common.ts';
import type { PredictArgs } from './predict.ts';
import { ACCESS_NAME, cpuLines, guestLines, LABEL, traceLines } from './predict-text.ts';

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

function oneOf<T extends string>(what: string, value: string, among: readonly T[]): T {
  const found = among.find(v => v.toLowerCase() === value.toLowerCase());
  if (found === undefined) throw unknownName(what, value, among);
  return found;
}

/** A preset's page, changed by KEY=VALUE; with struct-page, reserved or type the facts that KVM asks for are given directly. */
function pageOf(base: HostPage, pairs: readonly string[]): HostPage | MmioFacts {
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
}

const X86_FLAGS: readonly string[] = ['VM_PFNMAP', 'VM_MIXEDMAP', 'VM_IO', 'VM_SHARED', 'VM_MAYWRITE'];

export function predictAllX86(
  args: PredictArgs,
  io: Io,
  kernels: readonly string[],
  cpuNames: readonly string[],
): number {
  const wanted = asked(X86_ERAS, kernels, 'newest');
  const cpus = x86Cpus(cpuNames, ['intel']);
  const predictions = wanted.flatMap(({ kernel, policy }) =>
    cpus.flatMap(({ cpu, name, evidence: cpuEvidence }) =>
      presetsOf(args.preset, ['anon']).map(p => {
        if (p.x86 === undefined) throw new UsageError(`preset ${p.id} is not described on x86`);
        const flags = args.flags === undefined ? p.flags : parseVmaFlags(args.flags).flags;
        const base = args.pgprot === undefined ? p.x86 : { ...p.x86, pgprot: parsePatType(args.pgprot) };
        return {
          kernel,
          cpuName: name,
          cpuEvidence,
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
        lines: ({ style: s, width: w }) => x86Lines(only, s, w, args.explain ?? false),
      },
      'predict',
      args,
      io,
    );
  else print({ records: predictions, rows: predictions, columns: x86Columns }, 'predict', args, io);
  return EXIT.answer;
}

type NamedX86 = X86Prediction & {
  readonly kernel: string;
  readonly cpuName: string;
  readonly cpuEvidence: readonly Evidence[];
  readonly mapping: string;
};

const leafText = ({ leaf }: X86Prediction): string =>
  leaf.format === 'npt' ? 'NPT PAT=PCD=PWT=0' : `EPT ${leaf.type ?? leaf.mt} IPAT=${leaf.ipat}`;

function patText(view: GuestView<PatType, MtrrType>): string {
  if (view.control === 'guaranteed') return `always ${view.type}`;
  if (view.control === 'guest decides') return 'what its PAT says';
  const results = [...new Set(PAT_TYPES.map(t => view.effective[t]))];
  return results.map(r => `${PAT_TYPES.filter(t => view.effective[t] === r).join(' ')} -> ${r}`).join('; ');
}

const quirkText = (p: X86Prediction): string =>
  p.quirk === undefined
    ? 'no such quirk'
    : `${p.quirk.quirkActive ? 'active' : 'not active'}${p.quirk.ret === 0 ? '' : `, DISABLE_QUIRKS2 ${p.quirk.ret}`}`;

const x86Columns: Column<NamedX86>[] = [
  { title: 'kernel', text: p => eraText(p.kernel, p.era) },
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
    style.bold(`${eraText(p.kernel, p.era)}  ${p.title}`),
    `  CPU ${p.cpuName}; evidence ${gradeText(p.grade)}`,
    ...cpuLines(p.cpuEvidence, style, width),
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
