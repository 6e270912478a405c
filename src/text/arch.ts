import { maskOf } from '../bits/codec.ts';
import { bits, flag, ignored, type Row } from '../bits/spec.ts';

const masks = <K extends string>(rows: Readonly<Record<K, Row>>): Readonly<Record<K, bigint>> =>
  Object.fromEntries(Object.entries<Row>(rows).map(([key, row]) => [key, maskOf(row)])) as Record<K, bigint>;

/** What of the architectures' layouts is looked at before it is known whose layout it is. */
const ARM = masks({ type: bits(1, 0, 'type'), low: ignored(9, 2), af: flag(10, 'AF') });
const X86 = masks({
  d: flag(6, 'D'),
  a: flag(5, 'A'),
  pcd: flag(4, 'PCD'),
  ps: flag(7, 'PS'),
  eptRights: bits(2, 0, 'RWX'),
  eptReserved: bits(6, 3, 'reserved'),
});

/** Does it map a page, at a level where it may? */
export const isLarge = (word: bigint): boolean => (word & X86.ps) !== 0n;

/** Is it of the type that arm64 gives tables, and pages at the last level? */
export const couldBeTable = (word: bigint): boolean => (word & ARM.type) === ARM.type;

/**
 * Whose entries are these? For walks whose text does not say: table entries of the two architectures hardly ever look
 * alike. An arm64 table descriptor has bits [1:0] = 3 and nothing in [9:2] that software uses; an x86 one carries A, U/S
 * and R/W in bits [5:1].
 */
export function looksArm64(words: readonly bigint[]): boolean {
  const tables = words.slice(0, -1).filter(word => word !== 0n);
  const leaf = words.at(-1) ?? 0n;
  if (tables.length === 0)
    return couldBeTable(leaf) && (leaf & ARM.af) !== 0n && (leaf & (X86.a | X86.d)) === 0n;
  return tables.every(word => (word & (ARM.type | ARM.low)) === ARM.type);
}

/**
 * Is this entry of KVM's one of EPT? Tables of EPT have nothing in [6:3], those of NPT and shadow paging are marked as accessed
 * in bit 5. Leaves of EPT have the memory type WB or UC in [5:3]; the others have A in bit 5, and no PCD in bit 4
 * [SDM vol. 3C, "EPT Paging-Structure Entries"; Linux arch/x86/kvm/mmu/spte.c].
 *
 * @param leaf does it map a page?
 * @returns undefined for an entry that is not present
 */
export function looksEpt(word: bigint, leaf: boolean): boolean | undefined {
  if ((word & X86.eptRights) === 0n) return undefined;
  if (!leaf) return (word & X86.eptReserved) === 0n;
  return (word & X86.a) === 0n || (word & X86.pcd) !== 0n;
}
