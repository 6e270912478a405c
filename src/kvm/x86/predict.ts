/** Everything KVM on x86 does with one page of a memslot: slots are never refused for a type, each leaf is decided alone. */

import { KvmInputError } from '../errors.ts';
import { type Evidence, type Grade, measured, source, weakest } from '../evidence.ts';
import type { GuestView } from '../guest.ts';
import { Program, stop, type TraceStep } from '../policy.ts';
import { patQuirk, type QuirkAnswer, type QuirkCall } from './cap.ts';
import { eptLeaf, nptLeaf, tdxLeaf } from './decide.ts';
import { type MtrrType, PAT_TYPES, type PatType } from './effective.ts';
import { X86_ERAS } from './eras/index.ts';
import { X86_VOCABULARY } from './facts.ts';
import { type HostPage, hostPageFacts, isHostMmio, type MmioFacts } from './host-mmio.ts';
import type { Vendor, X86Cpu, X86Policy, X86VmaFlag } from './model.ts';

type HostEnd = { readonly r: 'error'; readonly errno: 'EFAULT' } | { readonly r: 'emulate' };

/** hva_to_pfn() and the emulator: what happens before a leaf is decided. */
export const HOST_FAULT = new Program<HostEnd>(
  X86_VOCABULARY,
  [
    stop<HostEnd>(
      'host-special-without-io',
      'pte_special & !VM_IO & !VM_PFNMAP',
      { r: 'error', errno: 'EFAULT' },
      'There is no struct page to take, and the kernel looks for a raw page frame only in VM_IO or VM_PFNMAP mappings.',
    ),
    stop<HostEnd>(
      'host-cow-store',
      'pte_special & write_fault & is_cow_mapping',
      { r: 'emulate' },
      'KVM finds the host entry present and read-only and emulates the store through the user address: it succeeds, leaves no leaf, and the next access maps the private copy.',
    ),
  ],
  [
    measured('Linux 6.18.2 on x86: special entries with and without VM_IO, stores to private mappings'),
    source('virt/kvm/kvm_main.c hva_to_pfn()'),
  ],
);

export interface X86PredictInput {
  readonly policy: X86Policy;
  readonly cpu: X86Cpu;
  /** The page by what the kernel sees of it, or by how the machine was set up. */
  readonly page: MmioFacts | HostPage;
  readonly flags?: readonly X86VmaFlag[];
  readonly pteSpecial?: boolean;
  readonly readonlySlot?: boolean;
  readonly noncoherentDma?: boolean;
  readonly disableQuirk?: QuirkCall;
  readonly guestMtrr?: MtrrType;
  readonly guestCr0Cd?: boolean;
  readonly cdQuirkDisabled?: boolean;
  /** AMD: the host MTRR type of the page; UC for MMIO unless given. */
  readonly hostMtrr?: MtrrType;
  /** TDX: which half of the guest's addresses. */
  readonly gpa?: 'private' | 'shared';
  /** The host maps the page with 2M, and so may KVM. */
  readonly host2M?: boolean;
  readonly hostWritable?: boolean;
}

export interface X86Leaf {
  readonly format: 'ept' | 'npt';
  /** EPT: bits 5:3 and 6. */
  readonly mt?: number;
  readonly type?: MtrrType;
  readonly ipat?: 0 | 1;
  /** NPT: the three memory-type bits, always 0. */
  readonly pat?: 0;
  readonly pcd?: 0;
  readonly pwt?: 0;
  readonly access: string;
  readonly size: '0x1000' | '0x200000';
}

export interface X86Access {
  readonly access: 'read' | 'write' | 'exec';
  readonly r: 'map' | 'error' | 'emulated' | 'mmio-exit';
  readonly errno?: 'EFAULT';
  readonly why?: string;
}

export interface X86Prediction {
  readonly arch: 'x86';
  readonly era: string;
  readonly title: string;
  readonly covers: string;
  readonly cpu: X86Cpu;
  readonly slot: { readonly ok: true; readonly evidence: readonly Evidence[] };
  readonly mmio: { readonly hostMmio: boolean; readonly decidedBy: string; readonly facts: MmioFacts };
  readonly quirk?: QuirkAnswer;
  readonly accesses: readonly X86Access[];
  readonly leaf: X86Leaf;
  readonly guest: GuestView<PatType, MtrrType>;
  readonly decidedBy: string;
  readonly hazards: readonly { readonly id: string; readonly says: string }[];
  readonly grade: Grade;
  /** How well the bits of the leaf are known; the effective type of NPT is inferred from the manual's tables. */
  readonly leafGrade: Grade;
  readonly trace: readonly TraceStep[];
  readonly notes: readonly string[];
}

