/**
 * Live migration of one mapping: slot creation, then one read fault, on each side. The page's content moves; whether the
 * guest's view of it stays the same is what is judged.
 */

import { type Grade, weakest } from '../evidence.ts';
import { decideFault, decideSlot } from './decide.ts';
import { effective, GUEST_TYPES, type GuestType } from './effective.ts';
import { isCacheable, VOCABULARY, vmaEnv } from './facts.ts';
import { hazards } from './hazards.ts';
import { HOST_FAULT, isSpecial } from './host-fault.ts';
import type {
  Arm64Cpu,
  Arm64Policy,
  FaultOutcome,
  PfnClass,
  S2Type,
  SlotFlag,
  SlotOutcome,
  Vma,
} from './model.ts';

export interface Arm64Side {
  readonly policy: Arm64Policy;
  readonly cpu: Arm64Cpu;
}

export interface Arm64MigrationInput {
  /** What is mapped on both sides. */
  readonly mapping: Vma & { readonly pfn: PfnClass };
  readonly src: Arm64Side;
  readonly dst: Arm64Side;
  /** Let the host's own fault come first, as it does on a real machine. */
  readonly hostFault?: boolean;
}

export type MigrationOutcome =
  | { readonly outcome: 'ok'; readonly type: S2Type }
  | {
      readonly outcome: 'source-cannot-run' | 'destination-fails';
      readonly at: 'memslot' | 'fault';
      readonly errno: string;
      readonly why: string;
    }
  | { readonly outcome: 'silent-type-change'; readonly from: S2Type; readonly to: S2Type };

export interface Arm64Migration {
  readonly outcome: MigrationOutcome['outcome'];
  readonly result: MigrationOutcome;
  /** Guest stage-1 types whose effective type differs between the two sides. */
  readonly viewChanges: readonly {
    readonly guest: GuestType;
    readonly from: GuestType;
    readonly to: GuestType;
  }[];
  /** Hazards of the leaf that both sides have, which moving does not cure: it runs, but wrong. */
  readonly hazards: readonly string[];
  readonly src: SideRun;
  readonly dst?: SideRun;
  readonly grade: Grade;
}

/** Hazards under which a guest works with wrong data. */
const WRONG = new Set(['stale-data-leak', 'dcache-cmo-impossible', 'icache-cmo-impossible']);

export interface SideRun {
  readonly era: string;
  readonly slotFlags: readonly SlotFlag[];
  readonly slot: SlotOutcome;
  readonly fault?: FaultOutcome;
  readonly grade: Grade;
  readonly decidedBy: string;
}

const CACHEABLE = VOCABULARY.compile('VM_PFNMAP & kvm_vma_is_cacheable');

/** What a VMM passes: in cp-v4 to cp-v6 the flag, for a cacheable VM_PFNMAP. */
export const slotFlagsFor = (policy: Arm64Policy, vma: Vma, cpu: Arm64Cpu): SlotFlag[] =>
  policy.slotFlags.includes('KVM_MEM_ENABLE_CACHEABLE_PFNMAP') && CACHEABLE.holds(vmaEnv(vma, cpu))
    ? ['KVM_MEM_ENABLE_CACHEABLE_PFNMAP']
    : [];

function start({ policy, cpu }: Arm64Side, vma: Vma, pfn: PfnClass, hostFault: boolean): SideRun {
  const slotFlags = slotFlagsFor(policy, vma, cpu);
  const slot = decideSlot(policy, {
    change: 'CREATE',
    slotFlags,
    slotEnd: 'below',
    vmMte: false,
    cpu,
    vmas: [vma],
  });
  if (!slot.outcome.ok)
    return { era: policy.id, slotFlags, slot: slot.outcome, grade: slot.grade, decidedBy: slot.decidedBy };
  const special = isSpecial(vma, pfn);
  if (hostFault) {
    const host = HOST_FAULT.run(
      { ...vmaEnv(vma, cpu), access: 'read', pte_special: special, writable: true, pfn },
      end => end.errno,
    );
    if (host.outcome !== undefined)
      return {
        era: policy.id,
        slotFlags,
        slot: slot.outcome,
        fault: { r: 'error', errno: host.outcome.errno, why: host.decidedBy as string },
        grade: weakest([slot.grade, host.grade]),
        decidedBy: host.decidedBy as string,
      };
  }
  const fault = decideFault(policy, {
    access: 'read',
    vma,
    pfn,
    cpu,
    hostWritable: true,
    slotFlags,
    vmMte: false,
    permFault: false,
  });
  return {
    era: policy.id,
    slotFlags,
    slot: slot.outcome,
    fault: fault.outcome,
    grade: weakest([slot.grade, fault.grade]),
    decidedBy: fault.decidedBy,
  };
}

function failure(run: SideRun): { at: 'memslot' | 'fault'; errno: string; why: string } | undefined {
  if (!run.slot.ok) return { at: 'memslot', errno: run.slot.errno, why: run.slot.why };
  if (run.fault?.r === 'error') return { at: 'fault', errno: run.fault.errno, why: run.fault.why };
  return undefined;
}

export function migrate({ mapping, hostFault = false, ...sides }: Arm64MigrationInput): Arm64Migration {
  const src = start(sides.src, mapping, mapping.pfn, hostFault);
  const broken = failure(src);
  if (broken) return refused({ outcome: 'source-cannot-run', ...broken }, { src, grade: src.grade });
  const dst = start(sides.dst, mapping, mapping.pfn, hostFault);
  const grade = weakest([src.grade, dst.grade]);
  const failed = failure(dst);
  if (failed) return refused({ outcome: 'destination-fails', ...failed }, { src, dst, grade });
  if (src.fault?.r !== 'map' || dst.fault?.r !== 'map')
    throw new Error('a read that does not fail maps a leaf');
  const from = src.fault.t;
  const to = dst.fault.t;
  const viewChanges = GUEST_TYPES.map(guest => ({
    guest,
    from: effective(sides.src.cpu.fwb, from, guest),
    to: effective(sides.dst.cpu.fwb, to, guest),
  })).filter(view => view.from !== view.to);
  const result: MigrationOutcome =
    from === to ? { outcome: 'ok', type: from } : { outcome: 'silent-type-change', from, to };
  const there = wrong(mapping, to, sides.dst.cpu);
  const both = wrong(mapping, from, sides.src.cpu).filter(id => there.includes(id));
  return { outcome: result.outcome, result, viewChanges, hazards: both, src, dst, grade };
}

const refused = (
  result: MigrationOutcome,
  run: Pick<Arm64Migration, 'src' | 'dst' | 'grade'>,
): Arm64Migration => ({ outcome: result.outcome, result, viewChanges: [], hazards: [], ...run });

/** The hazards of the leaf under which a guest works with wrong data. */
const wrong = (mapping: Arm64MigrationInput['mapping'], s2: S2Type, cpu: Arm64Cpu): string[] =>
  hazards({
    hostCacheable: isCacheable(mapping),
    s2,
    cpu,
    kernelMapped: mapping.pfn !== 'no-page',
    exec: false,
  })
    .map(h => h.id)
    .filter(id => WRONG.has(id));
