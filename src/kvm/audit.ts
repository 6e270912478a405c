/**
 * Does a real table hold what a policy says? The slots say how the host mapped the memory and, where it was recorded, what
 * the kernel answered; the leaves are what a walk found. Every leaf that does not follow the policy is reported, and so is
 * everything that could not be judged. How one slot is judged is the architecture's.
 */
import { hex } from '../bits/word.ts';
import type { Era } from './era.ts';
import { type Grade, weakest } from './evidence.ts';

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

/** Which recorded access is which. */
export const RECORDED = { load: 'read', store: 'write', exec: 'exec' } as const;
export type Recorded = keyof typeof RECORDED;

/** What was expected of one slot and what was found instead; the audit adds whose slot and which era. */
export type Charge = Omit<AuditFinding, 'slot' | 'era' | 'at'> & { readonly at?: bigint };

/** Where one slot is judged. A leaf that was asked for counts as judged. */
export interface Court {
  /** The leaves that overlap these addresses. */
  leavesIn(at: bigint, size: bigint): AuditLeaf[];
  /** The leaf at one address. */
  leafAt(at: bigint): AuditLeaf | undefined;
  say(charge: Charge): void;
  /** How well something is known that was expected. */
  grade(grade: Grade): void;
}

/** Judges a slot, or says why it cannot be judged. */
export type JudgeOf<S> = (slot: S) => ((court: Court) => void) | string;

/** `assumed`: what had to be assumed of the slots that were judged. */
export function audit<S extends { readonly name: string }>(
  policy: Era,
  slots: readonly S[],
  leaves: readonly AuditLeaf[],
  judgeOf: JudgeOf<S>,
  assumed: (judged: readonly S[]) => string[] = () => [],
): AuditReport {
  const findings: AuditFinding[] = [];
  const skipped: { slot: string; why: string }[] = [];
  const grades: Grade[] = [];
  const seen = new Set<AuditLeaf>();
  const judged: S[] = [];
  const see = (leaf: AuditLeaf): AuditLeaf => {
    seen.add(leaf);
    return leaf;
  };
  for (const slot of slots) {
    const judge = judgeOf(slot);
    if (typeof judge === 'string') {
      skipped.push({ slot: slot.name, why: judge });
      continue;
    }
    judged.push(slot);
    judge({
      leavesIn: (at, size) => leaves.filter(leaf => overlaps(leaf, at, size)).map(see),
      leafAt: at =>
        leaves
          .filter(leaf => overlaps(leaf, at, 1n))
          .slice(0, 1)
          .map(see)[0],
      grade: grade => grades.push(grade),
      say: ({ kind, at, expected, found, decidedBy, grade }) =>
        findings.push({
          slot: slot.name,
          kind,
          ...(at === undefined ? {} : { at: hex(at) }),
          expected,
          found,
          era: policy.id,
          decidedBy,
          grade,
        }),
    });
  }
  return {
    era: policy.id,
    findings,
    slots: judged.length,
    leaves: seen.size,
    skipped,
    outside: leaves.filter(leaf => !seen.has(leaf)).length,
    assumed: assumed(judged),
    grade: weakest(grades),
  };
}

const overlaps = (leaf: AuditLeaf, at: bigint, size: bigint): boolean =>
  leaf.at < at + size && at < leaf.at + leaf.size;
