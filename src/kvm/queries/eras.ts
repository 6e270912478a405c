/** What is known, from where, how sure. */

import { ARM64_ERAS } from '../arm64/eras/index.ts';
import { IDEAS, PROPOSALS } from '../arm64/eras/proposals.ts';
import { SPECIAL_CASES } from '../arm64/gmem.ts';
import { eraGrade } from '../era.ts';
import type { Evidence, Grade } from '../evidence.ts';
import { X86_ERAS } from '../x86/eras/index.ts';

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
  ...ARM64_ERAS.all.map(p => ({
    arch: 'arm64' as const,
    id: p.id,
    kind: p.kind,
    covers: p.covers,
    title: p.title,
    grade: eraGrade(p),
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
  ...X86_ERAS.all.map(p => ({
    arch: 'x86' as const,
    id: p.id,
    kind: 'mainline' as const,
    covers: p.covers,
    title: p.title,
    grade: eraGrade(p),
    evidence: p.evidence,
    notes: p.notes ?? [],
  })),
];
