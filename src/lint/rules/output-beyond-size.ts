import { arm, sdm } from '../../refs.ts';
import { passingOn } from '../findings.ts';
import { lintRule } from '../rule.ts';

export const outputBeyondSize = lintRule({
  id: 'output-beyond-size',
  title: 'addresses beyond the physical address size',
  severity: 'error',
  explain:
    'The output address of a leaf, or the address of the next table, needs more bits than TCR_ELx, VTCR_EL2 or MAXPHYADDR gives. Every access through it faults: an Address size fault, or a page fault or misconfiguration for a reserved bit. Entries of software that maps nothing (KVM’s MMIO entries, inverted PROT_NONE frames) are not meant by this.',
  refs: { arm64: [arm('R_VPBBF, Output address size')], x86: [sdm('section "Page-Fault Exceptions"')] },
  entry: passingOn('output-beyond-size'),
});
