/** Judges for the KVM policy families: their formats are described in `fixtures/vectors/kvm-policy/README.md`. */
import { type BlockSizeInput, blockSize } from '../../../src/kvm/arm64/blocksize.ts';
import { cacheablePfnmapCap } from '../../../src/kvm/arm64/cap.ts';
import { decideFault, decideSlot } from '../../../src/kvm/arm64/decide.ts';
import { effective, type GuestType } from '../../../src/kvm/arm64/effective.ts';
import { ARM64_ERAS } from '../../../src/kvm/arm64/eras/index.ts';
import { PROPOSALS, proposalProgram } from '../../../src/kvm/arm64/eras/proposals.ts';
import { gmemFaults } from '../../../src/kvm/arm64/gmem.ts';
import { type HazardInput, hazards } from '../../../src/kvm/arm64/hazards.ts';
import { arm64 } from '../../../src/kvm/arm64/index.ts';
import {
  ACCESSES,
  type Access,
  type Arm64Cpu,
  type Change,
  type FaultOutcome,
  type PfnClass,
  type ProtBit,
  type S2Type,
  type SlotFlag,
  type Vma,
} from '../../../src/kvm/arm64/model.ts';
import { BEFORE_NC, setProt, WITH_NC } from '../../../src/kvm/arm64/prot.ts';
import { patQuirk, type QuirkCall } from '../../../src/kvm/x86/cap.ts';
import { eptLeaf, nptLeaf, tdxLeaf } from '../../../src/kvm/x86/decide.ts';
import type { MtrrType } from '../../../src/kvm/x86/effective.ts';
import { X86_ERAS } from '../../../src/kvm/x86/eras/index.ts';
import { isHostMmio, type MmioFacts } from '../../../src/kvm/x86/host-mmio.ts';
import type { Vendor } from '../../../src/kvm/x86/model.ts';
import { differences, type VectorFamily } from './family.ts';

interface Vector<In, Out = Record<string, unknown>> {
  readonly in: In;
  readonly out: Out;
}

/** One mapping and its fault, as the fault families give it. */
interface Faulting {
  readonly era: string;
  readonly vma: Vma;
  readonly pfn: PfnClass;
  readonly cpu: Arm64Cpu;
  readonly hostWritable?: boolean;
  readonly slotFlags?: readonly SlotFlag[];
  readonly vmMte?: boolean;
  readonly logging?: boolean;
  readonly permFault?: boolean;
}

const faultsOf = (i: Faulting, slotFlags: readonly SlotFlag[]): Partial<Record<Access, FaultOutcome>> => {
  const out: Partial<Record<Access, FaultOutcome>> = {};
  const hostWritable = i.hostWritable ?? true;
  for (const access of ACCESSES) {
    // Faulting in for write would already fail on the host.
    if (access === 'write' && !hostWritable) continue;
    out[access] = decideFault(ARM64_ERAS.named(i.era), {
      access,
      vma: i.vma,
      pfn: i.pfn,
      cpu: i.cpu,
      hostWritable,
      slotFlags,
      vmMte: i.vmMte ?? false,
      permFault: i.permFault ?? false,
    }).outcome;
  }
  return out;
};

const createSlot = (i: Faulting, slotFlags: readonly SlotFlag[]) =>
  decideSlot(ARM64_ERAS.named(i.era), {
    change: 'CREATE',
    slotFlags,
    slotEnd: 'below',
    vmMte: i.vmMte ?? false,
    cpu: i.cpu,
    vmas: [i.vma],
  }).outcome;

const family = <In, Out = Record<string, unknown>>(
  name: string,
  judge: (given: In, expected: Out) => readonly string[],
): VectorFamily => ({ name, judge: (record: Vector<In, Out>) => judge(record.in, record.out) });

const compared = <In>(name: string, answer: (given: In) => object): VectorFamily =>
  family<In>(name, (given, expected) => differences(expected, answer(given) as Record<string, unknown>));

interface SlotGiven {
  readonly era: string;
  readonly change: Change;
  readonly slotEndVsIpaLimit?: 'below' | 'at' | 'above';
  readonly slotFlags: readonly SlotFlag[];
  readonly vmMte: boolean;
  readonly cpu: Arm64Cpu;
  readonly vmas: readonly Vma[];
}

const slotAnswer = (i: SlotGiven) =>
  decideSlot(ARM64_ERAS.named(i.era), { ...i, slotEnd: i.slotEndVsIpaLimit ?? 'below' }).outcome;

const SCENARIO_GUESTS: readonly GuestType[] = ['Normal-WB', 'Normal-NC', 'Device-nGnRE'];

const scenarioAnswer = (i: Faulting & { readonly slotFlags: readonly SlotFlag[] }) => {
  const slot = createSlot(i, i.slotFlags);
  if (!slot.ok) return { slot, fault: null };
  const fault = Object.fromEntries(
    Object.entries(faultsOf(i, i.slotFlags)).map(([access, o]) => [
      access,
      o.r === 'map'
        ? {
            ...o,
            guest: Object.fromEntries(SCENARIO_GUESTS.map(g => [g, effective(i.cpu.fwb, o.t, g)])),
          }
        : o,
    ]),
  );
  return { slot, fault };
};

interface MigrationGiven {
  readonly era: string;
  readonly dstEra?: string;
  readonly vma: Vma;
  readonly pfn: PfnClass;
  readonly src: Arm64Cpu;
  readonly dst: Arm64Cpu;
}

