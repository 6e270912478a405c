/** What a memory type means for accesses [SDM, Table "Memory Types and Their Properties"; APM, Table "Memory Access by Memory Type"]. */
import type { EffectiveType } from '../values/attributes.ts';

/** One type, as people compare them. */
export interface TypeProperties {
  readonly name: string;
  /** Reads may be served from, and fill, the caches. */
  readonly cacheable: boolean;
  /** Writes stay in the cache until the line is written back. */
  readonly writeBack: boolean;
  /** Writes may be gathered in write-combining buffers. */
  readonly combining: boolean;
  /** Reads may be made ahead of time, and may never be used. */
  readonly speculativeReads: boolean;
  /** How reads and writes are seen by others. */
  readonly ordering: 'strong' | 'processor' | 'weak';
  /** Accesses look into the caches of this and other processors. */
  readonly snooped: boolean;
  /** LOCKed accesses are done in the cache (else on the bus, if they are allowed at all). */
  readonly cacheLocked: boolean;
  /** Unaligned accesses work; across a cache line they are no single access. */
  readonly unaligned: boolean;
  /** What software must do when another agent sees memory past the caches. */
  readonly maintenance: string;
}

const uncached = {
  ...{ cacheable: false, writeBack: false, speculativeReads: false, cacheLocked: false, unaligned: true },
  ...{ combining: false, ordering: 'strong' as const },
};
const cached = {
  ...{ cacheable: true, combining: false, speculativeReads: true, unaligned: true, snooped: true },
  ordering: 'processor' as const,
};

/** Every type that an access can have in the end. */
export const TYPE_PROPERTIES: Readonly<Record<EffectiveType, TypeProperties>> = {
  UC: { name: 'strong uncacheable', ...uncached, snooped: false, maintenance: 'none' },
  CD: {
    name: 'cache disabled',
    ...uncached,
    snooped: true,
    maintenance: 'none: caches are probed and invalidated',
  },
  WC: {
    ...{
      name: 'write combining',
      ...uncached,
      combining: true,
      speculativeReads: true,
      ordering: 'weak',
      snooped: false,
    },
    maintenance: 'SFENCE, or any serializing or locked instruction, drains the write-combining buffers',
  },
  'WC+': {
    ...{ name: 'write combining, caches probed', ...uncached, combining: true, speculativeReads: true },
    ...{ ordering: 'weak', snooped: true },
    maintenance: 'SFENCE, or any serializing or locked instruction, drains the write-combining buffers',
  },
  WT: {
    name: 'write-through',
    ...cached,
    writeBack: false,
    cacheLocked: false,
    maintenance: 'none for writes',
  },
  WP: {
    ...{ name: 'write-protected', ...cached, writeBack: false, cacheLocked: false },
    maintenance: 'none: writes go to memory and invalidate the line everywhere',
  },
  WB: {
    ...{ name: 'write-back', ...cached, writeBack: true, cacheLocked: true },
    maintenance: 'CLFLUSH, CLFLUSHOPT, CLWB or WBINVD before an agent that does not snoop reads',
  },
};

/** The row that applies to a type. */
export const propertiesOf = (type: EffectiveType): readonly TypeProperties[] => [TYPE_PROPERTIES[type]];
