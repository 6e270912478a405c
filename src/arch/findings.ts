/**
 * What the ids of findings mean, whatever the numbers in their sentences. A finding's own sentence is made where it is found
 * and names bits and values; this says what kind it is one of. A test reads words of every family and finds none that is missing.
 */
import type { Severity } from '../bits/spec.ts';

export interface FindingKind {
  readonly means: string;
  /** Of most of them; one may be less severe where the word allows it. */
  readonly severity: Severity;
  /** The families that it comes from: an id, or the architecture where many have it. */
  readonly from: readonly string[];
}

const kind = (severity: Severity, from: string, means: string): FindingKind => ({
  severity,
  from: from.split(' '),
  means,
});

export const FINDING_KINDS: Readonly<Record<string, FindingKind>> = {
  // fields of any layout
  'res0-set': kind(
    'warning',
    'arm64 x86',
    'A RES0 bit is 1. Hardware ignores it today; a later architecture may give it a meaning.',
  ),
  'res1-clear': kind(
    'warning',
    'arm64 x86.RFLAGS',
    'A RES1 bit is 0. Hardware ignores it today; software should write 1.',
  ),
  'reserved-set': kind(
    'error',
    'x86',
    'A bit that must be 0 is 1: a page fault with the RSVD bit, or #GP(0) where a register is loaded.',
  ),
  'reserved-encoding': kind('error', 'arm64 x86', 'A field holds a value that the architecture reserves.'),
  'format-mismatch': kind(
    'error',
    'arm64 x86',
    'A fixed field does not have the value that makes a word one of this layout.',
  ),
  // entries
  'access-flag-clear': kind(
    'note',
    'arm64.stage1 arm64.stage2',
    'AF is 0 and hardware does not set it: the first access takes an Access flag fault.',
  ),
  'nt-set': kind(
    'note',
    'arm64.stage1 arm64.stage2',
    'nT is 1: a break-before-make in progress; an access may take a Translation fault.',
  ),
  'contiguous-misaligned': kind(
    'warning',
    'arm64.stage1 arm64.stage2',
    'The Contiguous bit is set and the output address is not aligned to the group.',
  ),
  'address-size': kind(
    'error',
    'arm64.stage1 arm64.stage2',
    'The address needs more bits than the regime’s output size: an Address size fault.',
  ),
  'reserved-at-level-3': kind(
    'error',
    'arm64.stage1 arm64.stage2',
    'Descriptor type 0b01 is reserved at level 3 and counts as invalid.',
  ),
  'block-not-supported-at-level': kind(
    'error',
    'arm64.stage1 arm64.stage2',
    'A block at a level where this granule has none: it counts as invalid.',
  ),
  'no-such-level': kind('error', 'x86.pte', 'The paging mode has no tables of this level.'),
  'no-such-regime': kind(
    'error',
    'arm64.stage1',
    'The settings name a regime that does not exist in this Security state.',
  ),
  'wider-than-entry': kind(
    'error',
    'x86.pte',
    'More bits than an entry of 32-bit paging has; those above are not read.',
  ),
  'vmsav9-128': kind('error', 'arm64', '128-bit descriptors (FEAT_D128), which are named and not decoded.'),
  'address-misaligned': kind(
    'error',
    'x86.pte x86.ept x86.npt',
    'Address bits of a large page below its size are 1: they are reserved.',
  ),
  'address-above-maxphyaddr': kind(
    'error',
    'x86',
    'Address bits at or above MAXPHYADDR are 1: they are reserved.',
  ),
  'address-above-encryption-bit': kind(
    'error',
    'x86.pte x86.npt',
    'Address bits that memory encryption takes away are 1.',
  ),
  'bad-ps': kind('error', 'x86.pte x86.ept', 'PS is 1 at a level that has no pages of its size.'),
  'nx-without-nxe': kind('error', 'x86.pte', 'XD is 1 while EFER.NXE = 0, where it is reserved.'),
  'npt-supervisor': kind(
    'error',
    'x86.npt',
    'U/S is 0: every nested access is a user access, so each one faults.',
  ),
  'ept-write-without-read': kind('error', 'x86.ept', 'Writable and not readable: an EPT misconfiguration.'),
  'ept-exec-only': kind(
    'error',
    'x86.ept',
    'Execute-only, which not every processor supports: an EPT misconfiguration there.',
  ),
  'ept-paging-write-without-read': kind(
    'warning',
    'x86.ept',
    'Paging-write access without read access: an EPT misconfiguration.',
  ),
  'looks-like-stage1': kind(
    'note',
    'arm64.stage2 x86.ept',
    'The word reads better as an entry of ordinary, first-stage tables.',
  ),
  'looks-like-stage2': kind('note', 'arm64.stage1', 'The word reads better as a stage 2 descriptor.'),
  'looks-like-ept': kind('note', 'x86.pte', 'The word reads better as an EPT entry.'),
  'looks-like-fwb': kind(
    'note',
    'arm64.stage2',
    'MemAttr reads better under the other value of HCR_EL2.FWB.',
  ),
  'looks-like-root': kind(
    'note',
    'arm64.stage1',
    'The word reads better under Root state (FEAT_RME), where bit 11 is NSE.',
  ),
  clean: kind(
    'note',
    'arm64.stage1 arm64.stage2',
    'Clean, and hardware does not manage the dirty state: a write takes a Permission fault with DirtyBit = 1.',
  ),
  'overlay-unknown': kind(
    'note',
    'arm64.stage1',
    'The permission overlay that POIndex selects may take rights away, and its register is not known.',
  ),
  'assured-only': kind(
    'note',
    'arm64.stage2',
    'AssuredOnly is 1: an access whose stage 1 translation is not assured takes a Permission fault.',
  ),
  'no-tag-access': kind(
    'note',
    'arm64.stage2',
    'NoTagAccess: where stage 1 makes it Tagged, accesses to tags take a Permission fault.',
  ),
  // registers
  'mair-unpredictable': kind(
    'warning',
    'arm64',
    'A byte of MAIR_ELx has no meaning: an entry that selects it may behave as any type.',
  ),
  'hd-without-ha': kind(
    'warning',
    'arm64.TCR_EL1 arm64.TCR_EL2 arm64.TCR_EL3 arm64.VTCR_EL2',
    'HD = 1 has no effect while HA = 0.',
  ),
  'tg-reserved': kind(
    'error',
    'arm64.TCR_EL1 arm64.TCR_EL2 arm64.TCR_EL3',
    'TGn is reserved: the implementation takes a granule of its own choice.',
  ),
  'tg0-reserved': kind(
    'error',
    'arm64.VTCR_EL2',
    'TG0 is reserved: the implementation takes a granule of its own choice.',
  ),
  'tsz-below-min': kind(
    'error',
    'arm64.TCR_EL1 arm64.TCR_EL2 arm64.TCR_EL3',
    'TnSZ asks for more address bits than there are: a level 0 Translation fault.',
  ),
  'tsz-above-max-impdef': kind(
    'warning',
    'arm64.TCR_EL1 arm64.TCR_EL2 arm64.TCR_EL3',
    'TnSZ asks for fewer address bits than allowed: a fault or the smallest size, IMPLEMENTATION DEFINED.',
  ),
  't0sz-below-min': kind(
    'error',
    'arm64.VTCR_EL2',
    'T0SZ asks for more IPA bits than there are: a level 0 Translation fault.',
  ),
  't0sz-above-max-impdef': kind(
    'warning',
    'arm64.VTCR_EL2',
    'T0SZ asks for fewer IPA bits than allowed: a fault or the smallest size, IMPLEMENTATION DEFINED.',
  ),
  'sl-reserved': kind(
    'error',
    'arm64.VTCR_EL2',
    'The start level is reserved for this granule: a stage 2 level 0 Translation fault.',
  ),
  'sl-t0sz-inconsistent': kind(
    'error',
    'arm64.VTCR_EL2',
    'The start level does not resolve the IPA bits that T0SZ asks for: a stage 2 level 0 Translation fault.',
  ),
  'base-misaligned': kind(
    'warning',
    'arm64.TTBR arm64.VTTBR_EL2',
    'The base address is not aligned to the size of the first table.',
  ),
  'discontiguous-mask': kind(
    'warning',
    'x86.IA32_MTRR_PHYSMASK x86.IA32_SMRR_PHYSMASK x86.IORRMask',
    'The mask has holes: the pair selects several ranges.',
  ),
  'mtrrs-disabled': kind(
    'note',
    'x86.IA32_MTRR_DEF_TYPE',
    'E is 0: all memory is UC, whatever the other MTRRs say.',
  ),
  'no-such-msr': kind('error', 'x86', 'No register of this family has the number.'),
  'eptp-memtype': kind(
    'error',
    'x86.EPTP',
    'The memory type of paging structures is neither UC nor WB: VM entry fails.',
  ),
  'eptp-walk-length': kind('error', 'x86.EPTP', 'The page-walk length is not supported: VM entry fails.'),
  'nw-without-cd': kind('error', 'x86.CR0', 'NW is 1 with CD = 0: #GP(0).'),
  'paging-without-protection': kind('error', 'x86.CR0', 'PG is 1 with PE = 0: #GP(0).'),
  'npt-without-paging': kind(
    'error',
    'x86.npt',
    'nCR3 is given and the host’s CR0.PG is 0: nested paging needs host paging.',
  ),
};
