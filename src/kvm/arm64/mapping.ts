/** Host mappings that have a name, as this architecture sees them. */
import type { Preset } from '../presets.ts';
import type { Arm64Mapping, Arm64Policy, VmaFlag } from './model.ts';

/** The VMA that this kernel's driver leaves; `mte`: on a CPU with tags, where memory may carry them (inferred). */
export const presetFlags = (p: Preset, policy: Arm64Policy, mte = false): VmaFlag[] => [
  ...p.flags,
  ...(p.laterFlags ?? []).filter(flag => policy.vmaFlags.includes(flag)),
  ...(mte && p.tags ? (['VM_MTE_ALLOWED'] as const) : []),
];

export const mappingOf = (p: Preset, policy: Arm64Policy, mte = false): Arm64Mapping => ({
  name: p.id,
  flags: presetFlags(p, policy, mte),
  pgprot: p.pgprot,
  pfn: p.pfn,
  ...(p.hugetlb ? { hugetlb: true } : {}),
});
