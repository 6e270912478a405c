/** Everything KVM on arm64 does with one memslot: the slot, each kind of access, the leaf, and what the guest gets. */

import type { Errno } from '../errno.ts';
import { type Evidence, type Grade, weakest } from '../evidence.ts';
import type { GuestView } from '../guest.ts';
import type { Run } from '../policy.ts';
import { type BlockSize, blockSize } from './blocksize.ts';
import { checkMapping, checkVm, checkWritable } from './contradictions.ts';
import { type Decision, decideFault, decideSlot } from './decide.ts';
import { type GuestType, guestView } from './effective.ts';
import { isCacheable, vmaEnv } from './facts.ts';
import { GMEM_EVIDENCE, gmemFault } from './gmem.ts';
import { hazards } from './hazards.ts';
import { HOST_FAULT, isSpecial } from './host-fault.ts';
import {
  ACCESSES,
  type Access,
  type Arm64Cpu,
  type Arm64Mapping,
  type Arm64Policy,
  type Change,
  type FaultOutcome,
  type S2Type,
  type SlotFlag,
  type SlotOutcome,
} from './model.ts';
import { isCacheableLeaf, PKVM_MAP } from './pkvm.ts';

export interface Arm64PredictInput {
  readonly policy: Arm64Policy;
  readonly cpu: Arm64Cpu;
  /** In address order. */
  readonly mappings: readonly Arm64Mapping[];
  readonly slotFlags?: readonly SlotFlag[];
  readonly change?: Change;
  readonly slotEnd?: 'below' | 'at' | 'above';
  readonly vmMte?: boolean;
  readonly permFault?: boolean;
  /** Leave out the host's own fault and refuse no contradictions: the question of the decision tables. */
  readonly tableOnly?: boolean;
  /** The host runs in protected mode (kvm-arm.mode=protected) and the VM is an ordinary one. */
  readonly pkvmHost?: boolean;
  /** Largest size on which addresses agree and which VMA, slot and host mapping cover. */
  readonly align?: '4K' | '2M' | '1G';
}

export interface AccessPrediction extends Decision<FaultOutcome> {
  readonly access: Access;
}

export interface MappingPrediction {
  readonly mapping: Arm64Mapping;
  /** The outcome of each access as the first one, i.e. with nothing mapped yet. A store that never faults is missing. */
  readonly accesses: readonly AccessPrediction[];
  readonly leaf?: {
    readonly t: S2Type;
    readonly a: number;
    /** Type for each guest stage-1 type, and who decides it. */
    readonly guest: GuestView<GuestType, GuestType>;
    readonly maintenance: {
      readonly dcache: boolean;
      readonly icache: boolean;
      /** Through the kernel's linear address: only memory certainly has one. */
      readonly possible: 'yes' | 'no' | 'unknown';
    };
    readonly size?: BlockSize;
  };
  readonly hazards: readonly {
    readonly id: string;
    readonly says: string;
    readonly evidence: readonly Evidence[];
  }[];
}

export interface Arm64Prediction {
  readonly arch: 'arm64';
  readonly era: string;
  readonly title: string;
  readonly covers: string;
  readonly cpu: Arm64Cpu;
  readonly slotFlags: readonly SlotFlag[];
  readonly slot: Decision<SlotOutcome> & { readonly vma?: number };
  readonly mappings: readonly MappingPrediction[];
  readonly grade: Grade;
  readonly notes: readonly string[];
}

/** guest_memfd pages are mapped without looking at a VMA. */
function gmemAccess(access: Access, readonlySlot: boolean, cpu: Arm64Cpu): AccessPrediction | undefined {
  const outcome = gmemFault(access, readonlySlot, cpu);
  if (outcome === undefined) return undefined;
  const says = 'guest_memfd pages are mapped without looking at a VMA type.';
  return {
    access,
    outcome,
    decidedBy: 'guest_memfd',
    because: says,
    grade: 'S',
    trace: [
      {
        id: 'guest_memfd',
        condition: 'KVM_MEM_GUEST_MEMFD',
        saw: { KVM_MEM_GUEST_MEMFD: true },
        held: true,
        effect: 'NORMAL, 4K',
        says,
        evidence: GMEM_EVIDENCE,
      },
    ],
  };
}

/** A function that ended with an error, as the outcome of the access. */
const failed = (
  access: Access,
  run: Run<{ readonly errno: Errno }, never>,
  before: Pick<Decision<FaultOutcome>, 'trace' | 'grade'> | undefined,
): AccessPrediction | undefined =>
  run.outcome && {
    access,
    outcome: { r: 'error', errno: run.outcome.errno, why: run.decidedBy as string },
    decidedBy: run.decidedBy as string,
    because: run.trace.at(-1)?.says ?? '',
    grade: before === undefined ? run.grade : weakest([before.grade, run.grade]),
    trace: [...(before?.trace ?? []), ...run.trace],
  };

