/** What can be the reason of an abort beside the rights of entries, by id. */
import { suspectKinds } from '../../faults/reason.ts';
import { arm } from '../../refs.ts';

export const REASONS = suspectKinds({
  overlay: {
    means: 'The permission overlay of the page takes away a right that its entry gives.',
    ref: arm('ESR_ELx, ISS2.Overlay'),
  },
  'dirty-state': {
    means:
      'The entry permits the write once it is dirty; it is clean, and hardware does not set the dirty state.',
    ref: arm('ESR_ELx, ISS2.DirtyBit'),
  },
  'no-tag-access': {
    means: 'The second stage lets data of the page be accessed, but not its allocation tags.',
    ref: arm('ESR_ELx, ISS2.TagAccess; FEAT_MTE_PERM'),
  },
  'assured-only': {
    means: 'The page may be reached through protected tables only.',
    ref: arm('ESR_ELx, ISS2.AssuredOnly; FEAT_THE'),
  },
  'top-level': {
    means:
      'VTCR_EL2.TL0 or TL1 asks for a first table of stage 1 that is marked for its half, and stage 2 marks it otherwise.',
    ref: arm('ESR_ELx, ISS.TopLevel; VTCR_EL2.TL0, TL1; FEAT_THE'),
  },
  'ptw-device': {
    means:
      'A walk of stage 1 reads its tables from what stage 2 makes Device memory, and HCR_EL2.PTW forbids that.',
    ref: arm('HCR_EL2.PTW'),
  },
  'unprivileged-access': {
    means: 'A load or store with the rights of EL0, which reports the level that it runs at.',
    ref: arm('AArch64.CheckPermission'),
  },
  pan: { means: 'Privileged data accesses to pages that EL0 may access are denied.', ref: arm('FEAT_PAN') },
  'cache-maintenance': {
    means: 'Cache maintenance from EL0 that needs the right to write.',
    ref: arm('SCTLR_EL1.CMOW'),
  },
  'external-abort': {
    means: 'The memory system refused the access: translation was done by then.',
    ref: arm('External aborts'),
  },
  'device-alignment': {
    means: 'An unaligned access, or DC ZVA, to Device memory.',
    ref: arm('Alignment of data accesses'),
  },
  alignment: {
    means: 'An access that had to be aligned and was not; of Device memory each has to be.',
    ref: arm('Alignment of data accesses'),
  },
  'exclusive-not-write-back': {
    means: 'An exclusive or atomic access to memory that is not Write-Back, where it need not be supported.',
    ref: arm('Unsupported exclusive or atomic access'),
  },
  'tlb-conflict': { means: 'The TLB holds two entries for the address.', ref: arm('TLB conflict abort') },
  'address-size': {
    means: 'An address on the way needs more bits than the registers or the processor allow.',
    ref: arm('AArch64.PAMax; Address size faults'),
  },
  'dirty-tracking': {
    means: 'Linux keeps a writable page read-only until it is written to: the fault is how it becomes dirty.',
  },
});