const migrationAnswer = (i: MigrationGiven) => {
  const { result } = arm64.migrate({
    mapping: { ...i.vma, pfn: i.pfn },
    src: { policy: ARM64_ERAS.named(i.era), cpu: i.src },
    dst: { policy: ARM64_ERAS.named(i.dstEra ?? i.era), cpu: i.dst },
  });
  // The vectors name the step only; the error itself is compared in the fault and memslot families.
  return 'at' in result ? { outcome: result.outcome, at: result.at } : result;
};

const ruled = (id: string) => {
  const proposal = PROPOSALS.find(p => p.id === id);
  if (proposal === undefined) throw new Error(`no proposal '${id}'`);
  return proposalProgram(proposal);
};

interface ProposalGiven {
  readonly proposal: string;
  readonly vmaCacheable: boolean;
  readonly flag: boolean;
  readonly cpu: Arm64Cpu;
}

const proposalAnswer = (i: ProposalGiven) => {
  const { outcome } = ruled(i.proposal).quick({
    vma_cacheable: i.vmaCacheable,
    flag: i.flag,
    FWB: i.cpu.fwb,
    DIC: i.cpu.dic,
  });
  return outcome?.r === 'refuse' ? { ok: false, errno: outcome.errno } : { ok: true };
};

interface EptGiven {
  readonly era: string;
  readonly hostMmio: boolean;
  readonly noncoherentDma: boolean;
  readonly selfSnoop: boolean;
  readonly guestMtrr: MtrrType;
  readonly guestCr0Cd?: boolean;
  readonly quirkCdNwCleared?: boolean;
  readonly userDisablesIgnoreGuestPat?: boolean;
}

const eptAnswer = (i: EptGiven) => {
  const quirk = patQuirk(
    'intel',
    i.selfSnoop,
    true,
    i.userDisablesIgnoreGuestPat ? 'DISABLE_QUIRKS2' : 'none',
  );
  const leaf = eptLeaf(X86_ERAS.named(i.era), { ...i, quirkIgnoreGuestPat: quirk.quirkActive });
  return { eptMt: leaf.eptMt, ipat: leaf.ipat, effective: leaf.view.effective };
};

const tdxJudge = (i: { gpa: 'private' | 'shared'; hostMmio: boolean }, expected: Record<string, unknown>) => {
  const { eptOwner, eptMt, ipat, view } = tdxLeaf(i.gpa, i.hostMmio);
  // The bits of a private leaf are the TDX module's, not KVM's: a vector may leave them out.
  const bits = eptOwner === 'kvm' || 'eptMt' in expected ? { eptMt, ipat } : {};
  return differences(expected, { eptOwner, ...bits, effective: view.effective });
};

export const kvmFamilies: readonly VectorFamily[] = [
  compared<Faulting>('arm64-fault', i => ({
    slot: createSlot(i, i.slotFlags ?? []),
    fault: faultsOf(i, i.slotFlags ?? []),
  })),
  compared<Faulting>('arm64-fault-detail', i => faultsOf(i, i.logging ? ['KVM_MEM_LOG_DIRTY_PAGES'] : [])),
  compared<SlotGiven>('arm64-memslot', slotAnswer),
  compared<SlotGiven>('arm64-memslot-misc', slotAnswer),
  compared<BlockSizeInput>('arm64-blocksize', i => ({
    size: blockSize({ ...i, rawBlocks: ARM64_ERAS.named(i.era).rawBlocks }).size,
  })),
  compared<{ gen: 'pre-6.9' | '6.9'; fwb: boolean; prot: ProtBit[] }>('arm64-setprot', i => {
    const policy = i.gen === WITH_NC.id ? WITH_NC : BEFORE_NC;
    const leaf = setProt(policy, i.fwb, new Set(i.prot));
    return leaf.ok ? { ok: true, a: leaf.a, xn: leaf.xn } : { ok: false, errno: leaf.errno };
  }),
  compared<{ fwb: boolean; s2: S2Type; s1: GuestType }>('arm64-combine', i => ({
    effective: effective(i.fwb, i.s2, i.s1),
  })),
  compared<{ slotReadonly: boolean; cpu: Arm64Cpu }>('arm64-gmem', i => gmemFaults(i.slotReadonly, i.cpu)),
  compared<{ era: string; cpu: Arm64Cpu }>('arm64-cap', i => {
    const { evidence: _, ...answer } = cacheablePfnmapCap(ARM64_ERAS.named(i.era), i.cpu);
    return answer;
  }),
  compared<Faulting & { slotFlags: SlotFlag[] }>('arm64-scenario', scenarioAnswer),
  compared<MigrationGiven>('arm64-migration', migrationAnswer),
  compared<ProposalGiven>('arm64-proposals', proposalAnswer),
  compared<HazardInput>('arm64-hazards', i => ({ hazards: hazards(i).map(h => h.id) })),
  compared<EptGiven>('x86-ept', eptAnswer),
  compared<MmioFacts>('x86-mmio-pfn', i => ({ mmio: isHostMmio(i).mmio })),
  compared<{ vendor: Vendor; selfSnoop: boolean; tdp: boolean; enableCap: QuirkCall }>('x86-quirk', i => {
    const { ret, quirkActive } = patQuirk(i.vendor, i.selfSnoop, i.tdp, i.enableCap);
    return { ret, quirkActive };
  }),
  compared<{ hostMtrr: MtrrType }>('x86-npt', i => {
    const { nptMemtypeBits, view } = nptLeaf(i.hostMtrr);
    return { nptMemtypeBits, effective: view.effective };
  }),
  family('x86-tdx', tdxJudge),
];
