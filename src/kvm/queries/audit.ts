/**
 * Does a real table hold what a policy says? The slots say how the host mapped the memory and, where it was recorded, what
 * the kernel answered; the leaves are what a walk found. Every leaf that does not follow the policy is reported, and so is
 * everything that could not be judged.
 */
import { stage2Leaf, stage2Settings } from '../../arm64/descriptors/stage2.ts';
import { decode } from '../../bits/codec.ts';
import type { Format } from '../../bits/format.ts';
import { settle } from '../../bits/settings.ts';
import { stage1Page as nptLayout, stage1Settings as nptSettings } from '../../x86/descriptors/stage1.ts';
import { stage2Page as eptLayout, stage2Settings as eptSettings } from '../../x86/descriptors/stage2.ts';
import { errnoNumber } from '../arm64/decide.ts';
import {
  type Arm64Cpu,
  type Arm64Policy,
  ERRNO,
  type PfnClass,
  type SlotFlag,
  type Vma,
} from '../arm64/model.ts';
import { type MappingPrediction, predictArm64 } from '../arm64/predict.ts';
import { s2ap } from '../arm64/prot.ts';
import type { Grade } from '../evidence.ts';
import { weakest } from '../evidence.ts';
import type { MmioFacts } from '../x86/host-mmio.ts';
import type { X86Cpu, X86Policy } from '../x86/model.ts';
import { predictX86, type X86Prediction, type X86VmaFlag } from '../x86/predict.ts';

/** Addresses are bigint here and `0x…` in JSON. */
export interface AuditLeaf {
  /** IPA or GPA. */
  readonly at: bigint;
  readonly pa: bigint;
  /** Of the whole run of entries. */
  readonly size: bigint;
  /** Of one entry. */
  readonly pageSize?: bigint;
  readonly raw: bigint;
}

export interface AuditFinding {
  readonly slot: string;
  readonly kind: 'slot' | 'fault' | 'unexpected-leaf' | 'missing-leaf' | 'type' | 'permission' | 'size';
  readonly at?: string;
  readonly expected: string;
  readonly found: string;
  readonly era: string;
  /** The condition that decided what is expected. */
  readonly decidedBy: string;
  readonly grade: Grade;
}

export interface AuditReport {
  readonly era: string;
  readonly findings: readonly AuditFinding[];
  readonly slots: number;
  readonly leaves: number;
  /** Slots that could not be judged, with the reason. */
  readonly skipped: readonly { readonly slot: string; readonly why: string }[];
  /** Leaves outside every slot that was given. */
  readonly outside: number;
  readonly assumed: readonly string[];
  readonly grade: Grade;
}

const hex = (value: bigint | number) => `0x${value.toString(16)}`;

/** Which recorded access is which. */
const ACCESS = { load: 'read', store: 'write', exec: 'exec' } as const;
type Recorded = keyof typeof ACCESS;

// ---- arm64 -------------------------------------------------------------------------------------------------------

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
  const { memAttr, s2ap: ap, xn } = decode(leafFormat, raw) as unknown as Record<string, number>;
  return { memAttr: memAttr ?? 0, s2ap: ap ?? 0, xn: xn ?? 0 };
}

const overlaps = (leaf: AuditLeaf, at: bigint, size: bigint) =>
  leaf.at < at + size && at < leaf.at + leaf.size;

const recordedFault = (returned: number): string => (returned === 0 ? 'resolved' : String(returned));

