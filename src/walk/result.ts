/** What a walk is asked, and what it answers. */
import type { Finding } from '../bits/codec.ts';
import { type AddressSpace, imagePages } from '../image/address-space.ts';
import type { Bytes, Frame } from '../image/frames.ts';
import type { LeafBatch } from './batch.ts';
import type { Regime } from './regime.ts';

export interface WalkOptions {
  /** Only input frames in [from, to). */
  readonly from?: Frame;
  readonly to?: Frame;
  /** Also list invalid entries that are not empty: PROT_NONE pages, swap, KVM's annotations. Default false. */
  readonly payload?: boolean;
  /** Read at most this many tables, counting a table again each time it is reached. Default: `limitsOf`, at most 2^22. */
  readonly maxTables?: number;
  /** Keep at most this many ranges. Default: `limitsOf`, at most 2^24. */
  readonly maxRanges?: number;
  /**
   * Bits that may differ between the entries of one range: accessed and dirty flags, mostly. The range has the bits of
   * its first entry. They must not be bits that decide whether an entry is a table, a leaf or a fault.
   */
  readonly ignore?: readonly [lo: number, hi: number];
}

/** A table that the image does not hold: what lies below is unknown. */
export interface MissingTable {
  /** Physical address, bytes. */
  readonly address: Bytes;
  /** Index into the regime's levels. */
  readonly level: number;
  /** Input frames that it would translate. */
  readonly input: Frame;
  readonly frames: Frame;
}

/** A table that cannot be read, for a reason that the machine has: what it would translate faults. */
export interface Obstacle {
  /** `hidden-by-second-stage`: the second stage denies it to the walker; `fault`: its address is none. */
  readonly kind: 'hidden-by-second-stage' | 'fault';
  readonly finding: Finding;
}

export interface WalkResult {
  readonly regime: Regime;
  readonly leaves: LeafBatch;
  readonly counts: {
    /** Tables read, counting a shared table each time. */
    readonly tables: number;
    /** Leaf entries before coalescing. */
    readonly leaves: number;
    /** Invalid entries with a payload. */
    readonly payload: number;
    /** Entries that are valid but fault on use: reserved bits, misconfiguration, address out of range. */
    readonly faults: number;
  };
  /** The first `MISSING_KEPT` tables that the image does not hold. */
  readonly missing: readonly MissingTable[];
  readonly missingTotal: number;
  /** Of ranges of the kind `OBSTACLE`, whose `lo` is an index here. Empty in most walks. */
  readonly obstacles: readonly Obstacle[];
  /** Set where a limit ended the walk early: the sentence says which. */
  readonly stopped?: string;
}

const MOST_TABLES = 2 ** 22;
const MOST_RANGES = 2 ** 24;
/** Ways to tables, and ranges, that any image may have: KASAN, espfix and recursive maps reach tables along several ways. */
const FREE_TABLES = 2 ** 16;
const FREE_RANGES = 2 ** 15;
const ENTRIES = 512;

/**
 * How far a walk goes where nobody says. A tree whose tables are reached along one way each has no more tables than the image
 * pages, and no more ranges than these have entries: what is larger leads to its tables along many ways, or contains itself, and
 * would cost 512 times its size for each level.
 */
export function limitsOf(
  memory: AddressSpace,
  { maxTables, maxRanges }: Pick<WalkOptions, 'maxTables' | 'maxRanges'> = {},
): { readonly maxTables: number; readonly maxRanges: number } {
  const pages = maxTables === undefined || maxRanges === undefined ? imagePages(memory) : 0;
  return {
    maxTables: maxTables ?? Math.min(MOST_TABLES, FREE_TABLES + 4 * pages),
    maxRanges: maxRanges ?? Math.min(MOST_RANGES, FREE_RANGES + ENTRIES * pages),
  };
}

/** Missing tables kept with their place; beyond this they are counted only. */
export const MISSING_KEPT = 1000;
