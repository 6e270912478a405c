/** What the program and its workers say to each other. */

import { freshKernels } from '../kernels/kernels.ts';
import { Classes } from '../walk/classes.ts';
import { Classifier } from '../walk/classifier.ts';
import { LeafCounter, type LeafCounts } from '../walk/leaf-counter.ts';
import type { PieceColumns, PieceResult, Task } from '../walk/pieces.ts';
import { type PieceOptions, Piecework } from '../walk/piecework.ts';
import type { Space } from '../walk/space.ts';

/** Work that all threads take tasks from, until there are none left. What is large lies in memory that all see. */
export interface Job {
  readonly id: number;
  /** The space to read, by the name of its candidate. */
  readonly space: string;
  /** Rows of a walk, or counts for totals. */
  readonly wanted: { readonly rows: PieceOptions } | 'counts';
  readonly pieces: PieceColumns;
  /** Tasks: where each ends; it begins where the one before ends. */
  readonly ends: Uint32Array;
  /** See `COUNTER`. */
  readonly counter: Int32Array;
}

/** What comes of a task. */
export type Result = PieceResult | LeafCounts;

/** Of a job, shared by all threads. */
export const COUNTER = {
  /** The next task that nobody has taken. */
  next: 0,
  /** Rows found so far. */
  rows: 1,
} as const;

export type Answer =
  | { readonly is: 'result'; readonly job: number; readonly task: number; readonly result: Result }
  /** Nothing left to take. */
  | { readonly is: 'done'; readonly job: number }
  /** This worker cannot do it: others will. */
  | { readonly is: 'failed'; readonly job: number; readonly why: string };

/** The next task of a job, or undefined when all are taken. */
export function takeTask({ counter, ends }: Job): number | undefined {
  const index = Atomics.add(counter, COUNTER.next, 1);
  return index < ends.length ? index : undefined;
}

/** Leave nothing to take. */
export const abandon = ({ counter, ends }: Job): void => {
  Atomics.store(counter, COUNTER.next, ends.length);
};

/** Someone who does tasks of a job, by their numbers. */
export interface Reader {
  read(task: number): Result;
  /** No more of them. */
  end(): void;
}

export function reader({ wanted, pieces, ends, counter }: Job, space: Space): Reader {
  const taskAt = (index: number): Task => ({
    first: index === 0 ? 0 : (ends[index - 1] as number),
    end: ends[index] as number,
  });
  const { candidate, memory } = space;
  const { regime } = candidate;
  if (wanted === 'counts') {
    const classes = new Classes(regime, new Classifier(regime));
    const leaves = new LeafCounter(regime, memory, classes, freshKernels());
    return {
      read: index => {
        const { first, end } = taskAt(index);
        return leaves.run(pieces, first, end);
      },
      end() {},
    };
  }
  const piecework = new Piecework(regime, memory, wanted.rows);
  return {
    read: index => {
      const result = piecework.run(pieces, taskAt(index));
      Atomics.add(counter, COUNTER.rows, result.rows.length);
      return result;
    },
    end: () => piecework.end(),
  };
}
