/** What the scan kernel works with: a scanner, and room for the pages it scans. */
import type { AddressSpace } from '../image/address-space.ts';
import { type Frame, frameOf, inPage } from '../image/frames.ts';
import type { Kernels } from '../kernels/api.ts';
import { Heap } from '../kernels/heap.ts';
import { freshKernels } from '../kernels/kernels.ts';
import { Arena } from './gather.ts';
import { endWanted, firstWanted, type PieceColumns } from './pieces.ts';
import { Scanner, SEGMENTS_PER_SCAN } from './scanner.ts';

/** What part of an input range is asked for, and how much one entry of each level covers. Frames. */
export interface Extent {
  readonly from: Frame;
  readonly to: Frame;
  readonly spans: readonly Frame[];
}

/** One is kept between walks; a walk inside a walk gets its own. */
let idle: Workshop | undefined;

export class Workshop {
  readonly scanner: Scanner;
  /** None for images that lie in the kernels' memory. */
  readonly arena: Arena | undefined;

  constructor(heap: Heap, arena?: Arena, capacity?: number) {
    this.scanner = new Scanner(heap, capacity);
    this.arena = arena;
  }

  static withArena(kernels: Kernels): Workshop {
    const heap = new Heap(kernels);
    return new Workshop(heap, new Arena(heap, SEGMENTS_PER_SCAN));
  }

  /** The one that was kept, or a new one. 16 MB of fresh memory cost 10 ms. */
  static borrow(): Workshop {
    const shop = idle ?? Workshop.withArena(freshKernels());
    idle = undefined;
    return shop;
  }
  static giveBack(shop: Workshop): void {
    idle = shop;
  }

  /**
   * Queue pieces `first` to `end`, no more than the scanner has room for. One sorted pass over the image brings all their
   * pages. `note` is told which ones are not there.
   */
  queue(
    memory: AddressSpace,
    pieces: PieceColumns,
    first: number,
    end: number,
    wanted: Extent,
    note: (piece: number) => void,
  ): void {
    const { place, missing } = pieces;
    const frames = Float64Array.from({ length: end - first }, (_, i) =>
      missing[first + i] ? -1 : frameOf(place[first + i] as number),
    );
    const pages = this.arena?.gather(memory, frames);
    for (let i = first; i < end; i++) {
      const page = pages?.[i - first] ?? 0;
      if (page === 0) note(i);
      else this.queuePage(pieces, i, page, wanted);
    }
  }

  /** Queue a piece whose page lies at `page` in the kernels' memory. */
  queuePage(pieces: PieceColumns, i: number, page: number, { from, to, spans }: Extent): void {
    const level = pieces.level[i] as number;
    const place = pieces.place[i] as number;
    const input = pieces.input[i] as number;
    const span = spans[level] as number;
    const first = firstWanted(input, span, from);
    const end = endWanted(pieces.count[i] as number, input, span, to);
    if (end > first)
      this.scanner.queue(
        page + inPage(place) + 8 * first,
        end - first,
        level,
        pieces.inherited[i] as number,
        input + first * span,
        place + 8 * first,
      );
  }
}
