/**
 * Conditions that were proposed in mail and never posted as a patch: what a slot with the flag would have meant.
 * Both are from Sean Christopherson’s review of v6 1/5 (6 Jun 2025).
 */

import { mail } from '../../evidence.ts';
import { Vocabulary } from '../../expr.ts';
import { Program, type Row, stop } from '../../policy.ts';
import type { SlotEnd } from '../model.ts';
import { refuse } from '../rows.ts';

/** The facts of a proposal are fewer: it was argued about one VMA and one flag. */
export const PROPOSAL_FACTS = new Vocabulary({
  vma_cacheable: { means: 'the host maps the VMA cacheable' },
  flag: { means: 'the slot carries the proposed "force cacheable" flag' },
  FWB: { means: 'ARM64_HAS_STAGE2_FWB' },
  DIC: { means: 'CTR_EL0.DIC' },
  kvm_supports_cacheable_pfnmap: { is: 'FWB & DIC', means: 'no cache maintenance is ever owed' },
});

export interface Proposal {
  readonly id: string;
  readonly title: string;
  readonly evidence: readonly ReturnType<typeof mail>[];
  readonly rows: readonly Row<SlotEnd>[];
}

const seanOnV6 = mail('Sean Christopherson on "Block cacheable PFNMAP mapping" v6 1/5 (6 Jun 2025)');

export const PROPOSALS: readonly Proposal[] = [
  {
    id: 'force-cacheable-A',
    title: 'the flag demands a cacheable VMA, and a cacheable VMA demands support',
    evidence: [seanOnV6],
    rows: [
      stop<SlotEnd>(
        'flag-without-cacheable-vma',
        '!vma_cacheable & flag',
        refuse('EINVAL'),
        'The flag is set and the VMA is not cacheable.',
      ),
      stop<SlotEnd>(
        'cacheable-unsupported',
        'vma_cacheable & !kvm_supports_cacheable_pfnmap',
        refuse('EINVAL'),
        'The VMA is cacheable and the CPU would owe cache maintenance.',
      ),
    ],
  },
  {
    id: 'force-cacheable-B',
    title: 'the flag must say what the VMA says',
    evidence: [seanOnV6],
    rows: [
      stop<SlotEnd>(
        'flag-differs-from-vma',
        '(flag & !vma_cacheable) | (!flag & vma_cacheable)',
        refuse('EINVAL'),
        'Flag and VMA disagree.',
      ),
    ],
  },
];

export const proposalProgram = (proposal: Proposal): Program<SlotEnd> =>
  new Program<SlotEnd>(PROPOSAL_FACTS, proposal.rows, proposal.evidence);

/** Ideas of the same threads that are rules of procedure rather than conditions; listed by `eras`. */
export const IDEAS = [
  {
    name: 'KVM_MEM_PFNMAP_WB probe',
    rule: 'try a slot with the flag; refusal tells that stage 2 is Device or NC',
    source: 'Catalin Marinas, 22 Apr 2025',
  },
  {
    name: 'VM_FORCE_CACHED',
    rule: 'driver opt-in VMA flag instead of reading the page protection',
    source: 'Catalin Marinas, 11 Dec 2024',
  },
  {
    name: 'VM_PCI_IO',
    rule: 'high VMA flag set by vfio-pci, KVM relaxes; became VM_ALLOW_ANY_UNCACHED',
    source: 'Catalin Marinas, 6 Dec 2023',
  },
  {
    name: 'pgprot_maybewritecombine',
    rule: 'user side Device, the guest may choose NC',
    source: 'Catalin Marinas, 6 Dec 2023',
  },
  {
    name: 'MAP_WRITECOMBINE',
    rule: 'the VMM picks a type per range and KVM follows',
    source: 'Catalin Marinas, 6 Dec 2023',
  },
  {
    name: 'effective-memtype query',
    rule: 'userspace asks for the type of a VMA or of a KVM mapping and checks it itself',
    source: 'Sean Christopherson, 6 Jun 2025',
  },
  {
    name: 'slot flag as discovery',
    rule: 'a flag on kernel-managed slots only confirms Write-Back',
    source: 'Oliver Upton, 22 Apr 2025',
  },
] as const;