export function auditArm64(
  policy: Arm64Policy,
  slots: readonly Arm64AuditSlot[],
  leaves: readonly AuditLeaf[],
): AuditReport {
  const findings: AuditFinding[] = [];
  const skipped: { slot: string; why: string }[] = [];
  const grades: Grade[] = [];
  const seen = new Set<AuditLeaf>();
  let judged = 0;
  let assumedSizes = 0;
  for (const slot of slots) {
    const { vma, pfn } = slot;
    if (slot.at === undefined || vma === undefined || pfn === undefined) {
      skipped.push({ slot: slot.name, why: 'the host mapping was not recorded' });
      continue;
    }
    judged++;
    const prediction = predictArm64({
      policy,
      cpu: slot.cpu,
      slotFlags: slot.slotFlags ?? [],
      pkvmHost: slot.pkvmHost ?? false,
      mappings: [{ ...vma, pfn, name: slot.name }],
    });
    grades.push(prediction.grade);
    const say = (
      kind: AuditFinding['kind'],
      expected: string,
      found: string,
      decidedBy: string,
      at?: bigint,
    ) =>
      findings.push({
        slot: slot.name,
        kind,
        ...(at === undefined ? {} : { at: hex(at) }),
        expected,
        found,
        era: policy.id,
        decidedBy,
        grade: prediction.grade,
      });
    const size = slot.size ?? ASSUMED_SIZE;
    if (slot.size === undefined) assumedSizes++;
    const at = slot.at;
    const mine = leaves.filter(leaf => overlaps(leaf, at, size));
    for (const leaf of mine) seen.add(leaf);

    const verdict = prediction.slot.outcome;
    if (slot.create !== undefined) {
      const expected = verdict.ok ? 0 : errnoNumber(verdict.errno);
      if (expected !== slot.create) {
        say(
          'slot',
          verdict.ok ? 'accepted' : `refused -${verdict.errno}`,
          recordedFault(slot.create),
          prediction.slot.decidedBy,
        );
        if (slot.create !== 0) continue;
      }
    }
    if (!verdict.ok) {
      for (const leaf of mine)
        say(
          'unexpected-leaf',
          `no leaf: the slot is refused (${verdict.why})`,
          hex(leaf.raw),
          verdict.why,
          leaf.at,
        );
      continue;
    }
    const [mapping] = prediction.mappings;
    if (mapping === undefined) continue;
    for (const [name, returned] of Object.entries(slot.fault ?? {}) as [Recorded, number][]) {
      const access = mapping.accesses.find(a => a.access === ACCESS[name]);
      const outcome = access?.outcome;
      const expected = outcome?.r === 'error' ? -ERRNO[outcome.errno] : 0;
      if (outcome !== undefined && outcome.r !== 'inject' && expected !== returned)
        say(
          'fault',
          outcome.r === 'error' ? `${name} fails -${outcome.errno}` : `${name} resolved`,
          recordedFault(returned),
          access?.decidedBy ?? '',
        );
    }
    judgeLeaves(mapping, mine, say);
    const done = slot.fault === undefined || slot.fault.load === 0;
    if (mine.length === 0 && mapping.leaf && slot.fault !== undefined && done)
      say(
        'missing-leaf',
        `${mapping.leaf.t} (MemAttr ${hex(mapping.leaf.a)})`,
        'nothing is mapped',
        mapping.accesses[0]?.decidedBy ?? '',
        slot.at,
      );
  }
  return {
    era: policy.id,
    findings,
    slots: judged,
    leaves: seen.size,
    skipped,
    outside: leaves.filter(leaf => !seen.has(leaf)).length,
    assumed:
      assumedSizes === 0
        ? []
        : [`${assumedSizes} slots without a recorded size are taken as ${hex(ASSUMED_SIZE)}`],
    grade: weakest(grades),
  };
}

type Say = (
  kind: AuditFinding['kind'],
  expected: string,
  found: string,
  decidedBy: string,
  at?: bigint,
) => void;

