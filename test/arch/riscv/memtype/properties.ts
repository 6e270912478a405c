/** What a type means for accesses [Table "Encodings for PBMT field in Sv39, Sv48, and Sv57 PTEs", section "Physical Memory Attributes"]. */
export interface TypeProperties {
  readonly name: string;
  readonly cacheable: boolean;
  /** A read may be made ahead of time, and made twice. */
  readonly idempotent: boolean;
  readonly ordering: 'RVWMO' | 'I/O';
  /** What software must do before somebody uses other attributes for the same memory. */
  readonly maintenance: string;
}

export const TYPE_PROPERTIES: Readonly<Record<'memory' | 'nc' | 'io', TypeProperties>> = {
  memory: {
    ...{ name: 'main memory', cacheable: true, idempotent: true, ordering: 'RVWMO' },
    maintenance: 'fence iorw, iorw; cbo.flush; fence iorw, iorw',
  },
  nc: {
    ...{ name: 'non-cacheable main memory', cacheable: false, idempotent: true, ordering: 'RVWMO' },
    maintenance: 'fence iorw, iorw',
  },
  io: {
    ...{ name: 'I/O', cacheable: false, idempotent: false, ordering: 'I/O' },
    maintenance: 'fence iorw, iorw',
  },
};
