/** Is it of the type that arm64 gives tables, and pages at the last level? */
export const couldBeTable = (word: bigint): boolean => (word & 3n) === 3n;

/**
 * Whose entries are these? For walks whose text does not say: table entries of the two architectures hardly ever look
 * alike. An arm64 table descriptor has bits [1:0] = 3 and nothing in [9:2] that software uses; an x86 one carries A, U/S
 * and R/W in bits [5:1].
 */
export function looksArm64(words: readonly bigint[]): boolean {
  const tables = words.slice(0, -1).filter(word => word !== 0n);
  const leaf = words.at(-1) ?? 0n;
  if (tables.length === 0) return couldBeTable(leaf) && (leaf & 0x460n) === 0x400n;
  return tables.every(word => (word & 0x3ffn) === 3n);
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
  if ((word & 7n) === 0n) return undefined;
  if (!leaf) return (word & 0x78n) === 0n;
  return (word & 0x20n) === 0n || (word & 0x10n) !== 0n;
}
