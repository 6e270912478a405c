/**
 * The finite space of arm64 inputs, one dimension per question that some policy asks. Queries go through it completely;
 * dimensions that the policies at hand never read stay at their first value, so a small question has a small space.
 */

import type { Dimension } from '../cubes.ts';
import type { Value } from '../expr.ts';
import { coordinates, type QueryOptions, sizeOf } from '../query.ts';
import { CONSISTENT } from './contradictions.ts';
import { compile, quickFault, quickSlot } from './decide.ts';
import { VOCABULARY, vmaEnv } from './facts.ts';
import { HOST_FAULT, isSpecial } from './host-fault.ts';
import { slotFlagsFor } from './migrate.ts';
import {
  ACCESSES,
  type Access,
  type Arm64Cpu,
  type Arm64Policy,
  type FaultOutcome,
  PFN_CLASSES,
  type PfnClass,
  PGPROTS,
  type Pgprot,
  type SlotFlag,
  type SlotOutcome,
  type VmaFlag,
} from './model.ts';

/** Least interesting first: a query tries to do without these before the ones below. */
export const DIMENSIONS: readonly Dimension[] = [
  { name: 'slot', values: ['read-write', 'read-only'], facts: ['KVM_MEM_READONLY'] },
  { name: 'dirty logging', values: ['off', 'on'], facts: ['KVM_MEM_LOG_DIRTY_PAGES'] },
  { name: 'MTE', values: ['no', 'VM and VMA', 'VM, not the VMA'], facts: ['kvm_has_mte', 'VM_MTE_ALLOWED'] },
  { name: 'VM_IO', values: ['no', 'yes'], facts: ['VM_IO'] },
  { name: 'VM_ALLOW_ANY_UNCACHED', values: ['no', 'yes'], facts: ['VM_ALLOW_ANY_UNCACHED'] },
  {
    name: 'sharing',
    values: ['shared', 'shared read-only', 'private (copy-on-write)', 'private read-only'],
    facts: ['VM_SHARED', 'VM_MAYWRITE', 'writable'],
  },
  { name: 'pgprot', values: PGPROTS, facts: ['pgprot'] },
  { name: 'pfn', values: PFN_CLASSES, facts: ['pfn'] },
  { name: 'mapping', values: ['ordinary', 'VM_PFNMAP', 'VM_MIXEDMAP'], facts: ['VM_PFNMAP', 'VM_MIXEDMAP'] },
  { name: 'CPU', values: ['none', 'FWB', 'DIC', 'FWB+DIC'], facts: ['FWB', 'DIC'] },
];

/** One input, decoded from its place in the space. */
export interface Point {
  readonly flags: readonly VmaFlag[];
  readonly pgprot: Pgprot;
  readonly pfn: PfnClass;
  readonly cpu: Arm64Cpu;
  readonly slotFlags: readonly SlotFlag[];
  readonly vmMte: boolean;
  readonly hostWritable: boolean;
}

/** What one policy does with one input. A store to memory that the host does not let be written never faults. */
export interface Verdict {
  readonly slot: SlotOutcome;
  readonly faults: Readonly<Partial<Record<Access, FaultOutcome>>>;
  /** A read that meets a leaf without read permission: until 6.17 an error of its own. */
  readonly readPermissionFault: FaultOutcome;
}

export interface SpaceOptions extends QueryOptions {
  /** Facts that the question itself reads, beside the policies. */
  readonly alsoReads?: readonly string[];
}

/** What a question about memory types usually leaves out. */
export const USUALLY_FIXED: readonly string[] = ['MTE', 'dirty logging'];

const consistent = VOCABULARY.compile(CONSISTENT).holds;

/** Facts read only by the slot's own checks are part of the question as well. */
function readsOf(policies: readonly Arm64Policy[], options: SpaceOptions): Set<string> {
  const out = new Set<string>(options.alsoReads ?? []);
  for (const policy of policies) {
    const { slot, vma, fault } = compile(policy);
    for (const read of [...slot.reads, ...vma.reads, ...fault.reads]) out.add(read);
    if (policy.eagerPfnmap) out.add('KVM_MEM_READONLY');
  }
  if (options.hostFault) for (const read of HOST_FAULT.reads) out.add(read);
  // The leaf written depends on FWB and DIC in every era.
  out.add('FWB');
  out.add('VM_SHARED');
  return out;
}

export class Space {
  readonly dimensions: readonly Dimension[];
  readonly size: number;
  readonly #options: SpaceOptions;

  constructor(policies: readonly Arm64Policy[], options: SpaceOptions = {}) {
    const reads = readsOf(policies, options);
    this.#options = options;
    const asked = new Set(options.alsoReads ?? []);
    this.dimensions = DIMENSIONS.filter(
      d =>
        d.facts.some(fact => asked.has(fact)) ||
        (!options.fixed?.includes(d.name) && d.facts.some(fact => reads.has(fact))),
    );
    this.size = sizeOf(this.dimensions);
  }

