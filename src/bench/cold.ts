/** What the first calls of a process cost. Ask before anything else has used the kernels. */
import { wasmKernels } from '../kernels/kernels.ts';
import { resolve } from '../kernels/resolve.ts';
import { walkFast } from '../walk/fast.ts';
import { WORTH_A_KERNEL } from '../walk/pieces.ts';
import { processorTime } from './measure.ts';
import { imageOf, leafEntries, leafTree } from './shapes.ts';
import { FLAT, regimeOf } from './workloads.ts';

export interface Cold {
  readonly what: string;
  /** Nanoseconds of processor time. */
  readonly first: number;
  /** The same at once again. */
  readonly again: number;
}

export function twice(what: string, work: () => void): Cold {
  const time = (): number => {
    const start = processorTime();
    work();
    return processorTime() - start;
  };
  return { what, first: time(), again: time() };
}

const WORDS = 4096;
const TABLES = WORTH_A_KERNEL;

export function coldTimes(): readonly Cold[] {
  const words = leafEntries('mixed', WORDS);
  const tree = leafTree('mixed', 'in order', TABLES);
  const [memory, regime] = [imageOf(tree), regimeOf(tree)];
  const { table } = FLAT[0];
  return [
    twice('kernels made', () => wasmKernels()),
    twice(`${WORDS} entries resolved`, () => resolve(words, table)),
    twice(`${TABLES} leaf tables walked`, () => walkFast(regime, memory)),
  ];
}
