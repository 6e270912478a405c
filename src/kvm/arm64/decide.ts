/** The two decisions of KVM on arm64, from facts to outcome with its trace: the slot, and one fault. */
import type { Evidence, Grade } from '../evidence.ts';
import { measured, source, strongest, weakest } from '../evidence.ts';
import type { Value } from '../expr.ts';
import { Program, type TraceStep } from '../policy.ts';
import { faultEnv, slotEnv, VOCABULARY, vmaEnv } from './facts.ts';
import type {
  Access,
  Arm64Cpu,
  Arm64Policy,
  Change,
  FaultEnd,
  FaultOutcome,
  PfnClass,
  ProtBit,
  SlotEnd,
  SlotFlag,
  SlotOutcome,
  Vma,
} from './model.ts';
import { maintenance, permissions, setProt } from './prot.ts';

/** The programs of a policy, compiled once. */
export interface CompiledPolicy {
  readonly policy: Arm64Policy;
  readonly slot: Program<SlotEnd>;
  readonly vma: Program<SlotEnd>;
  readonly fault: Program<FaultEnd, ProtBit>;
}

const compiled = new WeakMap<Arm64Policy, CompiledPolicy>();

/** Compiling checks every word of every condition of the era. */
export function compile(policy: Arm64Policy): CompiledPolicy {
  let programs = compiled.get(policy);
  if (programs === undefined) {
    programs = {
      policy,
      slot: new Program(VOCABULARY, policy.slot, policy.evidence),
      vma: new Program(VOCABULARY, policy.vma, policy.evidence),
      fault: new Program(VOCABULARY, policy.fault, policy.evidence, ['writable']),
    };
    compiled.set(policy, programs);
  }
  return programs;
}

/** An outcome with everything that led to it. */
export interface Decision<O> {
  readonly outcome: O;
  /** The row that decided; for a leaf the row that gave its type, or `install` where none made it a device. */
  readonly decidedBy: string;
  /** That row in one sentence. */
  readonly because: string;
  readonly grade: Grade;
  readonly trace: readonly TraceStep[];
}

const describeSlot = (end: SlotEnd): string =>
  end.r === 'accept' ? 'accepted' : `slot refused, ${end.errno}`;
const describeFault = (end: FaultEnd): string =>
  end.r === 'inject' ? 'external instruction abort into the guest' : `KVM_RUN fails, ${end.errno}`;

export interface SlotInput {
  readonly change: Change;
  readonly slotFlags: readonly SlotFlag[];
  /** End of the slot against the VM's IPA limit. */
  readonly slotEnd: 'below' | 'at' | 'above';
  readonly vmMte: boolean;
  readonly cpu: Arm64Cpu;
  /** VMAs under the slot in address order; holes between them are skipped by the kernel. */
  readonly vmas: readonly Vma[];
}

/** KVM_SET_USER_MEMORY_REGION. `vma` is the index of the VMA that was refused. */
export function decideSlot(
  policy: Arm64Policy,
  input: SlotInput,
): Decision<SlotOutcome> & { readonly vma?: number } {
  const programs = compile(policy);
  const slot = slotEnv({
    flags: input.slotFlags,
    known: policy.slotFlags,
    change: input.change,
    slotEnd: input.slotEnd,
    vmMte: input.vmMte,
  });
  const first = programs.slot.run({ ...slot, FWB: input.cpu.fwb, DIC: input.cpu.dic }, describeSlot);
  const trace: TraceStep[] = [...first.trace];
  if (first.outcome !== undefined) {
    const why = first.decidedBy as string;
    return {
      outcome: first.outcome.r === 'accept' ? { ok: true } : { ok: false, errno: first.outcome.errno, why },
      decidedBy: why,
      because: first.trace.at(-1)?.says ?? '',
      grade: first.grade,
      trace,
    };
  }
  const grades: Grade[] = [first.grade];
  let eager = false;
  for (const [index, vma] of input.vmas.entries()) {
    const run = programs.vma.run({ ...slot, ...vmaEnv(vma, input.cpu) }, describeSlot);
    trace.push(...run.trace);
    grades.push(run.grade);
    if (run.outcome?.r === 'refuse') {
      const why = run.decidedBy as string;
      return {
        outcome: { ok: false, errno: run.outcome.errno, why },
        decidedBy: why,
        because: run.trace.at(-1)?.says ?? '',
        grade: run.grade,
        trace,
        vma: index,
      };
    }
    if (policy.eagerPfnmap === true && vma.flags.includes('VM_PFNMAP')) eager = true;
  }
  const p = input.slotFlags.includes('KVM_MEM_READONLY') ? 'r--' : 'rw-';
  return {
    outcome: eager ? { ok: true, eager: { p, t: 'DEVICE' } } : { ok: true },
    decidedBy: 'accepted',
    because: eager ? 'No check objects; raw page frames are mapped at once.' : 'No check objects.',
    grade: weakest(grades),
    trace,
  };
}

export interface FaultInput {
  readonly access: Access;
  readonly vma: Vma;
  readonly pfn: PfnClass;
  readonly cpu: Arm64Cpu;
  /** The host let KVM have the page for writing. */
  readonly hostWritable: boolean;
  readonly slotFlags: readonly SlotFlag[];
  readonly vmMte: boolean;
  /** A permission fault on a leaf of the same size, instead of a translation fault. */
  readonly permFault: boolean;
  readonly pteSpecial?: boolean;
}

const WRITE_LEAF: readonly Evidence[] = [
  measured('Linux 6.18.2 on arm64: MemAttr, S2AP and XN of every leaf'),
  source('arch/arm64/kvm/hyp/pgtable.c stage2_set_prot_attr(), stage2_map_walker_try_leaf()'),
];
const RELAX_LEAF: readonly Evidence[] = [
  source('arch/arm64/kvm/hyp/pgtable.c kvm_pgtable_stage2_relax_perms(), stage2_attr_walker()'),
];

