/** The second half of a planned walk: pieces of leaf tables become rows, whoever reads them. */
import type { AddressSpace } from '../image/address-space.ts';
import { ALL_FRAMES, type Frame } from '../image/frames.ts';
import type { Kernels } from '../kernels/api.ts';
import { BatchBuilder, type LeafBatch } from './batch.ts';
import { Classifier } from './classifier.ts';
import { spansOf } from './descent.ts';
import { knownForms } from './forms.ts';
import type { PieceColumns, PieceResult, Task } from './pieces.ts';
import type { Regime } from './regime.ts';
import type { WalkOptions } from './result.ts';
import { SEGMENTS_PER_SCAN } from './scanner.ts';
import { Workshop } from './workshop.ts';

export type PieceOptions = Pick<WalkOptions, 'from' | 'to' | 'payload' | 'ignore'>;

export class Piecework {
  readonly #memory: AddressSpace;
  readonly #workshop: Workshop;
  readonly #wanted: { readonly from: Frame; readonly to: Frame; readonly spans: readonly Frame[] };
  readonly #batch = new BatchBuilder();

  /** The kernels must be able to read the regime: `PlannedWalk` knows. */
  constructor(
    regime: Regime,
    memory: AddressSpace,
    { from = 0, to = ALL_FRAMES, payload = false, ignore = [0, 0] }: PieceOptions,
    kernels?: Kernels,
  ) {
    this.#memory = memory;
    this.#wanted = { from, to, spans: spansOf(regime) };
    this.#workshop = kernels ? Workshop.withArena(kernels) : Workshop.borrow();
    const { leaves = [] } = knownForms(regime) ?? {};
    this.#workshop.scanner.begin(regime, leaves, new Classifier(regime), payload, ignore);
  }

  run(pieces: PieceColumns, { first, end }: Task): PieceResult {
    const { scanner } = this.#workshop;
    const { spans } = this.#wanted;
    const missing: number[] = [];
    const before = this.#counts();
    this.#batch.length = 0;
    const take = (rows: LeafBatch): void => this.#batch.append(rows);
    for (let at = first; at < end; at += SEGMENTS_PER_SCAN) {
      const stop = Math.min(end, at + SEGMENTS_PER_SCAN);
      this.#workshop.queue(this.#memory, pieces, at, stop, this.#wanted, piece => missing.push(piece));
      scanner.run(take);
    }
    scanner.finish(take);
    const [payload, faults, ...frames] = this.#counts().map((count, i) => count - (before[i] as number));
    return {
      rows: this.#batch.copy(),
      leaves: frames.reduce((sum, count, level) => sum + count / (spans[level] as number), 0),
      payload: payload as number,
      faults: faults as number,
      missing: Uint32Array.from(missing),
    };
  }

  /** No more tasks. */
  end(): void {
    Workshop.giveBack(this.#workshop);
  }

  /** Entries with payload, faults, and the frames that leaves of each level cover, since the beginning. */
  #counts(): readonly number[] {
    const { scanner } = this.#workshop;
    const { spans } = this.#wanted;
    return [scanner.payloads, scanner.faults, ...spans.map((_, level) => scanner.leafFrames(level))];
  }
}
