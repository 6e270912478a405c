/**
 * Whose entries are these? For walks whose text does not say: table entries of the two architectures hardly ever look
 * alike. An arm64 table descriptor has bits [1:0] = 3 and nothing in [9:2] that software uses; an x86 one carries A, U/S
 * and R/W in bits [5:1].
 */
export function looksArm64(words: readonly bigint[]): boolean {
  const tables = words.slice(0, -1).filter(word => word !== 0n);
  const leaf = words.at(-1) ?? 0n;
  if (tables.length === 0) return (leaf & 3n) === 3n && (leaf & 0x400n) !== 0n && (leaf & 0x60n) === 0n;
  return tables.every(word => (word & 0x3ffn) === 3n);
}
