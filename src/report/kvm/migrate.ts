/** One mapping on two sides. */
import type { ArchitectureId, KvmTypes } from '../../kvm/architecture.ts';
import { SCHEMA } from '../records.ts';
import { QUESTIONS_REPORT } from './questions.ts';
import { type TextAnswer, texts } from './text.ts';

/** A migration with the names by which mapping and sides were asked for. */
export interface AskedMigration {
  readonly mapping: string;
  readonly from: string;
  readonly to: string;
  readonly migration: KvmTypes['migration'];
}

export const migrateAnswer = (arch: ArchitectureId, asked: readonly AskedMigration[]): TextAnswer =>
  texts({
    records: asked.map(({ migration, ...names }) => ({
      schema: SCHEMA.kvmMigrate,
      arch,
      ...names,
      ...migration,
    })),
    rows: asked,
    columns: [
      { title: 'mapping', text: r => r.mapping },
      { title: 'from', text: r => r.from },
      { title: 'to', text: r => r.to },
      { title: 'outcome', text: r => r.migration.outcome },
      { title: 'detail', text: r => QUESTIONS_REPORT[arch].migrationText(r.migration), wrap: true },
      { title: 'ev', text: r => r.migration.grade },
    ],
  });
