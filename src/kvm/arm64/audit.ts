/** One memslot of an arm64 VM against what a policy says of it, leaf by leaf. */
import { stage2Leaf, stage2Settings } from '../../arm64/descriptors/stage2.ts';
import { decode } from '../../bits/codec.ts';
import { settle } from '../../bits/settings.ts';
import { hex } from '../../bits/word.ts';
import {
  type AuditLeaf,
  type AuditReport,
  type Charge,
  type Court,
  audit as hold,
  RECORDED,
  type Recorded,
} from '../audit.ts';
import { errnoNumber } from '../errno.ts';
import type { Arm64Cpu, Arm64Policy, PfnClass, SlotFlag, Vma } from './model.ts';
import { type Arm64Prediction, type MappingPrediction, predict } from './predict.ts';
import { s2ap } from './prot.ts';

export interface Arm64AuditSlot {
  readonly name: string;
  readonly at: bigint | undefined;
  readonly size?: bigint;
  readonly vma: Vma | undefined;
  readonly pfn: PfnClass | undefined;
  readonly cpu: Arm64Cpu;
  readonly slotFlags?: readonly SlotFlag[];
  readonly pkvmHost?: boolean;
  /** Return of KVM_SET_USER_MEMORY_REGION, when it was recorded. */
  readonly create?: number;
  /** Per access the return of KVM_RUN, when it was recorded. */
  readonly fault?: Readonly<Partial<Record<Recorded, number>>>;
}

/** Where a slot's size was not recorded. */
const ASSUMED_SIZE = 0x20_0000n;

const leafFormat = stage2Leaf(settle(stage2Settings, {}));

/** The fields that the policy writes, read with the stage-2 layout. */
export function stage2Fields(raw: bigint): { memAttr: number; s2ap: number; xn: number } {
  const { memAttr = 0, s2ap: ap = 0, xn = 0 } = decode(leafFormat, raw);
  return { memAttr, s2ap: ap, xn };
}

export function audit(
  policy: Arm64Policy,
  slots: readonly Arm64AuditSlot[],
  leaves: readonly AuditLeaf[],
): AuditReport {
  const judgeOf = (slot: Arm64AuditSlot) => {
    const { at, vma, pfn, name, cpu, slotFlags = [], pkvmHost = false } = slot;
    if (at === undefined || vma === undefined || pfn === undefined)
      return 'the host mapping was not recorded';
    return (court: Court): void => {
      const mappings = [{ ...vma, pfn, name }];
      const prediction = predict({ policy, cpu, slotFlags, pkvmHost, mappings });
      court.grade(prediction.grade);
      judgeSlot({ ...slot, at }, prediction, court);
    };
  };
  return hold(policy, slots, leaves, judgeOf, judged => {
    const unsized = judged.filter(slot => slot.size === undefined).length;
    return unsized === 0
      ? []
      : [`${unsized} slots without a recorded size are taken as ${hex(ASSUMED_SIZE)}`];
  });
}

const recordedFault = (returned: number): string => (returned === 0 ? 'resolved' : String(returned));