const isHostPage = (page: MmioFacts | HostPage): page is HostPage => 'e820' in page;

const NEVER_REFUSED: readonly Evidence[] = [
  { grade: 'T', source: 'Sean Christopherson, 6 Jun 2025: cacheable or not is accepted' },
  measured('Linux 6.18.2 on x86: no slot was refused for a memory type'),
];

function refuseContradictions({ cpu, policy, flags = [] }: X86PredictInput, facts: MmioFacts): void {
  if (cpu.tdp === false)
    throw new KvmInputError(
      'without EPT or NPT KVM fills shadow tables, which have no memory type of their own and are not modelled; valid: a CPU with EPT or NPT',
      ['intel', 'amd'],
    );
  if (flags.includes('VM_PFNMAP') && flags.includes('VM_MIXEDMAP'))
    throw new KvmInputError(
      'VM_PFNMAP and VM_MIXEDMAP exclude each other (the kernel calls it a bug); valid: one of them, or neither',
      ['VM_PFNMAP', 'VM_MIXEDMAP'],
    );
  if (cpu.vendor === 'tdx' && !policy.tdx) {
    const { id } = X86_ERAS.first(era => era.tdx);
    throw new KvmInputError(`TDX guests came with kernel ${id}; valid: ${id} and later, not ${policy.id}`, [
      id,
    ]);
  }
  if (!facts.pfnValid && facts.pageReserved)
    throw new KvmInputError(
      'PageReserved is a flag of a struct page and there is none; valid: pfn_valid with PageReserved, or neither',
      ['pfnValid'],
    );
}

/** What becomes of one access before a leaf is decided. */
function hostAccess(
  access: X86Access['access'],
  { flags = [], readonlySlot }: X86PredictInput,
  special: boolean,
): X86Access {
  if (access === 'write' && readonlySlot) return { access, r: 'mmio-exit', why: 'read-only slot' };
  const { outcome, decidedBy } = HOST_FAULT.quick({
    pte_special: special,
    write_fault: access === 'write',
    ...Object.fromEntries(flags.map(f => [f, true])),
  });
  const why = decidedBy === undefined ? {} : { why: decidedBy };
  if (outcome?.r === 'error') return { access, r: 'error', errno: outcome.errno, ...why };
  if (outcome?.r === 'emulate') return { access, r: 'emulated', ...why };
  return { access, r: 'map' };
}

/** The type of the leaf, whoever writes it. */
interface Decided {
  readonly bits: Omit<X86Leaf, 'access' | 'size'>;
  readonly view: GuestView<PatType, MtrrType>;
  readonly decidedBy: string;
  readonly grade: Grade;
  /** How well the bits are known, where the effective type is known less well. */
  readonly leafGrade?: Grade;
  readonly trace?: readonly TraceStep[];
}

const LEAF: Readonly<
  Record<Vendor, (i: X86PredictInput, mmio: boolean, quirk: QuirkAnswer | undefined) => Decided>
> = {
  intel: (i, mmio, quirk) => {
    const { type, eptMt, ipat, ...leaf } = eptLeaf(i.policy, {
      hostMmio: mmio,
      noncoherentDma: i.noncoherentDma ?? false,
      selfSnoop: i.cpu.selfSnoop,
      ...(i.guestMtrr === undefined ? {} : { guestMtrr: i.guestMtrr }),
      guestCr0Cd: i.guestCr0Cd ?? false,
      quirkCdNwCleared: !(i.cdQuirkDisabled ?? false),
      quirkIgnoreGuestPat: quirk?.quirkActive ?? true,
    });
    return { bits: { format: 'ept', mt: eptMt, type, ipat }, ...leaf };
  },
  amd: (i, mmio) => {
    const { view, grade } = nptLeaf(i.hostMtrr ?? (mmio ? 'UC' : 'WB'));
    return {
      bits: { format: 'npt', pat: 0, pcd: 0, pwt: 0 },
      view,
      decidedBy: 'npt-has-no-type',
      grade,
      leafGrade: 'M',
    };
  },
  tdx: (i, mmio) => {
    const { eptOwner, eptMt, ipat, view, grade } = tdxLeaf(i.gpa ?? 'shared', mmio);
    const decidedBy = eptOwner === 'kvm' ? 'tdx-shared' : 'tdx-private';
    return { bits: { format: 'ept', mt: eptMt, ipat }, view, decidedBy, grade };
  },
};