/** One access to one mapping, the host's own fault first. */
export function predictAccess(
  input: Arm64PredictInput,
  mapping: Arm64Mapping,
  access: Access,
): AccessPrediction | undefined {
  const { policy, cpu, slotFlags = [], vmMte = false, permFault = false } = input;
  const readonlySlot = slotFlags.includes('KVM_MEM_READONLY');
  if (slotFlags.includes('KVM_MEM_GUEST_MEMFD')) return gmemAccess(access, readonlySlot, cpu);
  // A store to a read-only slot is an MMIO exit to the VMM and never reaches the stage-2 fault.
  if (access === 'write' && readonlySlot) return undefined;
  const { pfn } = mapping;
  const pteSpecial = mapping.pteSpecial ?? isSpecial(mapping, pfn);
  const mayWrite = !readonlySlot && (mapping.hostWritable ?? mapping.flags.includes('VM_MAYWRITE'));
  const host = input.tableOnly
    ? undefined
    : HOST_FAULT.run(
        { ...vmaEnv(mapping, cpu), pfn, access, pte_special: pteSpecial, writable: mayWrite },
        end => `the host’s fault fails, ${end.errno}`,
      );
  const refused = host && failed(access, host, undefined);
  if (refused) return refused;
  // The last row of the host's fault says whether KVM gets the page for writing.
  const hostWritable = host?.trace.at(-1)?.held ?? mayWrite;
  if (access === 'write' && !hostWritable) return undefined;
  const how = { access, vma: mapping, pfn, cpu, hostWritable, slotFlags, vmMte, permFault, pteSpecial };
  const decided = decideFault(policy, how);
  const fault = {
    ...decided,
    grade: host === undefined ? decided.grade : weakest([host.grade, decided.grade]),
    trace: [...(host?.trace ?? []), ...decided.trace],
  };
  const { outcome } = fault;
  if (!input.pkvmHost || outcome.r !== 'map') return { access, ...fault };
  const el2 = PKVM_MAP.run(
    { pfn, cacheable_leaf: isCacheableLeaf(outcome.t) },
    end => `EL2 refuses, ${end.errno}`,
  );
  return failed(access, el2, { trace: fault.trace, grade: decided.grade }) ?? { access, ...fault };
}

function predictMapping(input: Arm64PredictInput, mapping: Arm64Mapping): MappingPrediction {
  const accesses = ACCESSES.map(access => predictAccess(input, mapping, access)).filter(a => a !== undefined);
  const leaves = accesses.map(a => a.outcome).filter(o => o.r === 'map');
  const [first] = leaves;
  if (first === undefined) return { mapping, accesses, hazards: [] };
  const exec = leaves.some(o => o.p[2] === 'x');
  const kernelMapped = mapping.pfn === 'ram';
  const found = hazards({
    hostCacheable: isCacheable(mapping),
    s2: first.t,
    cpu: input.cpu,
    // "Impossible" is claimed only where there is certainly no kernel address.
    kernelMapped: mapping.pfn !== 'no-page',
    exec,
  });
  const possible = kernelMapped ? 'yes' : mapping.pfn === 'no-page' ? 'no' : 'unknown';
  return {
    mapping,
    accesses,
    leaf: {
      t: first.t,
      a: first.a,
      guest: guestView(input.cpu.fwb, first.t),
      maintenance: { dcache: leaves.some(o => o.dc === 1), icache: leaves.some(o => o.ic === 1), possible },
      ...(input.align === undefined ? {} : { size: sizeOf(input, mapping, first.t, input.align) }),
    },
    hazards: found.map(({ id, says, evidence }) => ({ id, says, evidence })),
  };
}

function sizeOf(
  input: Arm64PredictInput,
  mapping: Arm64Mapping,
  t: S2Type,
  align: '4K' | '2M' | '1G',
): BlockSize {
  const at2M = align !== '4K';
  const at1G = align === '1G';
  const pfnmap = mapping.flags.includes('VM_PFNMAP');
  return blockSize({
    era: input.policy.id,
    rawBlocks: input.policy.rawBlocks,
    vmaKind: pfnmap ? 'pfnmap' : mapping.hugetlb ? 'hugetlb' : 'anon',
    ...(mapping.hugetlb && !pfnmap ? { hugetlbSize: at1G ? '1G' : '2M' } : {}),
    coaligned1G: at1G,
    vmaCovers1G: at1G,
    coaligned2M: at2M,
    vmaCovers2M: at2M,
    slotFits1G: at1G,
    slotFits2M: at2M,
    logging: (input.slotFlags ?? []).includes('KVM_MEM_LOG_DIRTY_PAGES'),
    hostMaps2M: at2M,
    s2NonCacheable: t !== 'NORMAL',
  });
}

/**
 * The whole prediction.
 * @throws KvmInputError when the input contradicts itself (unless `tableOnly`).
 */
export function predict(input: Arm64PredictInput): Arm64Prediction {
  const slotFlags = input.slotFlags ?? [];
  if (!input.tableOnly) {
    checkVm(input.cpu, input.vmMte ?? false);
    for (const m of input.mappings) {
      checkMapping(m, m.pfn);
      checkWritable(m, m.pfn, m.hostWritable);
    }
  }
  const slot = decideSlot(input.policy, {
    change: input.change ?? 'CREATE',
    slotFlags,
    slotEnd: input.slotEnd ?? 'below',
    vmMte: input.vmMte ?? false,
    cpu: input.cpu,
    vmas: input.mappings,
  });
  const mappings = input.mappings.map(m => predictMapping(input, m));
  const grades = [slot.grade, ...mappings.flatMap(m => m.accesses.map(a => a.grade))];
  return {
    arch: 'arm64',
    era: input.policy.id,
    title: input.policy.title,
    covers: input.policy.covers,
    cpu: input.cpu,
    slotFlags,
    slot,
    mappings,
    grade: weakest(grades),
    notes: input.policy.notes ?? [],
  };
}