/** What the kernel answered, then what stands in the table. */
function judgeSlot(
  slot: Arm64AuditSlot & { readonly at: bigint },
  { slot: creation, mappings, grade }: Arm64Prediction,
  court: Court,
): void {
  const say = (charge: Omit<Charge, 'grade'>) => court.say({ ...charge, grade });
  const mine = court.leavesIn(slot.at, slot.size ?? ASSUMED_SIZE);
  const verdict = creation.outcome;
  if (slot.create !== undefined && slot.create !== (verdict.ok ? 0 : errnoNumber(verdict.errno))) {
    say({
      kind: 'slot',
      expected: verdict.ok ? 'accepted' : `refused -${verdict.errno}`,
      found: recordedFault(slot.create),
      decidedBy: creation.decidedBy,
    });
    if (slot.create !== 0) return;
  }
  if (!verdict.ok) {
    const expected = `no leaf: the slot is refused (${verdict.why})`;
    for (const { raw, at } of mine)
      say({ kind: 'unexpected-leaf', expected, found: hex(raw), decidedBy: verdict.why, at });
    return;
  }
  const [mapping] = mappings;
  if (mapping === undefined) return;
  judgeFaults(slot.fault ?? {}, mapping, say);
  for (const leaf of mine) judgeLeaf(leaf, mapping, say);
  if (mine.length === 0 && mapping.leaf && slot.fault?.load === 0)
    say({
      kind: 'missing-leaf',
      expected: `${mapping.leaf.t} (MemAttr ${hex(mapping.leaf.a)})`,
      found: 'nothing is mapped',
      decidedBy: mapping.accesses[0]?.decidedBy ?? '',
      at: slot.at,
    });
}

type Say = (charge: Omit<Charge, 'grade'>) => void;

/** Each recorded return of KVM_RUN. */
function judgeFaults(
  fault: NonNullable<Arm64AuditSlot['fault']>,
  mapping: MappingPrediction,
  say: Say,
): void {
  for (const [name, returned] of Object.entries(fault) as [Recorded, number][]) {
    const access = mapping.accesses.find(a => a.access === RECORDED[name]);
    const outcome = access?.outcome;
    if (access === undefined || outcome === undefined || outcome.r === 'inject') continue;
    if ((outcome.r === 'error' ? errnoNumber(outcome.errno) : 0) !== returned)
      say({
        kind: 'fault',
        expected: outcome.r === 'error' ? `${name} fails -${outcome.errno}` : `${name} resolved`,
        found: recordedFault(returned),
        decidedBy: access.decidedBy,
      });
  }
}

/** One leaf: its type, then its permissions. */
function judgeLeaf({ raw, at }: AuditLeaf, mapping: MappingPrediction, say: Say): void {
  const { memAttr, s2ap: ap, xn } = stage2Fields(raw);
  if (mapping.leaf === undefined) {
    const why = mapping.accesses[0]?.decidedBy ?? '';
    say({
      kind: 'unexpected-leaf',
      expected: `no leaf: every access fails (${why})`,
      found: hex(raw),
      decidedBy: why,
      at,
    });
    return;
  }
  const mapped = mapping.accesses.flatMap(a => (a.outcome.r === 'map' ? [{ ...a, p: a.outcome.p }] : []));
  const decidedBy = mapped[0]?.decidedBy ?? '';
  if (memAttr !== mapping.leaf.a) {
    const expected = `MemAttr ${hex(mapping.leaf.a)} (${mapping.leaf.t})`;
    say({ kind: 'type', expected, found: `MemAttr ${hex(memAttr)}`, decidedBy, at });
    return;
  }
  const first = mapped[0]?.p ?? 'r--';
  // Dirty logging: a load maps read-only, a later store adds W. Either is right, more is not. Memory may also have been
  // lent read-only for a load: the zero page, a page shared after fork() or by KSM.
  const lent = mapping.mapping.pfn === 'no-page' ? [] : [s2ap('r--')];
  const most = mapped.some(({ p }) => p[1] === 'w') ? s2ap('rw-') : s2ap(first);
  const allowed = new Set([s2ap(first), ...lent, most]);
  if (!allowed.has(ap))
    say({
      kind: 'permission',
      expected: `S2AP ${[...allowed].join(' or ')}`,
      found: `S2AP ${ap}`,
      decidedBy,
      at,
    });
  const mustExec = first[2] === 'x';
  const mayExec = mapped.some(({ p }) => p[2] === 'x');
  if ((mustExec && xn !== 0) || (!mayExec && xn === 0))
    say({
      kind: 'permission',
      expected: mustExec ? 'executable (XN 0)' : 'not executable (XN 2)',
      found: `XN ${xn}`,
      decidedBy,
      at,
    });
}
