/**
 * Before any memory type is decided the host must let KVM have the page: hva_to_pfn() in virt/kvm/kvm_main.c. Two things
 * fail there. The vectors of decision tables leave this step out; a prediction of what a guest sees needs it.
 */
import { measured, source } from '../evidence.ts';
import { Program, set, stop } from '../policy.ts';
import { VOCABULARY } from './facts.ts';
import type { Failure, PfnClass, Vma } from './model.ts';
import { fail } from './rows.ts';

const evidence = [
  measured('Linux 6.18.2 on arm64 and on x86: VM_MIXEDMAP with and without VM_IO, copy-on-write stores'),
  source('virt/kvm/kvm_main.c hva_to_pfn(), hva_to_pfn_remapped()'),
];

export const HOST_FAULT: Program<Failure> = new Program<Failure>(
  VOCABULARY,
  [
    stop<Failure>(
      'host-special-without-io',
      'pte_special & !VM_IO & !VM_PFNMAP',
      fail('EFAULT'),
      'There is no struct page to take, and the kernel looks for a raw page frame only in VM_IO or VM_PFNMAP mappings: VM_MIXEDMAP alone is not enough.',
    ),
    stop<Failure>(
      'host-cow-store',
      'pte_special & write_fault & is_cow_mapping',
      fail('EFAULT'),
      'A store would have to copy the page first, which the host does not do for raw page frames.',
    ),
    set(
      'writable',
      'writable & !(pte_special & is_cow_mapping)',
      'A private mapping of raw page frames is read-only until it is copied.',
    ),
  ],
  evidence,
  ['writable'],
);

/** Raw page frames are special everywhere; pages with a struct page only in VM_PFNMAP, unless the caller knows better. */
export const isSpecial = (vma: Vma, pfn: PfnClass): boolean =>
  pfn === 'no-page' || vma.flags.includes('VM_PFNMAP');
