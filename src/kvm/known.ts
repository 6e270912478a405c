/** What is known, from where, how sure. */
import type { ArchitectureId, KnownCase } from './architecture.ts';

import { type Era, eraGrade } from './era.ts';
import { kvmPolicies } from './policies.ts';

export interface EraRow extends Omit<KnownCase, 'kind'> {
  readonly arch: ArchitectureId;
  readonly kind: Era['kind'] | KnownCase['kind'];
  readonly notes: readonly string[];
}

export const eraRows = (): EraRow[] =>
  kvmPolicies.flatMap(({ id: arch, eras, cases }) => [
    ...eras.all.map(era => ({
      arch,
      id: era.id,
      kind: era.kind,
      covers: era.covers,
      title: era.title,
      grade: eraGrade(era),
      evidence: era.evidence,
      notes: era.notes ?? [],
    })),
    ...cases.map(({ id, kind, covers, title, grade, evidence }) => ({
      arch,
      id,
      kind,
      covers,
      title,
      grade,
      evidence,
      notes: [],
    })),
  ]);
