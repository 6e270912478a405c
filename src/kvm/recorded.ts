/** What recorded outcomes (one JSON object per memslot) and leaves have in common, whatever the architecture. */
import type { VmaFlag } from './arm64/model.ts';
import type { AuditLeaf } from './audit.ts';
import { KvmInputError } from './errors.ts';
import { parseVmaFlags } from './inputs.ts';

/** A line of a recording. */
export type Json = Readonly<Record<string, unknown>>;

/** @throws KvmInputError for what is no hex text */
export function address(value: unknown): bigint | undefined {
  if (value === undefined || value === null) return undefined;
  try {
    if (typeof value === 'string' && value !== '') return BigInt(value);
  } catch {
    // said below
  }
  throw new KvmInputError(
    `an address or size must be hex text, not ${JSON.stringify(value)}; valid: "0x80000000"`,
    ['"0x80000000"'],
  );
}
export const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null ? (value as Json) : {};

/** Flags as a list or as text: `["VM_PFNMAP", …]`, `"pf io sh mw"`. */
export function flagsOf(value: unknown): VmaFlag[] {
  const text = Array.isArray(value) ? value.join(' ') : typeof value === 'string' ? value : '';
  return [...parseVmaFlags(text).flags];
}

/** A leaf of a walk: `ipa` or `gpa`, `pa`, `size`, `raw`. Lines of other regimes and cached MMIO entries give undefined. */
export function auditLeaf(record: Json): AuditLeaf | undefined {
  const at = address(record.ipa) ?? address(record.gpa);
  const raw = address(record.raw);
  const size = address(record.size);
  if (at === undefined || raw === undefined || size === undefined || record.cachedMmio) return undefined;
  const pageSize = address(record.pageSize);
  return { at, pa: address(record.pa) ?? 0n, size, ...(pageSize === undefined ? {} : { pageSize }), raw };
}
