/** What a page asks for, what the platform says, and what comes of both. */

/** What the platform says of an address: main memory, I/O, or nothing there. */
export type Pma = 'memory' | 'io' | 'vacant';
export const PMAS = ['memory', 'io', 'vacant'] as const;

/** What an access is in the end. */
export type Effective =
  | {
      readonly is: 'type';
      /** `memory`: cacheable main memory. `nc`: main memory past the caches. `io`: strongly ordered. */
      readonly type: 'memory' | 'nc' | 'io';
      /** Fences count it as I/O and as main memory, because page and platform differ. */
      readonly both: boolean;
    }
  /** Nothing is there: access fault. */
  | { readonly is: 'vacant' }
  /** The entry is reserved: page fault. */
  | { readonly is: 'reserved' };

export const TYPES = { memory: 'main memory', nc: 'NC', io: 'IO' } as const;
/** A type in the few words of a record. */
export const nameOf = (effective: Effective): string =>
  effective.is === 'type' ? TYPES[effective.type] : effective.is === 'vacant' ? 'vacant' : 'reserved';