function judgeLeaves(mapping: MappingPrediction, leaves: readonly AuditLeaf[], say: Say): void {
  const mapped = mapping.accesses.filter(a => a.outcome.r === 'map');
  for (const leaf of leaves) {
    const { memAttr, s2ap: ap, xn } = stage2Fields(leaf.raw);
    if (mapping.leaf === undefined) {
      const why = mapping.accesses[0]?.decidedBy ?? '';
      say('unexpected-leaf', `no leaf: every access fails (${why})`, hex(leaf.raw), why, leaf.at);
      continue;
    }
    const decidedBy = mapped[0]?.decidedBy ?? '';
    if (memAttr !== mapping.leaf.a) {
      say(
        'type',
        `MemAttr ${hex(mapping.leaf.a)} (${mapping.leaf.t})`,
        `MemAttr ${hex(memAttr)}`,
        decidedBy,
        leaf.at,
      );
      continue;
    }
    const permissions = mapped.map(a => (a.outcome.r === 'map' ? a.outcome.p : ''));
    const first = permissions[0] ?? 'r--';
    const mayWrite = permissions.some(p => p[1] === 'w');
    // Dirty logging: a load maps read-only, a later store adds W. Either is right, more is not. Memory may also have been
    // lent read-only for a load: the zero page, a page shared after fork() or by KSM.
    const lent = mapping.mapping.pfn === 'no-page' ? [] : [s2ap('r--')];
    const allowed = new Set([s2ap(first), ...lent, mayWrite ? 3 : s2ap(first)]);
    if (!allowed.has(ap))
      say('permission', `S2AP ${[...allowed].join(' or ')}`, `S2AP ${ap}`, decidedBy, leaf.at);
    const mustExec = first[2] === 'x';
    const mayExec = permissions.some(p => p[2] === 'x');
    if ((mustExec && xn !== 0) || (!mayExec && xn === 0))
      say(
        'permission',
        mustExec ? 'executable (XN 0)' : 'not executable (XN 2)',
        `XN ${xn}`,
        decidedBy,
        leaf.at,
      );
  }
}

// ---- x86 ---------------------------------------------------------------------------------------------------------

export interface X86AuditPage {
  /** Offset in the slot. */
  readonly offset: bigint;
  readonly facts: MmioFacts;
  readonly hostWritable?: boolean;
  readonly host2M?: boolean;
  readonly pteSpecial?: boolean;
  /** The recorded access that touched this page, where one did. */
  readonly touchedBy?: Recorded;
}

export interface X86AuditSlot {
  readonly name: string;
  readonly at: bigint | undefined;
  readonly flags: readonly X86VmaFlag[];
  readonly cpu: X86Cpu;
  readonly readonlySlot?: boolean;
  readonly create?: number;
  readonly fault?: Readonly<Partial<Record<Recorded, number | string>>>;
  readonly noncoherentDma?: boolean;
  readonly disableQuirk?: 'none' | 'DISABLE_QUIRKS' | 'DISABLE_QUIRKS2';
  readonly pages: readonly X86AuditPage[];
}

const eptPage = eptLayout(settle(eptSettings, {}));
const nptPage = nptLayout(settle(nptSettings, { vendor: 'amd' }));
/** Large leaves keep PAT in bit 12, where a 4-KByte leaf has its address. */
const nptLargePage = nptLayout(settle(nptSettings, { vendor: 'amd', level: 2 }));

export interface SecondLevelFields {
  readonly mt: number;
  readonly ipat: number;
  readonly pat: number;
  readonly pcd: number;
  readonly pwt: number;
  readonly access: string;
}

/** The memory-type bits and permissions of a second-level leaf, read with the layouts. */
export function secondLevelFields(format: 'ept' | 'npt', raw: bigint, large = false): SecondLevelFields {
  const layout = (format === 'ept' ? eptPage : large ? nptLargePage : nptPage) as unknown as Format;
  const d = decode(layout, raw) as unknown as Readonly<Record<string, number>>;
  const letters = (r: unknown, w: unknown, x: unknown) => `${r ? 'r' : '-'}${w ? 'w' : '-'}${x ? 'x' : '-'}`;
  return {
    mt: d.memType ?? 0,
    ipat: d.ipat ?? 0,
    pat: d.pat ?? 0,
    pcd: d.pcd ?? 0,
    pwt: d.pwt ?? 0,
    access: format === 'ept' ? letters(d.r, d.w, d.x) : letters(d.p, d.rw, !d.xd),
  };
}

