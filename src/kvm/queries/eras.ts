/** What is known, from where, how sure. */
import { SPECIAL_CASES } from '../arm64/gmem.ts';
import { IDEAS, PROPOSALS } from '../eras/arm64/proposals.ts';
import { ARM64_POLICIES, X86_POLICIES } from '../eras/index.ts';
import { type Evidence, type Grade, strongest } from '../evidence.ts';

export interface EraRow {
  readonly arch: 'arm64' | 'x86';
  readonly id: string;
  readonly kind: 'mainline' | 'series' | 'proposal' | 'case';
  readonly covers: string;
  readonly title: string;
  readonly grade: Grade;
  readonly evidence: readonly Evidence[];
  readonly notes: readonly string[];
}

export const eraRows = (): EraRow[] => [
  ...ARM64_POLICIES.map(p => ({
    arch: 'arm64' as const,
    id: p.id,
    kind: p.kind,
    covers: p.covers,
    title: p.title,
    grade: strongest(p.evidence.map(e => e.grade)),
    evidence: p.evidence,
    notes: p.notes ?? [],
  })),
  ...PROPOSALS.map(p => ({
    arch: 'arm64' as const,
    id: p.id,
    kind: 'proposal' as const,
    covers: 'never a patch',
    title: p.title,
    grade: 'T' as const,
    evidence: p.evidence,
    notes: [],
  })),
  ...IDEAS.map(idea => ({
    arch: 'arm64' as const,
    id: idea.name,
    kind: 'proposal' as const,
    covers: 'an idea, not a condition',
    title: idea.rule,
    grade: 'T' as const,
    evidence: [{ grade: 'T' as const, source: idea.source }],
    notes: [],
  })),
  ...SPECIAL_CASES.map(c => ({
    arch: 'arm64' as const,
    id: c.id,
    kind: 'case' as const,
    covers: 'see the text',
    title: c.says,
    grade: c.grade,
    evidence: c.evidence,
    notes: [],
  })),
  ...X86_POLICIES.map(p => ({
    arch: 'x86' as const,
    id: p.id,
    kind: 'mainline' as const,
    covers: p.covers,
    title: p.title,
    grade: strongest(p.evidence.map(e => e.grade)),
    evidence: p.evidence,
    notes: p.notes ?? [],
  })),
];
