/** Inputs that no kernel can produce: queries leave them out, predictions refuse them. */
import { KvmInputError } from '../errors.ts';
import { VOCABULARY, vmaEnv } from './facts.ts';
import { isSpecial } from './host-fault.ts';
import type { Arm64Cpu, PfnClass, Vma } from './model.ts';

export interface Contradiction {
  readonly id: string;
  /** Over the facts of a mapping. */
  readonly when: string;
  readonly says: string;
  readonly valid: readonly string[];
}

export const CONTRADICTIONS: readonly Contradiction[] = [
  {
    id: 'pfnmap-and-mixedmap',
    when: 'VM_PFNMAP & VM_MIXEDMAP',
    says: 'VM_PFNMAP and VM_MIXEDMAP exclude each other (the kernel calls it a bug)',
    valid: ['VM_PFNMAP', 'VM_MIXEDMAP', 'neither'],
  },
  {
    id: 'pfnmap-with-struct-page',
    when: 'VM_PFNMAP & pfn = page-no-memblock',
    says: 'VM_PFNMAP maps raw page frames and says that nobody looks for a struct page, so the class page-no-memblock (a struct page outside kernel memory) contradicts it',
    valid: [
      'VM_PFNMAP with no-page (device memory)',
      'VM_PFNMAP with ram (kernel memory, as through /dev/mem)',
      'page-no-memblock in an ordinary or VM_MIXEDMAP mapping',
    ],
  },
  {
    id: 'ordinary-without-struct-page',
    when: '!VM_PFNMAP & !VM_MIXEDMAP & pfn = no-page',
    says: 'an ordinary mapping holds struct pages only, so the class no-page contradicts it',
    valid: [
      'no-page with VM_PFNMAP',
      'no-page with VM_MIXEDMAP',
      'ram or page-no-memblock in an ordinary mapping',
    ],
  },
];

const compiledContradictions = CONTRADICTIONS.map(c => ({ c, holds: VOCABULARY.compile(c.when).holds }));

/** The condition that every possible mapping fulfils, for queries. */
export const CONSISTENT = CONTRADICTIONS.map(c => `!(${c.when})`).join(' & ');

/** Throws when a mapping cannot exist. */
export function checkMapping(vma: Vma, pfn: PfnClass): void {
  const env = { ...vmaEnv(vma, { fwb: false, dic: false }), pfn };
  for (const { c, holds } of compiledContradictions)
    if (holds(env)) throw new KvmInputError(`${c.says}; valid: ${c.valid.join('; ')}`, c.valid);
}

/** Throws when a claim about host writability contradicts the mapping. */
export function checkWritable(vma: Vma, pfn: PfnClass, hostWritable: boolean | undefined): void {
  const cow = vma.flags.includes('VM_MAYWRITE') && !vma.flags.includes('VM_SHARED');
  if (hostWritable === true && cow && isSpecial(vma, pfn))
    throw new KvmInputError(
      'a private (copy-on-write) mapping of raw page frames is never writable on the host; valid: leave host writability out, or make the mapping VM_SHARED',
      ['VM_SHARED', 'host not writable'],
    );
}

/** Throws when the VM asks for what the CPU does not have. */
export function checkVm(cpu: Arm64Cpu, vmMte: boolean): void {
  if (vmMte && cpu.mte === false)
    throw new KvmInputError(
      'KVM_CAP_ARM_MTE needs a CPU with MTE; valid: a CPU with MTE, or a VM without it',
      ['MTE'],
    );
}
