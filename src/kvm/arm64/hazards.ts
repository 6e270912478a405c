/** The safety arguments of the threads as named conditions over one leaf. */
import { type Evidence, inferred, mail } from '../evidence.ts';
import { Vocabulary } from '../expr.ts';
import type { Arm64Cpu, S2Type } from './model.ts';

export const HAZARD_FACTS = new Vocabulary({
  host_cacheable: { means: 'the VMM maps the page cacheable' },
  s2: { values: ['NORMAL', 'NORMAL_NC', 'DEVICE'], means: 'stage-2 type' },
  FWB: { means: 'ARM64_HAS_STAGE2_FWB' },
  DIC: { means: 'CTR_EL0.DIC' },
  kernel_mapped: { means: 'the page is in the kernel’s linear map, so KVM can maintain it' },
  exec: { means: 'the leaf is executable' },
});

export interface Hazard {
  readonly id: string;
  readonly when: string;
  readonly says: string;
  readonly evidence: readonly Evidence[];
}

export const HAZARDS: readonly Hazard[] = [
  {
    id: 'stale-data-leak',
    when: 'host_cacheable & s2 != NORMAL',
    says: 'the VMM zeroes through the cache, the guest reads around it: old data of another VM in memory',
    evidence: [mail('Jason Gunthorpe, 31 Mar 2025; "Block cacheable PFNMAP" patch of cp-v4 and later')],
  },
  {
    id: 'needs-dcache-cmo',
    when: 's2 = NORMAL & !FWB',
    says: 'the D-cache must be cleaned to PoC before the guest sees the page',
    evidence: [mail('cp-v3 commit text')],
  },
  {
    id: 'dcache-cmo-impossible',
    when: 's2 = NORMAL & !FWB & !kernel_mapped',
    says: 'and the page has no kernel address to clean it through',
    evidence: [mail('cp-v3 commit text')],
  },
  {
    id: 'needs-icache-cmo',
    when: 's2 = NORMAL & exec & !DIC',
    says: 'the I-cache must be invalidated before the guest fetches from the page',
    evidence: [mail('Catalin Marinas and Jason Gunthorpe, 29 Apr 2025')],
  },
  {
    id: 'icache-cmo-impossible',
    when: 's2 = NORMAL & exec & !DIC & !kernel_mapped',
    says: 'and the page has no kernel address to invalidate it through',
    evidence: [mail('Catalin Marinas and Jason Gunthorpe, 29 Apr 2025')],
  },
  {
    id: 'guest-can-bypass-cache',
    when: 's2 = NORMAL & !FWB',
    says: 'the guest’s stage 1 may be Normal-NC or Device: coherence with the VMM then depends on maintenance',
    evidence: [inferred('combining rules of the architecture')],
  },
  {
    id: 'guest-type-overridden',
    when: 's2 = NORMAL & FWB',
    says: 'the guest cannot get an uncached view: S2FWB forces Write-Back',
    evidence: [mail('Jason Gunthorpe, 22 Apr 2025')],
  },
  {
    id: 'speculative-access',
    when: 's2 != DEVICE',
    says: 'a Normal mapping of the guest allows speculative loads',
    evidence: [mail('Catalin Marinas, 6 Dec 2023')],
  },
  {
    id: 'host-uncached-guest-cached',
    when: '!host_cacheable & s2 = NORMAL',
    says: 'the VMM maps it uncached, the guest may cache it',
    evidence: [
      mail('Catalin Marinas, Dec 2024'),
      inferred('still possible in 6.17: VM_PFNMAP with NC or Device protection over RAM'),
    ],
  },
  {
    id: 'mismatched-alias-ordering',
    when: '!host_cacheable & s2 = NORMAL_NC',
    says: 'two uncached views of different type: only the ordering between them suffers',
    evidence: [mail('commit text of Feb 2024')],
  },
];

const compiled = HAZARDS.map(hazard => ({ hazard, condition: HAZARD_FACTS.compile(hazard.when) }));

export interface HazardInput {
  readonly hostCacheable: boolean;
  readonly s2: S2Type;
  readonly cpu: Arm64Cpu;
  readonly kernelMapped: boolean;
  readonly exec: boolean;
}

/** The hazards of a leaf, by name in alphabetical order. */
export function hazards(i: HazardInput): Hazard[] {
  const env = {
    host_cacheable: i.hostCacheable,
    s2: i.s2,
    FWB: i.cpu.fwb,
    DIC: i.cpu.dic,
    kernel_mapped: i.kernelMapped,
    exec: i.exec,
  };
  return compiled
    .filter(({ condition }) => condition.holds(env))
    .map(({ hazard }) => hazard)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}
