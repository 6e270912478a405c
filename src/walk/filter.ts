/** Which records of a map somebody wants to see, and in which order. */
import type { Finding } from '../bits/codec.ts';
import type { MapRecord } from './map.ts';

export interface Filter {
  /** Part of a memory type's name, of any stage or the effective one; case does not matter. */
  readonly type?: string;
  /** Rights that one privilege level must have all of: `wx`, `w`, `r`. */
  readonly perm?: string;
  /** Bytes of a page of either stage. */
  readonly pageSize?: bigint;
  /** The manual's level number, of either stage. */
  readonly level?: number;
  /** Upper or lower half of the input addresses. */
  readonly half?: 'kernel' | 'user';
  /** Output bytes: ranges that overlap [paFrom, paTo). */
  readonly paFrom?: bigint;
  readonly paTo?: bigint;
  /** Only records with findings above a note, or that map nothing. */
  readonly findings?: boolean;
}

/** Findings of every stage. */
export const findingsOf = (record: MapRecord): readonly Finding[] => [
  ...((record.findings as readonly Finding[] | undefined) ?? []),
  ...(record.s1?.findings ?? []),
  ...(record.s2?.findings ?? []),
];

const inputOf = ({ va, ipa, gpa }: MapRecord): bigint => BigInt(va ?? ipa ?? gpa ?? 0);
/** Where the last stage leads; undefined where something is not mapped. */
export const outputOf = (record: MapRecord): bigint | undefined => {
  if (record.kind !== undefined) return undefined;
  const text = record.pa ?? (record.va === undefined ? undefined : (record.ipa ?? record.gpa));
  return text === undefined ? undefined : BigInt(text);
};

/** Does one privilege level have all of these rights? Levels stand beside each other: `rw-/r-x`. */
const permits = (perm: string, wanted: string): boolean =>
  perm.split('/').some(level => {
    // `p` and `u` are execute rights of one privilege level
    const rights = level.replace(/[pu]$/, 'x');
    return [...wanted].every(right => rights.includes(right));
  });

/** Worth a look: something is wrong with it, or it maps nothing without being somebody's convention. */
export const isTrouble = (record: MapRecord): boolean =>
  record.note === undefined && findingsOf(record).some(({ severity }) => severity !== 'note');

/** Above the last address, and above those of the lower half. */
const ADDRESSES = 2n ** 64n;
const UPPER_HALF = 2n ** 63n;

export function matches(record: MapRecord, filter: Filter): boolean {
  const { type, perm, pageSize, level, half, paFrom, paTo, findings } = filter;
  const { s1, s2 } = record;
  if (type !== undefined) {
    const names = [record.type, record.effective, s1?.type, s2?.type];
    if (!names.some(name => name?.toLowerCase().includes(type.toLowerCase()))) return false;
  }
  if (perm !== undefined && !permits(record.perm ?? '', perm)) return false;
  const sizes = s1 ? [s1.pageSize, s2?.pageSize] : [record.pageSize];
  if (pageSize !== undefined && !sizes.some(size => size !== undefined && BigInt(size) === pageSize))
    return false;
  const levels = s1 ? [s1.level, s2?.level] : [record.level];
  if (level !== undefined && !levels.includes(level)) return false;
  if (half !== undefined && inputOf(record) >= UPPER_HALF !== (half === 'kernel')) return false;
  if (paFrom !== undefined || paTo !== undefined) {
    const start = outputOf(record);
    if (start === undefined || start >= (paTo ?? ADDRESSES) || start + BigInt(record.size) <= (paFrom ?? 0n))
      return false;
  }
  return !findings || isTrouble(record) || (record.kind !== undefined && record.note === undefined);
}

export const SORTS = ['input', 'output', 'size', 'type'] as const;
export type Sort = (typeof SORTS)[number];

const compare = (a: bigint | string, b: bigint | string): number => (a < b ? -1 : a > b ? 1 : 0);
const KEYS: Record<Sort, (record: MapRecord) => bigint | string> = {
  input: inputOf,
  output: record => outputOf(record) ?? -1n,
  size: record => -BigInt(record.size), // largest first
  type: ({ effective, type = '' }) => effective ?? type,
};

/** Sorted by a key, and by input among equals. */
export const sorted = (records: Iterable<MapRecord>, by: Sort): MapRecord[] =>
  [...records]
    .map(record => ({ record, key: KEYS[by](record), input: inputOf(record) }))
    .sort((a, b) => compare(a.key, b.key) || compare(a.input, b.input))
    .map(({ record }) => record);
