/**
 * What a memory type means for accesses [Arm ARM, section B2.10, Memory types and attributes; section D7.5, Cache
 * support].
 */
import type { Memory } from '../values/attributes.ts';
import { policyOf } from '../values/attributes.ts';

/** One type, as people compare them. */
export interface TypeProperties {
  readonly name: string;
  /** Reads may be served from, and fill, the caches. */
  readonly cacheable: boolean;
  /** Writes stay in the cache until the line is cleaned. */
  readonly writeBack: boolean;
  /** Several accesses may become one (G). */
  readonly gathering: boolean;
  /** Accesses to the same peripheral may change places (R). */
  readonly reordering: boolean;
  /** A write may be acknowledged before it arrives (E). */
  readonly earlyAcknowledgement: boolean;
  /** Data may be read ahead of time, and may never be used. */
  readonly speculativeReads: boolean;
  /** Unaligned accesses work; to Device memory they take an Alignment fault. */
  readonly unaligned: boolean;
  /** Load-exclusive, store-exclusive and atomic instructions. */
  readonly exclusives: 'yes' | 'IMPLEMENTATION DEFINED';
  /** Instructions can be fetched from it. */
  readonly fetches: 'yes' | 'CONSTRAINED UNPREDICTABLE';
  /** Accesses look into the caches of the shareability domain. */
  readonly snooped: boolean;
  /** What software must do when another agent, or an alias of another type, sees the memory past the caches. */
  readonly maintenance: string;
}

const device = (
  name: string,
  gathering: boolean,
  reordering: boolean,
  earlyAcknowledgement: boolean,
): TypeProperties => ({
  name,
  cacheable: false,
  writeBack: false,
  gathering,
  reordering,
  earlyAcknowledgement,
  speculativeReads: false,
  unaligned: false,
  exclusives: 'IMPLEMENTATION DEFINED',
  fetches: 'CONSTRAINED UNPREDICTABLE',
  snooped: false,
  maintenance: 'none; DSB where the arrival of a write matters',
});
const normal = {
  gathering: true,
  reordering: true,
  earlyAcknowledgement: true,
  speculativeReads: true,
  unaligned: true,
  fetches: 'yes',
} as const;

/** The types that accesses are compared by. Mixed Normal types follow their halves. */
export const TYPE_PROPERTIES = {
  'Device-nGnRnE': device('Device-nGnRnE', false, false, false),
  'Device-nGnRE': device('Device-nGnRE', false, false, true),
  'Device-nGRE': device('Device-nGRE', false, true, true),
  'Device-GRE': device('Device-GRE', true, true, true),
  'Normal NC': {
    name: 'Normal Non-cacheable',
    ...normal,
    cacheable: false,
    writeBack: false,
    exclusives: 'IMPLEMENTATION DEFINED',
    snooped: false,
    maintenance:
      'DC CIVAC of lines that a cacheable alias may have left, before the first use; DSB after writes',
  },
  'Normal WT': {
    name: 'Normal Write-Through',
    ...normal,
    cacheable: true,
    writeBack: false,
    exclusives: 'IMPLEMENTATION DEFINED',
    snooped: true,
    maintenance: 'DC IVAC before reads of what an agent outside the domain wrote',
  },
  'Normal WB': {
    name: 'Normal Write-Back',
    ...normal,
    cacheable: true,
    writeBack: true,
    exclusives: 'yes',
    snooped: true,
    maintenance: 'DC CVAC before an agent outside the domain reads, DC IVAC before reading what it wrote',
  },
} as const satisfies Record<string, TypeProperties>;
export type PropertyName = keyof typeof TYPE_PROPERTIES;

/** The rows that apply to a type: one, or inner and outer where they differ. */
export function propertiesOf(memory: Memory): readonly TypeProperties[] {
  if (memory.type === 'device') return [TYPE_PROPERTIES[`Device-${memory.device}`]];
  const inner = TYPE_PROPERTIES[`Normal ${policyOf(memory.inner)}`];
  const outer = TYPE_PROPERTIES[`Normal ${policyOf(memory.outer)}`];
  return inner === outer ? [inner] : [inner, outer];
}
