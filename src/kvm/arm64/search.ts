/**
 * Does a policy have a property? Every input is tried; what contradicts is shown as conditions and as one input that can
 * be replayed with `predict`.
 */
import { eraGrade } from '../era.ts';
import { KvmInputError, unknownName } from '../errors.ts';
import { type Condition, ExprError, type Facts, type Value, Vocabulary } from '../expr.ts';
import { type Counterexamples, counterexamples, type Property, type QueryOptions } from '../query.ts';
import { FACTS, vmaEnv } from './facts.ts';
import type { Arm64Policy, FaultOutcome } from './model.ts';
import { type Point, Space, USUALLY_FIXED, type Verdict } from './space.ts';

const OUTCOMES = ['map', 'error', 'inject', 'none'] as const;

/** What a property may ask about, beside the facts of the input. `none`: the slot was refused, or the access cannot happen. */
export const OUTCOME_FACTS: Facts = {
  slot_ok: { means: 'the slot is accepted' },
  read: { values: OUTCOMES, means: 'outcome of a load' },
  write: { values: OUTCOMES, means: 'outcome of a store' },
  exec: { values: OUTCOMES, means: 'outcome of an instruction fetch' },
  fault_ok: { is: 'read != error & write != error & exec != error', means: 'no access makes KVM_RUN fail' },
  type: { values: ['NORMAL', 'NORMAL_NC', 'DEVICE', 'none'], means: 'stage-2 type of the leaf' },
  uncached: { is: 'type = DEVICE | type = NORMAL_NC', means: 'the guest can only have uncached views' },
  executable: { means: 'some access leaves an executable leaf' },
  dcache_owed: { means: 'the D-cache must be cleaned when the leaf is written' },
  icache_owed: { means: 'the I-cache must be invalidated when the leaf is written' },
  no_kernel_address: { means: 'the page certainly has no kernel address (no struct page)' },
  ordinary_ram: { means: 'memory in an ordinary cacheable mapping of a VM without MTE' },
};

const INPUT_FACTS: Facts = Object.fromEntries(
  Object.entries(FACTS).filter(
    ([name]) =>
      ![
        'access',
        'write_fault',
        'exec_fault',
        'fault_is_perm',
        'writable',
        'change',
        'slot_end',
        'unknown_flag',
        'pte_special',
      ].includes(name),
  ),
);

export const PROPERTY_VOCABULARY = new Vocabulary({ ...INPUT_FACTS, ...OUTCOME_FACTS });

export const PROPERTIES: readonly Property[] = [
  {
    id: 'ordinary-ram-never-refused',
    says: 'ordinary RAM is never refused',
    expr: 'ordinary_ram -> slot_ok & fault_ok',
  },
  {
    id: 'no-impossible-icache',
    says: 'no executable leaf owes an impossible I-cache invalidation',
    expr: 'icache_owed -> !no_kernel_address',
  },
  {
    id: 'no-impossible-dcache',
    says: 'no leaf owes an impossible D-cache clean',
    expr: 'dcache_owed -> !no_kernel_address',
  },
  { id: 'slot-implies-fault', says: 'slot acceptance implies fault success', expr: 'slot_ok -> fault_ok' },
  {
    id: 'no-cacheable-downgrade',
    says: 'what the host maps cacheable is never mapped uncached',
    expr: 'kvm_vma_is_cacheable -> !uncached',
  },
  {
    id: 'no-uncached-upgrade',
    says: 'what the host maps uncached is never mapped cacheable',
    expr: '!kvm_vma_is_cacheable -> type != NORMAL',
  },
];

/** A name, its sentence, or an expression over the facts. */
export function parseProperty(text: string): Property & { readonly condition: Condition } {
  const plain = text.trim().toLowerCase().replace(/\.$/, '');
  const named = PROPERTIES.find(p => p.id === plain || p.says.toLowerCase() === plain);
  const property = named ?? { id: 'expression', says: text.trim(), expr: text };
  try {
    return { ...property, condition: PROPERTY_VOCABULARY.compile(property.expr) };
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    if (/^[a-z-]+$/i.test(text.trim()))
      throw unknownName(
        'property',
        text,
        PROPERTIES.map(p => p.id),
      );
    throw new KvmInputError(
      `${error.message}; valid: a property (${PROPERTIES.map(p => p.id).join(', ')}) or an expression over the facts that 'kvm search --facts' lists`,
      PROPERTIES.map(p => p.id),
    );
  }
}

const word = (o: FaultOutcome | undefined): string =>
  o === undefined ? 'none' : o.r === 'relax' ? 'map' : o.r;

function env(point: Point, verdict: Verdict): Record<string, Value> {
  const ok = verdict.slot.ok;
  const faults = ok ? verdict.faults : {};
  const leaves = Object.values(faults).filter(o => o?.r === 'map');
  const special = point.flags.includes('VM_PFNMAP') || point.flags.includes('VM_MIXEDMAP');
  const out: Record<string, Value> = {
    ...vmaEnv(point, point.cpu),
    pfn: point.pfn,
    kvm_has_mte: point.vmMte,
    slot_ok: ok,
    read: word(faults.read),
    write: word(faults.write),
    exec: word(faults.exec),
    type: leaves[0]?.t ?? 'none',
    executable: leaves.some(o => o.p[2] === 'x'),
    dcache_owed: leaves.some(o => o.dc === 1),
    icache_owed: leaves.some(o => o.ic === 1),
    no_kernel_address: point.pfn === 'no-page',
    ordinary_ram:
      !special &&
      point.pfn === 'ram' &&
      !point.vmMte &&
      !point.pgprot.startsWith('MT_DEVICE') &&
      point.pgprot !== 'MT_NORMAL_NC',
  };
  for (const flag of point.slotFlags) out[flag] = true;
  return out;
}

export function search(
  policy: Arm64Policy,
  text: string,
  options: QueryOptions = {},
): Counterexamples<Point & { readonly verdict: Verdict }> {
  const { condition, ...property } = parseProperty(text);
  const alsoReads = condition.reads.filter(name => name in FACTS);
  const space = new Space([policy], { fixed: USUALLY_FIXED, ...options, alsoReads });
  return {
    policy: policy.id,
    property,
    ...counterexamples(
      space.dimensions,
      index => {
        const point = space.point(index);
        return space.possible(point) ? condition.holds(env(point, space.verdict(policy, point))) : undefined;
      },
      index => {
        const point = space.point(index);
        return { ...point, verdict: space.verdict(policy, point) };
      },
    ),
    grade: eraGrade(policy),
  };
}
