/** What can be the reason of an x86 fault beside the rights of entries, by id. */
import { suspectKinds } from '../../faults/reason.ts';
import { apm, sdm } from '../../refs.ts';

const RIGHTS = sdm('section "Determination of Access Rights"');

export const REASONS = suspectKinds({
  smep: { means: 'The supervisor must not execute pages of the user while CR4.SMEP is set.', ref: RIGHTS },
  smap: {
    means: 'The supervisor must not access pages of the user while CR4.SMAP is set and EFLAGS.AC is clear.',
    ref: RIGHTS,
  },
  'protection-key': {
    means: 'PKRU or IA32_PKRS denies data accesses, or writes, to pages with the key of this one.',
    ref: sdm('section "Protection Keys"'),
  },
  maxphyaddr: {
    means: 'An address bit is reserved if the processor has fewer address bits than were taken for granted.',
    ref: sdm('section "4-Level Paging and 5-Level Paging", MAXPHYADDR'),
  },
  nxe: {
    means: 'Bit 63 of an entry is reserved while EFER.NXE is clear.',
    ref: sdm('section "4-Level Paging and 5-Level Paging", XD'),
  },
  page1g: {
    means: 'PS of a level 3 entry is reserved on a processor without 1-GByte pages.',
    ref: sdm('section "4-Level Paging and 5-Level Paging", PS of a PDPTE'),
  },
  rmp: {
    means: 'The reverse map table of SEV-SNP denies the access, whatever the page tables say.',
    ref: apm('section "Reverse Map Table"'),
  },
  sss: {
    means: 'A supervisor shadow-stack access needs SSS in the leaf of EPT.',
    ref: sdm('section "EPT Violations", supervisor shadow stack'),
  },
  gmet: {
    means: 'The supervisor must not execute pages of the user while the Guest Mode Execute Trap is on.',
    ref: apm('section "Guest Mode Execute Trap"'),
  },
});