/** The prediction for one recorded page of a slot. */
export const predictPage = (policy: X86Policy, slot: X86AuditSlot, page: X86AuditPage): X86Prediction =>
  predictX86({
    policy,
    cpu: slot.cpu,
    page: page.facts,
    flags: slot.flags,
    ...(page.pteSpecial === undefined ? {} : { pteSpecial: page.pteSpecial }),
    readonlySlot: slot.readonlySlot ?? false,
    noncoherentDma: slot.noncoherentDma ?? false,
    disableQuirk: slot.disableQuirk ?? 'none',
    host2M: page.host2M ?? false,
    ...(page.hostWritable === undefined ? {} : { hostWritable: page.hostWritable }),
  });

export function auditX86(
  policy: X86Policy,
  slots: readonly X86AuditSlot[],
  leaves: readonly AuditLeaf[],
): AuditReport {
  const findings: AuditFinding[] = [];
  const skipped: { slot: string; why: string }[] = [];
  const grades: Grade[] = [];
  const seen = new Set<AuditLeaf>();
  let judged = 0;
  for (const slot of slots) {
    if (slot.at === undefined || slot.pages.length === 0) {
      skipped.push({
        slot: slot.name,
        why: slot.at === undefined ? 'no address was recorded' : 'no page was recorded',
      });
      continue;
    }
    judged++;
    if (slot.create !== undefined && slot.create !== 0)
      findings.push({
        slot: slot.name,
        kind: 'slot',
        expected: 'accepted',
        found: String(slot.create),
        era: policy.id,
        decidedBy: 'never-refused',
        grade: 'M',
      });
    for (const page of slot.pages) {
      const prediction = predictPage(policy, slot, page);
      grades.push(prediction.leafGrade);
      const at = slot.at + page.offset;
      const leaf = leaves.find(l => overlaps(l, at, 1n));
      if (leaf !== undefined) seen.add(leaf);
      const say = (kind: AuditFinding['kind'], expected: string, found: string) =>
        findings.push({
          slot: slot.name,
          kind,
          at: hex(at),
          expected,
          found,
          era: policy.id,
          decidedBy: prediction.decidedBy,
          grade: prediction.leafGrade,
        });
      const want = prediction.leaf;
      const returned = page.touchedBy === undefined ? undefined : slot.fault?.[page.touchedBy];
      const access = prediction.accesses.find(
        a => page.touchedBy !== undefined && a.access === ACCESS[page.touchedBy],
      );
      if (returned !== undefined && access !== undefined) {
        const expected = access.r === 'error' ? -ERRNO.EFAULT : 0;
        if (expected !== returned)
          say('fault', expected === 0 ? 'resolved' : String(expected), String(returned));
        if (leaf === undefined && returned === 0 && access.r === 'map')
          say('missing-leaf', `a leaf of ${want.size}`, 'nothing is mapped');
      }
      if (leaf === undefined) continue;
      const got = secondLevelFields(want.format, leaf.raw, want.size !== '0x1000');
      const failed = prediction.accesses.every(a => a.r === 'error');
      if (failed)
        say(
          'unexpected-leaf',
          `no leaf: every access fails (${prediction.accesses[0]?.why ?? ''})`,
          hex(leaf.raw),
        );
      else if (want.format === 'ept' && (got.mt !== want.mt || got.ipat !== want.ipat))
        say(
          'type',
          `memory type ${want.mt} (${want.type ?? ''}), IPAT ${want.ipat}`,
          `memory type ${got.mt}, IPAT ${got.ipat}`,
        );
      else if (want.format === 'npt' && (got.pat !== 0 || got.pcd !== 0 || got.pwt !== 0))
        say('type', 'PAT, PCD and PWT 0', `PAT ${got.pat}, PCD ${got.pcd}, PWT ${got.pwt}`);
      else if (got.access !== want.access) say('permission', want.access, got.access);
      else if (leaf.pageSize !== undefined && hex(leaf.pageSize) !== want.size)
        say('size', want.size, hex(leaf.pageSize));
    }
  }
  return {
    era: policy.id,
    findings,
    slots: judged,
    leaves: seen.size,
    skipped,
    outside: leaves.filter(leaf => !seen.has(leaf)).length,
    assumed: [],
    grade: weakest(grades),
  };
}
