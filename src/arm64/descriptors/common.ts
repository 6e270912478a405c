/** What the descriptors of both stages share besides the address: kinds, invalid entries, and findings on any leaf. */
import { type Finding, maskOf } from '../../bits/codec.ts';
import { type Bit, fixed } from '../../bits/spec.ts';
import { hex, type Word } from '../../bits/word.ts';
import { arm } from '../../refs.ts';
import {
  type AddressConfig,
  addressForm,
  blockSupported,
  contiguousEntries,
  leafShift,
} from '../values/address.ts';

/** Where an entry stands. */
export interface EntryConfig extends AddressConfig {
  /** Lookup level of the table that holds it, -1 to 3. */
  readonly level: number;
}

export type DescriptorKind = 'invalid' | 'table' | 'block' | 'page';
/** Why a word is no valid descriptor. */
export type InvalidReason = 'bit0-clear' | 'reserved-at-level-3' | 'block-not-supported-at-level';

/** The two bits of the descriptor type. */
const VALID = maskOf(fixed(0, 0, 1, 'valid'));
const TABLE_OR_PAGE = maskOf(fixed(1, 1, 1, 'table or page'));

/** Which kind [1:0] makes of a word at this level [Arm ARM, Tables D8-48, D8-54; ASL AArch64_DecodeDescriptorType]. */
export function descriptorKind(
  word: Word,
  s: EntryConfig,
): readonly [kind: DescriptorKind, reason?: InvalidReason] {
  if ((word & VALID) === 0n) return ['invalid', 'bit0-clear'];
  if (word & TABLE_OR_PAGE) return [s.level === 3 ? 'page' : 'table'];
  if (s.level === 3) return ['invalid', 'reserved-at-level-3'];
  return blockSupported(s, s.level) ? ['block'] : ['invalid', 'block-not-supported-at-level'];
}

/** What to say of a type that is treated as Invalid although bit 0 is set. */
export function invalidTypeFindings(reason: InvalidReason, s: EntryConfig): Finding[] {
  if (reason === 'bit0-clear') return [];
  const message =
    reason === 'reserved-at-level-3'
      ? 'descriptor type 0b01 is reserved at level 3: treated as Invalid'
      : `no Block can stand at level ${s.level} of the ${s.granule}B granule here: treated as Invalid`;
  return [{ id: reason, severity: 'error', bits: '1:0', message, ref: arm('Table D8-54') }];
}

/** `level 2, 4KB granule, 52-bit (DS=1)`: which of a format's forms this is. */
export const entryForm = (s: EntryConfig): string =>
  `level ${s.level}, ${s.granule}B granule${{ plain: '', ds: ', 52-bit (DS=1)', lpa: ', 52-bit (LPA)' }[addressForm(s)]}`;

/** Bytes that one leaf maps, and that its Contiguous group spans. */
export const leafBytes = (s: EntryConfig): bigint => 1n << BigInt(leafShift(s.granule, s.level));
export const groupBytes = (s: EntryConfig): bigint =>
  BigInt(contiguousEntries(s.granule, s.level)) * leafBytes(s);

/**
 * Is this leaf in its place of the Contiguous group? The group maps one aligned range to one aligned range, so input and
 * output address agree in the bits between entry and group size [Arm ARM, R_CBXXM, Table D8-104].
 */
export function contiguousFinding(oa: bigint, ia: bigint, s: EntryConfig): Finding[] {
  const group = groupBytes(s);
  const within = group - leafBytes(s);
  if (((oa ^ ia) & within) === 0n) return [];
  return [
    {
      id: 'contiguous-misaligned',
      severity: 'error',
      bits: '52',
      message: `Contiguous: output ${hex(oa)} for input ${hex(ia)} does not continue an aligned ${hex(group)} group`,
      ref: arm('Table D8-104'),
    },
  ];
}

/** What AF and nT mean for the first access. */
export function accessFindings(
  { af, nT }: { readonly af: number; readonly nT?: number | undefined },
  ha: Bit,
): Finding[] {
  const findings: Finding[] = [];
  if (!af && !ha)
    findings.push({
      id: 'access-flag-clear',
      severity: 'note',
      bits: '10',
      message: 'AF is 0 and hardware does not set it: the first access takes an Access flag fault',
      ref: arm('R_SWTYY'),
    });
  if (nT)
    findings.push({
      id: 'nt-set',
      severity: 'note',
      bits: '16',
      message: 'nT is 1: a break-before-make in progress; an access may take a Translation fault',
      ref: arm('R_MRRPW'),
    });
  return findings;
}

/** A write that is permitted and meets a clean entry, where hardware does not manage the dirty state. */
export const cleanFinding = (bit: string, controls: string, where: string): Finding => ({
  id: 'clean',
  severity: 'note',
  bits: '7',
  message: `${bit}, and hardware does not manage the dirty state (${controls}): a write takes a Permission fault with DirtyBit = 1`,
  ref: arm(where),
});