const envOf = (policy: Arm64Policy, input: FaultInput) => ({
  ...slotEnv({
    flags: input.slotFlags,
    known: policy.slotFlags,
    change: 'CREATE',
    slotEnd: 'below',
    vmMte: input.vmMte,
  }),
  ...vmaEnv(input.vma, input.cpu),
  ...faultEnv({
    access: input.access,
    pfn: input.pfn,
    permFault: input.permFault,
    hostWritable: input.hostWritable,
    pteSpecial: input.pteSpecial ?? false,
  }),
});

function finish(
  policy: Arm64Policy,
  input: Pick<FaultInput, 'permFault' | 'cpu'>,
  end: FaultEnd | undefined,
  decidedBy: string | undefined,
  prot: ReadonlySet<ProtBit>,
): FaultOutcome {
  if (end?.r === 'inject') return { r: 'inject', abort: 'SEA-iabt', why: decidedBy ?? '' };
  if (end?.r === 'error') return { r: 'error', errno: end.errno, why: decidedBy ?? '' };
  const p = permissions(prot);
  if (input.permFault) return { r: 'relax', p };
  const leaf = setProt(policy.prot, input.cpu.fwb, prot);
  if (!leaf.ok) return { r: 'error', errno: leaf.errno, why: 'x-on-noncacheable-prot' };
  return {
    r: 'map',
    p,
    t: leaf.t,
    a: leaf.a,
    ...maintenance(leaf.t, !leaf.xn, input.cpu.fwb, input.cpu.dic),
  };
}

/** user_mem_abort() for one access, after the host has let KVM have the page. */
export function decideFault(policy: Arm64Policy, input: FaultInput): Decision<FaultOutcome> {
  const run = compile(policy).fault.run(envOf(policy, input), describeFault);
  const outcome = finish(policy, input, run.outcome, run.decidedBy, run.prot);
  if (run.outcome !== undefined) {
    const because = run.trace.at(-1)?.says ?? '';
    return { outcome, decidedBy: run.decidedBy as string, because, grade: run.grade, trace: run.trace };
  }
  const evidence = outcome.r === 'relax' ? RELAX_LEAF : WRITE_LEAF;
  const install: TraceStep = {
    id: 'install',
    condition: outcome.r === 'relax' ? 'fault_is_perm' : '!fault_is_perm',
    saw: { prot: ['R', ...run.prot].join('|'), FWB: input.cpu.fwb, DIC: input.cpu.dic },
    held: true,
    effect: describeOutcome(outcome),
    says:
      outcome.r === 'relax'
        ? 'Permissions are added to the leaf that is there; its memory type stays.'
        : 'The leaf is written from the protection bits; the cache maintenance it owes is done before it becomes visible.',
    evidence,
  };
  const type = run.trace.find(
    step => step.held && (step.id === 'prot DEVICE' || step.id === 'prot NORMAL_NC'),
  );
  const because =
    outcome.r === 'error'
      ? 'stage2_set_prot_attr() refuses X on a leaf that is not cacheable.'
      : outcome.r === 'relax'
        ? install.says
        : (type?.says ?? 'Nothing made it a device: NORMAL.');
  return {
    outcome,
    decidedBy: outcome.r === 'error' ? outcome.why : outcome.r === 'map' && type ? type.id : 'install',
    because,
    grade: weakest([run.grade, strongest(evidence.map(e => e.grade))]),
    trace: [...run.trace, install],
  };
}

/**
 * Both decisions without trace, for queries: the caller keeps one environment per input and says what changes between
 * the accesses. Same programs, same rows.
 */
export function quickSlot(policy: Arm64Policy, env: Record<string, Value>): SlotOutcome {
  const programs = compile(policy);
  const first = programs.slot.quick(env);
  if (first.outcome?.r === 'accept') return { ok: true };
  const { outcome, decidedBy } = first.outcome ? first : programs.vma.quick(env);
  if (outcome?.r === 'refuse') return { ok: false, errno: outcome.errno, why: decidedBy ?? '' };
  if (policy.eagerPfnmap !== true || env.VM_PFNMAP !== true) return { ok: true };
  return { ok: true, eager: { p: env.KVM_MEM_READONLY === true ? 'r--' : 'rw-', t: 'DEVICE' } };
}

export function quickFault(
  policy: Arm64Policy,
  env: Record<string, Value>,
  how: {
    readonly access: Access;
    readonly hostWritable: boolean;
    readonly permFault: boolean;
    readonly cpu: Arm64Cpu;
  },
): FaultOutcome {
  env.access = how.access;
  env.writable = how.hostWritable;
  env.fault_is_perm = how.permFault;
  const run = compile(policy).fault.quick(env);
  return finish(policy, how, run.outcome, run.decidedBy, run.prot);
}

/** One outcome as a phrase: `map rwx NORMAL (MemAttr 0xf), clean D-cache`. */
export function describeOutcome(o: FaultOutcome): string {
  switch (o.r) {
    case 'map':
      return `map ${o.p} ${o.t} (MemAttr 0x${o.a.toString(16)})${o.dc ? ', D-cache cleaned' : ''}${o.ic ? ', I-cache invalidated' : ''}${o.size === undefined ? '' : `, ${o.size}`}`;
    case 'relax':
      return `add permissions ${o.p}, type stays`;
    case 'error':
      return `KVM_RUN fails -${o.errno} (${o.why})`;
    case 'inject':
      return 'external instruction abort into the guest';
  }
}
