/** What the slow models of the manuals answer, and what they ask of a memory. */

/** The classes of faults that both vendors' syndromes tell apart. */
export type Cause =
  | 'not-present'
  | 'permission'
  | 'access-flag'
  | 'address-size'
  | 'alignment'
  | 'reserved-bit'
  | 'misconfiguration'
  | 'canonical';

export interface Allowed {
  readonly is: 'allowed';
  /** Physical address, bytes. */
  readonly pa: bigint;
  /** Entries that the hardware writes, in order. */
  readonly updates: readonly Update[];
}

/** Accessed, dirty and access flags are the only bits that hardware sets (or, arm64 stage 1, clears) by itself. */
export interface Update {
  readonly stage: 1 | 2;
  /** Physical address of the entry; at stage 1 of a guest its intermediate address. */
  readonly at: bigint;
  readonly from: bigint;
  readonly to: bigint;
}

export interface Fault {
  readonly is: 'fault';
  readonly stage: 1 | 2;
  /** The vendor's number of the level; 0 where no level is told. */
  readonly level: number;
  readonly cause: Cause;
  /** The rule that denied it, in a few words: the branches that generators have to reach. */
  readonly reason: string;
  /** Whose access met it: the program's, or the walker's on its way through the tables of stage 1. */
  readonly of: 'access' | 'walker';
  /** ESR_ELx, #PF error code, EPT exit qualification or EXITINFO1 of a nested page fault. */
  readonly syndrome: bigint;
  /** Of the second stage: the intermediate (guest physical) address that it could not translate. */
  readonly input?: bigint;
}

/** A table that the memory does not hold: no answer. */
export interface Missing {
  readonly is: 'missing';
  readonly at: bigint;
}

export type Outcome = Allowed | Fault | Missing;

export type Registers = ReadonlyMap<string, bigint>;

/** One naturally aligned word of physical memory, or undefined where there is none. */
export type Memory = (address: bigint, bytes: 4 | 8) => bigint | undefined;

/** Bits high to low, as the manuals write `[high:low]`. */
export const bits = (word: bigint, high: number, low = high): bigint =>
  (word >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);
export const bit = (word: bigint, at: number): boolean => ((word >> BigInt(at)) & 1n) === 1n;
export const num = (word: bigint, high: number, low = high): number => Number(bits(word, high, low));
export const one = (at: number): bigint => 1n << BigInt(at);

/** A walk may pass an entry several times; the hardware writes it once. */
export function merged(updates: readonly Update[]): Update[] {
  const byPlace = new Map<string, Update>();
  for (const update of updates) {
    const key = `${update.stage} ${update.at}`;
    const before = byPlace.get(key);
    const to = before ? update.to | (before.to & ~before.from) : update.to;
    byPlace.set(key, before ? { ...before, to } : update);
  }
  return [...byPlace.values()];
}
