/** The translations of a real dump as work: what a walk of each, and its totals, cost. */
import type { Finding } from '../bits/codec.ts';
import { counted } from '../bits/counted.ts';
import { type AddressSpace, type FrameRange, gatherPages } from '../image/address-space.ts';
import { bytesOf } from '../image/frames.ts';
import { walkExactly } from '../walk/exact.ts';
import { walkFast } from '../walk/fast.ts';
import type { WalkResult } from '../walk/result.ts';
import type { Space } from '../walk/space.ts';
import { type Summary, summarise } from '../walk/summary.ts';
import { type Cold, twice } from './cold.ts';
import { expectSame, type Work } from './compare.ts';
import { columnsOf } from './workloads.ts';

/** Memory that counts the pages of tables that are read. */
class Counted implements AddressSpace {
  readonly #space: AddressSpace;
  pages = 0;

  constructor(space: AddressSpace) {
    this.#space = space;
  }
  get ranges(): readonly FrameRange[] {
    return this.#space.ranges;
  }
  page(frame: number): Uint32Array | undefined {
    const words = this.#space.page(frame);
    if (words) this.pages++;
    return words;
  }
  refusal(frame: number, top?: 'lower' | 'upper'): Finding | undefined {
    return this.#space.refusal?.(frame, top);
  }
  gather(frames: Float64Array, target: Uint8Array): Uint32Array {
    this.pages += frames.length;
    return gatherPages(this.#space, frames, target);
  }
}

export interface DumpWork {
  /** The first walk of this process; later ones find pages and patterns that are known. */
  readonly cold: Cold;
  /** As `memattr walk` does it: by the kernels, where they are worth it. */
  readonly walk: Work;
  /** Entry by entry. Absent where that is what `walk` does. */
  readonly exact?: Work;
  /** As `walk --summary`: every distinct table once. */
  readonly summary: Work;
  /** Tables that the dump does not hold. */
  readonly missing: number;
}

/** @throws Error where the walkers do not agree */
export function dumpWork({ candidate: { name, regime }, memory }: Space): DumpWork {
  let fast: WalkResult | undefined;
  const cold = twice(`${name} walked`, () => {
    fast = walkFast(regime, memory);
  });
  const read = new Counted(memory);
  const exact = walkExactly(regime, read);
  if (fast) expectSame(`the walk of ${name}`, resultOf(fast), resultOf(exact));
  const readOnce = new Counted(memory);
  const totals = summarise(regime, readOnce);
  if (exact.stopped === undefined && totals.stopped === undefined) expectTotals(name, totals, exact);
  const work = (group: string, pages: number, run: () => void): Work => ({
    group,
    title: `${name}, ${counted(pages, 'page')}`,
    entries: bytesOf(pages) / regime.entryBytes,
    bytes: bytesOf(pages),
    run,
  });
  const exactly = work('walk', read.pages, () => walkExactly(regime, memory));
  return {
    cold,
    ...(fast
      ? { walk: work('walk', read.pages, () => walkFast(regime, memory)), exact: exactly }
      : { walk: exactly }),
    summary: work('summary', readOnce.pages, () => summarise(regime, memory)),
    missing: exact.missingTotal,
  };
}

const resultOf = (result: WalkResult): Uint8Array[] => [
  ...columnsOf(result),
  new Uint8Array(Float64Array.of(...Object.values(result.counts), result.missingTotal).buffer),
];

function expectTotals(name: string, { rows }: Summary, { counts }: WalkResult): void {
  const entries = rows.reduce((sum, row) => sum + row.entries, 0);
  if (entries !== counts.leaves)
    throw new Error(`${name}: totals count ${entries} leaf entries, the walk ${counts.leaves}`);
}
