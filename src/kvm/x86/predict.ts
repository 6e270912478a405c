/** Everything KVM on x86 does with one page of a memslot: slots are never refused for a type, each leaf is decided alone. */
import { type GuestView, type MtrrType, PAT_TYPES, type PatType } from '../effective.ts';
import { KvmInputError } from '../errors.ts';
import { type Evidence, type Grade, measured, source, weakest } from '../evidence.ts';
import { Program, stop, type TraceStep } from '../policy.ts';
import { eptLeaf, nptLeaf, patQuirk, type QuirkAnswer, type QuirkCall, tdxLeaf } from './decide.ts';
import { X86_ERAS } from './eras/index.ts';
import { X86_VOCABULARY } from './facts.ts';
import { type HostPage, hostPageFacts, isHostMmio, type MmioFacts } from './host-mmio.ts';
import type { X86Cpu, X86Policy } from './model.ts';

export type X86VmaFlag = 'VM_PFNMAP' | 'VM_MIXEDMAP' | 'VM_IO' | 'VM_SHARED' | 'VM_MAYWRITE';

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

/** @throws KvmInputError when the input contradicts itself. */
export function predictX86(i: X86PredictInput): X86Prediction {
  if (i.cpu.tdp === false)
    throw new KvmInputError(
      'without EPT or NPT KVM fills shadow tables, which have no memory type of their own and are not modelled; valid: a CPU with EPT or NPT',
      ['intel', 'amd'],
    );
  const flags = i.flags ?? [];
  const has = (flag: X86VmaFlag) => flags.includes(flag);
  if (has('VM_PFNMAP') && has('VM_MIXEDMAP'))
    throw new KvmInputError(
      'VM_PFNMAP and VM_MIXEDMAP exclude each other (the kernel calls it a bug); valid: one of them, or neither',
      ['VM_PFNMAP', 'VM_MIXEDMAP'],
    );
  if (i.cpu.vendor === 'tdx' && !i.policy.tdx) {
    const { id } = X86_ERAS.first(era => era.tdx);
    throw new KvmInputError(`TDX guests came with kernel ${id}; valid: ${id} and later, not ${i.policy.id}`, [
      id,
    ]);
  }
  const facts = isHostPage(i.page) ? hostPageFacts(i.page) : i.page;
  const described = isHostPage(i.page) ? hostPageFacts(i.page).trace : [];
  if (!facts.pfnValid && facts.pageReserved)
    throw new KvmInputError(
      'PageReserved is a flag of a struct page and there is none; valid: pfn_valid with PageReserved, or neither',
      ['pfnValid'],
    );
  const mmio = isHostMmio(facts);
  const cow = has('VM_MAYWRITE') && !has('VM_SHARED');
  // The zero page's entry is special too, but get_user_pages() knows its struct page.
  const special =
    !(facts.zeroPage ?? false) &&
    (i.pteSpecial ?? (has('VM_PFNMAP') || (has('VM_MIXEDMAP') && !facts.pfnValid)));
  const writable =
    (i.hostWritable ?? (has('VM_MAYWRITE') || flags.length === 0)) &&
    !(special && cow) &&
    !(facts.zeroPage ?? false);

  const accesses: X86Access[] = (['read', 'write', 'exec'] as const).map(access => {
    if (access === 'write' && i.readonlySlot) return { access, r: 'mmio-exit', why: 'read-only slot' };
    const env = {
      pte_special: special,
      write_fault: access === 'write',
      ...Object.fromEntries(flags.map(f => [f, true])),
    };
    const { outcome, decidedBy } = HOST_FAULT.quick(env);
    if (outcome?.r === 'error')
      return {
        access,
        r: 'error',
        errno: outcome.errno,
        ...(decidedBy === undefined ? {} : { why: decidedBy }),
      };
    if (outcome?.r === 'emulate')
      return { access, r: 'emulated', ...(decidedBy === undefined ? {} : { why: decidedBy }) };
    return { access, r: 'map' };
  });

  const quirk = i.policy.patQuirk
    ? patQuirk(i.cpu.vendor, i.cpu.selfSnoop, i.cpu.tdp ?? true, i.disableQuirk ?? 'none')
    : undefined;
  const access = `r${writable && !i.readonlySlot ? 'w' : '-'}x`;
  const size = i.host2M ? '0x200000' : '0x1000';
  const common = {
    arch: 'x86' as const,
    era: i.policy.id,
    title: i.policy.title,
    covers: i.policy.covers,
    cpu: i.cpu,
    slot: { ok: true as const, evidence: NEVER_REFUSED },
    mmio: { hostMmio: mmio.mmio, decidedBy: mmio.decidedBy, facts },
    ...(quirk === undefined ? {} : { quirk }),
    accesses,
    notes: i.policy.notes ?? [],
  };

  if (i.cpu.vendor === 'amd') {
    const npt = nptLeaf(i.hostMtrr ?? (mmio.mmio ? 'UC' : 'WB'));
    return {
      ...common,
      leaf: { format: 'npt', pat: 0, pcd: 0, pwt: 0, access, size },
      guest: npt.view,
      decidedBy: 'npt-has-no-type',
      hazards: hazardsOf(facts, npt.view),
      grade: weakest([mmio.grade, npt.grade]),
      leafGrade: 'M',
      trace: [...described, ...mmio.trace],
    };
  }
  if (i.cpu.vendor === 'tdx') {
    const tdx = tdxLeaf(i.gpa ?? 'shared', mmio.mmio);
    return {
      ...common,
      leaf: { format: 'ept', mt: tdx.eptMt, ipat: tdx.ipat, access, size },
      guest: tdx.view,
      decidedBy: tdx.eptOwner === 'kvm' ? 'tdx-shared' : 'tdx-private',
      hazards: hazardsOf(facts, tdx.view),
      grade: weakest([mmio.grade, tdx.grade]),
      leafGrade: weakest([mmio.grade, tdx.grade]),
      trace: [...described, ...mmio.trace],
    };
  }
  const ept = eptLeaf(i.policy, {
    hostMmio: mmio.mmio,
    noncoherentDma: i.noncoherentDma ?? false,
    selfSnoop: i.cpu.selfSnoop,
    ...(i.guestMtrr === undefined ? {} : { guestMtrr: i.guestMtrr }),
    guestCr0Cd: i.guestCr0Cd ?? false,
    quirkCdNwCleared: !(i.cdQuirkDisabled ?? false),
    quirkIgnoreGuestPat: quirk?.quirkActive ?? true,
  });
  return {
    ...common,
    leaf: { format: 'ept', mt: ept.eptMt, type: ept.type, ipat: ept.ipat, access, size },
    guest: ept.view,
    decidedBy: ept.decidedBy,
    hazards: hazardsOf(facts, ept.view),
    grade: weakest([mmio.grade, ept.grade]),
    leafGrade: weakest([mmio.grade, ept.grade]),
    trace: [...described, ...mmio.trace, ...ept.trace],
  };
}

