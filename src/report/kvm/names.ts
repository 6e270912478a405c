/** What has a name: presets of host mappings, and CPUs. */
import type { ArchitectureId } from '../../kvm/architecture.ts';
import { ARM64_ERAS } from '../../kvm/arm64/eras/index.ts';
import { kvmPolicies } from '../../kvm/policies.ts';
import type { Preset } from '../../kvm/presets.ts';
import { SCHEMA } from '../records.ts';
import { POLICIES_REPORT } from './policies.ts';
import { type TextAnswer, texts } from './text.ts';

/** Later flags with the era that brought them. */
function presetRecord({ id, title, flags, laterFlags, ...rest }: Preset): object {
  const head = { schema: SCHEMA.kvmPreset, id, title, flags };
  if (laterFlags === undefined) return { ...head, ...rest };
  const since = ARM64_ERAS.first(era => laterFlags.every(flag => era.vmaFlags.includes(flag))).id;
  return { ...head, laterFlags: { flags: laterFlags, since }, ...rest };
}

export const presetsAnswer = (presets: readonly Preset[]): TextAnswer =>
  texts({
    records: presets.map(presetRecord),
    rows: presets,
    columns: [
      { title: 'preset', text: p => p.id },
      { title: 'VMA', text: p => p.flags.join(' ') || 'none', wrap: true },
      { title: 'pgprot', text: p => p.pgprot },
      { title: 'pfn', text: p => p.pfn },
      { title: 'what', text: p => p.title, wrap: true },
      { title: 'ev', text: p => p.evidence.map(e => e.grade).join('') },
    ],
  });

/** Of one architecture, or of every one. */
export function cpusAnswer(only: ArchitectureId | undefined): TextAnswer {
  const rows = kvmPolicies
    .filter(({ id }) => only === undefined || id === only)
    .flatMap(({ id: arch, cpus }) => cpus.map(cpu => ({ arch, ...cpu })));
  return texts({
    records: rows.map(row => ({ schema: SCHEMA.kvmCpu, ...row })),
    rows,
    columns: [
      { title: 'CPU', text: r => r.name },
      { title: 'arch', text: r => r.arch },
      { title: 'features', text: ({ arch, cpu }) => POLICIES_REPORT[arch].cpuText(cpu) },
      { title: 'source', text: r => r.evidence.map(e => `${e.grade}: ${e.source}`).join('; '), wrap: true },
    ],
  });
}
