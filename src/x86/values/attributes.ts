/**
 * Memory types and their codes, which PAT, MTRRs and EPT share. Vocabulary only: who decides what stands in the rules of
 * `memtype/`.
 */
import { type Reserved, reserved, type ValueTable } from '../../bits/spec.ts';
import { sdm } from '../../refs.ts';

/** A type that memory can have. */
export type MemoryType = 'UC' | 'WC' | 'WT' | 'WP' | 'WB';
/** UC- exists in the PAT only: uncacheable, but a WC MTRR (or WC from the other PAT under NPT) wins. */
export type PatType = MemoryType | 'UC-';

const hole = reserved('Reserved memory type', sdm('Table "Memory Types That Can Be Encoded With PAT"'));
const TYPES: readonly (MemoryType | Reserved)[] = ['UC', 'WC', hole, hole, 'WT', 'WP', 'WB'];

/** Memory type codes of EPT entries: 2, 3 and 7 are reserved [SDM, "EPT Memory Type"]. */
export const MEMORY_TYPE: ValueTable = [...TYPES, hole];
/** Memory type codes of a PAT entry: 2 and 3 are reserved, 7 is UC-. */
export const PAT_TYPE: ValueTable = [...TYPES, 'UC-'];

const NAMES: readonly (MemoryType | undefined)[] = ['UC', 'WC', undefined, undefined, 'WT', 'WP', 'WB'];
/** The memory type of a code in an MTRR or an EPT entry; undefined for reserved codes. */
export const memoryType = (code: number): MemoryType | undefined => NAMES[code];
/** The memory type of a PAT entry's code; undefined for reserved codes. */
export const patType = (code: number): PatType | undefined => (code === 7 ? 'UC-' : NAMES[code]);
/** The code of a memory type. */
export const typeCode = (type: PatType): number => (type === 'UC-' ? 7 : NAMES.indexOf(type));

/**
 * What an access can have in the end. CD (AMD): uncacheable, but caches are probed and invalidated; Intel calls both UC.
 * WC+ (AMD, nested paging): write-combining that probes the caches.
 */
export type EffectiveType = MemoryType | 'CD' | 'WC+';

/** The type without AMD's distinctions: CD is UC, WC+ is WC. */
export const plainType = (type: EffectiveType): MemoryType =>
  type === 'CD' ? 'UC' : type === 'WC+' ? 'WC' : type;