/** @throws KvmInputError when the input contradicts itself. */
export function predict(i: X86PredictInput): X86Prediction {
  const { policy, cpu, flags = [] } = i;
  const described = isHostPage(i.page) ? hostPageFacts(i.page) : undefined;
  const facts = described ?? (i.page as MmioFacts);
  refuseContradictions(i, facts);
  const mmio = isHostMmio(facts);
  const has = (flag: X86VmaFlag) => flags.includes(flag);
  const zeroPage = facts.zeroPage ?? false;
  // The zero page's entry is special too, but get_user_pages() knows its struct page.
  const special =
    !zeroPage && (i.pteSpecial ?? (has('VM_PFNMAP') || (has('VM_MIXEDMAP') && !facts.pfnValid)));
  const copied = special && has('VM_MAYWRITE') && !has('VM_SHARED');
  const writable =
    (i.hostWritable ?? (has('VM_MAYWRITE') || flags.length === 0)) && !copied && !zeroPage && !i.readonlySlot;
  const quirk = policy.patQuirk
    ? patQuirk(cpu.vendor, cpu.selfSnoop, cpu.tdp ?? true, i.disableQuirk ?? 'none')
    : undefined;
  const leaf = LEAF[cpu.vendor](i, mmio.mmio, quirk);
  const grade = weakest([mmio.grade, leaf.grade]);
  return {
    arch: 'x86',
    era: policy.id,
    title: policy.title,
    covers: policy.covers,
    cpu,
    slot: { ok: true, evidence: NEVER_REFUSED },
    mmio: { hostMmio: mmio.mmio, decidedBy: mmio.decidedBy, facts },
    ...(quirk === undefined ? {} : { quirk }),
    accesses: (['read', 'write', 'exec'] as const).map(access => hostAccess(access, i, special)),
    notes: policy.notes ?? [],
    leaf: { ...leaf.bits, access: `r${writable ? 'w' : '-'}x`, size: i.host2M ? '0x200000' : '0x1000' },
    guest: leaf.view,
    decidedBy: leaf.decidedBy,
    hazards: hazardsOf(facts, leaf.view),
    grade,
    leafGrade: leaf.leafGrade ?? grade,
    trace: [...(described?.trace ?? []), ...mmio.trace, ...(leaf.trace ?? [])],
  };
}

/** What a hazard is judged from. */
interface HazardCase {
  readonly host: string;
  readonly view: GuestView<PatType, MtrrType>;
  readonly results: ReadonlySet<MtrrType>;
}

interface Hazard {
  readonly id: string;
  /** Of every case. */
  readonly means: string;
  readonly when: (at: HazardCase) => boolean;
  /** Of this case, where more can be said than what it means. */
  readonly says?: (at: HazardCase) => string;
}

const isUncached = (host: string): boolean => ['UC', 'UC-', 'WC'].includes(host);

/** Aliases that differ in cacheability, by name. */
export const HAZARDS: readonly Hazard[] = [
  {
    id: 'host-uncached-guest-cached',
    means: 'the host tracks the page as UC, UC- or WC, the guest may cache it',
    when: ({ host, results }) =>
      isUncached(host) && (['WB', 'WT', 'WP'] as const).some(type => results.has(type)),
    says: ({ host }) => `the host tracks the page as ${host}, the guest may cache it`,
  },
  {
    id: 'guest-can-bypass-cache',
    means:
      'the guest’s PAT may make it uncached while the VMM maps it cached; coherent on CPUs that snoop themselves',
    when: ({ host, results, view }) =>
      !isUncached(host) && (results.has('UC') || results.has('WC')) && view.control !== 'guaranteed',
  },
  {
    id: 'guest-type-overridden',
    means: 'the guest’s PAT has no effect',
    when: ({ view }) => view.control === 'guaranteed',
    says: ({ view }) => `the guest’s PAT has no effect: always ${view.type}`,
  },
  {
    id: 'never-cacheable',
    means: 'no guest PAT type makes it cacheable',
    when: ({ view }) => PAT_TYPES.every(t => view.effective[t] === 'UC' || view.effective[t] === 'WC'),
  },
];

function hazardsOf(facts: MmioFacts, view: GuestView<PatType, MtrrType>): { id: string; says: string }[] {
  const at: HazardCase = {
    host: facts.hostMemtype ?? 'WB',
    view,
    results: new Set(Object.values(view.effective) as MtrrType[]),
  };
  return HAZARDS.filter(({ when }) => when(at)).map(({ id, means, says }) => ({
    id,
    says: says?.(at) ?? means,
  }));
}
