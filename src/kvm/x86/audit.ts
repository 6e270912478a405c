/** One memslot of an x86 VM against what a policy says of it, page by page. */
import { decode } from '../../bits/codec.ts';
import { settle } from '../../bits/settings.ts';
import { hex } from '../../bits/word.ts';
import { stage1Page as nptLayout, stage1Settings as nptSettings } from '../../x86/descriptors/stage1.ts';
import { stage2Page as eptLayout, stage2Settings as eptSettings } from '../../x86/descriptors/stage2.ts';
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
import type { QuirkCall } from './cap.ts';
import type { MmioFacts } from './host-mmio.ts';
import type { X86Cpu, X86Policy, X86VmaFlag } from './model.ts';
import { predict, type X86Prediction } from './predict.ts';

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
  readonly disableQuirk?: QuirkCall;
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

const NO_TYPE = { mt: 0, ipat: 0, pat: 0, pcd: 0, pwt: 0 } as const;
const letters = (r: number, w: number, x: number): string =>
  `${r ? 'r' : '-'}${w ? 'w' : '-'}${x ? 'x' : '-'}`;

/** The memory-type bits and permissions of a second-level leaf, read with the layouts. */
export function secondLevelFields(format: 'ept' | 'npt', raw: bigint, large = false): SecondLevelFields {
  if (format === 'ept') {
    const { memType = 0, ipat, r, w, x } = decode(eptPage, raw);
    return { ...NO_TYPE, mt: memType, ipat, access: letters(r, w, x) };
  }
  const { pat = 0, pcd, pwt, p, rw, xd = 0 } = decode(large ? nptLargePage : nptPage, raw);
  return { ...NO_TYPE, pat, pcd, pwt, access: letters(p, rw, 1 - xd) };
}

/** The prediction for one recorded page of a slot. */
export const predictPage = (policy: X86Policy, slot: X86AuditSlot, page: X86AuditPage): X86Prediction =>
  predict({
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

export function audit(
  policy: X86Policy,
  slots: readonly X86AuditSlot[],
  leaves: readonly AuditLeaf[],
): AuditReport {
  return hold(policy, slots, leaves, slot => {
    const { at } = slot;
    if (at === undefined) return 'no address was recorded';
    if (slot.pages.length === 0) return 'no page was recorded';
    return (court: Court): void => {
      if (slot.create !== undefined && slot.create !== 0)
        court.say({
          kind: 'slot',
          expected: 'accepted',
          found: String(slot.create),
          decidedBy: 'never-refused',
          grade: 'M',
        });
      for (const page of slot.pages) {
        const prediction = predictPage(policy, slot, page);
        const place = at + page.offset;
        court.grade(prediction.leafGrade);
        judgePage(
          prediction,
          page.touchedBy === undefined
            ? undefined
            : { access: RECORDED[page.touchedBy], returned: slot.fault?.[page.touchedBy] },
          court.leafAt(place),
          charge =>
            court.say({
              ...charge,
              at: place,
              decidedBy: prediction.decidedBy,
              grade: prediction.leafGrade,
            }),
        );
      }
    };
  });
}

type Say = (charge: Pick<Charge, 'kind' | 'expected' | 'found'>) => void;

/** The access that was recorded of a page, and what KVM_RUN returned. */
interface Touch {
  readonly access: (typeof RECORDED)[Recorded];
  readonly returned: number | string | undefined;
}

function judgePage(
  prediction: X86Prediction,
  touch: Touch | undefined,
  leaf: AuditLeaf | undefined,
  say: Say,
): void {
  const access = prediction.accesses.find(a => a.access === touch?.access);
  if (touch?.returned !== undefined && access !== undefined) {
    const expected = access.r === 'error' ? errnoNumber(access.errno ?? 'EFAULT') : 0;
    if (expected !== touch.returned)
      say({
        kind: 'fault',
        expected: expected === 0 ? 'resolved' : String(expected),
        found: String(touch.returned),
      });
    if (leaf === undefined && touch.returned === 0 && access.r === 'map')
      say({
        kind: 'missing-leaf',
        expected: `a leaf of ${prediction.leaf.size}`,
        found: 'nothing is mapped',
      });
  }
  if (leaf === undefined) return;
  const charge = leafCharge(prediction, leaf);
  if (charge !== undefined) say(charge);
}

/** The first thing that is wrong with a leaf. */
function leafCharge(
  { leaf: want, accesses }: X86Prediction,
  leaf: AuditLeaf,
): Parameters<Say>[0] | undefined {
  const got = secondLevelFields(want.format, leaf.raw, want.size !== '0x1000');
  if (accesses.every(a => a.r === 'error'))
    return {
      kind: 'unexpected-leaf',
      expected: `no leaf: every access fails (${accesses[0]?.why ?? ''})`,
      found: hex(leaf.raw),
    };
  if (want.format === 'ept' && (got.mt !== want.mt || got.ipat !== want.ipat))
    return {
      kind: 'type',
      expected: `memory type ${want.mt} (${want.type ?? ''}), IPAT ${want.ipat}`,
      found: `memory type ${got.mt}, IPAT ${got.ipat}`,
    };
  if (want.format === 'npt' && (got.pat !== 0 || got.pcd !== 0 || got.pwt !== 0))
    return {
      kind: 'type',
      expected: 'PAT, PCD and PWT 0',
      found: `PAT ${got.pat}, PCD ${got.pcd}, PWT ${got.pwt}`,
    };
  if (got.access !== want.access) return { kind: 'permission', expected: want.access, found: got.access };
  if (leaf.pageSize !== undefined && hex(leaf.pageSize) !== want.size)
    return { kind: 'size', expected: want.size, found: hex(leaf.pageSize) };
  return undefined;
}