  point(index: number): Point {
    const at = coordinates(this.dimensions, index);
    const value = (name: string): string => {
      const i = this.dimensions.findIndex(d => d.name === name);
      const d = i < 0 ? DIMENSIONS.find(x => x.name === name) : this.dimensions[i];
      return d?.values[i < 0 ? 0 : (at[i] as number)] as string;
    };
    const flags: VmaFlag[] = [];
    const mapping = value('mapping');
    if (mapping !== 'ordinary') flags.push(mapping as VmaFlag);
    if (value('VM_IO') === 'yes') flags.push('VM_IO');
    const sharing = value('sharing');
    if (sharing.startsWith('shared')) flags.push('VM_SHARED');
    if (!sharing.endsWith('read-only')) flags.push('VM_MAYWRITE');
    if (value('VM_ALLOW_ANY_UNCACHED') === 'yes') flags.push('VM_ALLOW_ANY_UNCACHED');
    const mte = value('MTE');
    if (mte === 'VM and VMA') flags.push('VM_MTE_ALLOWED');
    const slotFlags: SlotFlag[] = [];
    if (value('dirty logging') === 'on') slotFlags.push('KVM_MEM_LOG_DIRTY_PAGES');
    if (value('slot') === 'read-only') slotFlags.push('KVM_MEM_READONLY');
    const cpu = value('CPU');
    return {
      flags,
      pgprot: value('pgprot') as Pgprot,
      pfn: value('pfn') as PfnClass,
      cpu: {
        fwb: cpu.includes('FWB'),
        dic: cpu.includes('DIC'),
      },
      slotFlags,
      vmMte: mte !== 'no',
      hostWritable: flags.includes('VM_MAYWRITE'),
    };
  }

  /** Whether a mapping like this can exist. */
  possible(point: Point): boolean {
    return consistent({ ...vmaEnv(point, point.cpu), pfn: point.pfn });
  }

  /** What this policy does, the VMM asking in the way the policy wants to be asked (the slot flag of cp-v4 to cp-v6). */
  verdict(policy: Arm64Policy, p: Point): Verdict {
    const { cpu } = p;
    const env = environment(p, [...p.slotFlags, ...slotFlagsFor(policy, p, cpu)], policy.slotFlags);
    const slot = quickSlot(policy, env);
    const faults: Partial<Record<Access, FaultOutcome>> = {};
    const rawCopy =
      env.pte_special === true && p.flags.includes('VM_MAYWRITE') && !p.flags.includes('VM_SHARED');
    for (const access of ACCESSES) {
      let { hostWritable } = p;
      if (this.#options.hostFault) {
        env.access = access;
        env.writable = hostWritable;
        const host = HOST_FAULT.quick(env);
        if (host.outcome !== undefined) {
          faults[access] = { r: 'error', errno: host.outcome.errno, why: host.decidedBy ?? '' };
          continue;
        }
        hostWritable = hostWritable && !rawCopy;
      }
      if (access === 'write' && !hostWritable) continue;
      faults[access] = quickFault(policy, env, { access, hostWritable, permFault: false, cpu });
    }
    const readPermissionFault = quickFault(policy, env, {
      access: 'read',
      hostWritable: p.hostWritable,
      permFault: true,
      cpu,
    });
    return { slot, faults, readPermissionFault };
  }
}

/** One object of one shape for every input: a query makes a hundred thousand of them. */
function environment(
  p: Point,
  slotFlags: readonly SlotFlag[],
  known: readonly SlotFlag[],
): Record<string, Value> {
  const has = (flag: VmaFlag) => p.flags.includes(flag);
  const asks = (flag: SlotFlag) => slotFlags.includes(flag);
  return {
    VM_PFNMAP: has('VM_PFNMAP'),
    VM_MIXEDMAP: has('VM_MIXEDMAP'),
    VM_IO: has('VM_IO'),
    VM_SHARED: has('VM_SHARED'),
    VM_MAYWRITE: has('VM_MAYWRITE'),
    VM_ALLOW_ANY_UNCACHED: has('VM_ALLOW_ANY_UNCACHED'),
    VM_MTE_ALLOWED: has('VM_MTE_ALLOWED'),
    pgprot: p.pgprot,
    pfn: p.pfn,
    pte_special: isSpecial(p, p.pfn),
    FWB: p.cpu.fwb,
    DIC: p.cpu.dic,
    KVM_MEM_LOG_DIRTY_PAGES: asks('KVM_MEM_LOG_DIRTY_PAGES'),
    KVM_MEM_READONLY: asks('KVM_MEM_READONLY'),
    KVM_MEM_GUEST_MEMFD: asks('KVM_MEM_GUEST_MEMFD'),
    KVM_MEM_ENABLE_CACHEABLE_PFNMAP: asks('KVM_MEM_ENABLE_CACHEABLE_PFNMAP'),
    unknown_flag: slotFlags.some(flag => !known.includes(flag)),
    change: 'CREATE',
    slot_end: 'below',
    kvm_has_mte: p.vmMte,
    access: 'read',
    fault_is_perm: false,
    writable: p.hostWritable,
  };
}