/** Aliases that differ in cacheability, by name. */
function hazardsOf(facts: MmioFacts, view: GuestView<PatType, MtrrType>): { id: string; says: string }[] {
  const out: { id: string; says: string }[] = [];
  const host = facts.hostMemtype ?? 'WB';
  const uncachedHost = host === 'UC' || host === 'UC-' || host === 'WC';
  const results = new Set(Object.values(view.effective));
  const cachedGuest = ['WB', 'WT', 'WP'].some(t => results.has(t as MtrrType));
  if (uncachedHost && cachedGuest)
    out.push({
      id: 'host-uncached-guest-cached',
      says: `the host tracks the page as ${host}, the guest may cache it`,
    });
  if (!uncachedHost && (results.has('UC') || results.has('WC')) && view.control !== 'guaranteed')
    out.push({
      id: 'guest-can-bypass-cache',
      says: 'the guest’s PAT may make it uncached while the VMM maps it cached; coherent on CPUs that snoop themselves',
    });
  if (view.control === 'guaranteed')
    out.push({ id: 'guest-type-overridden', says: `the guest’s PAT has no effect: always ${view.type}` });
  if (PAT_TYPES.every(t => view.effective[t] === 'UC' || view.effective[t] === 'WC'))
    out.push({ id: 'never-cacheable', says: 'no guest PAT type makes it cacheable' });
  return out;
}
