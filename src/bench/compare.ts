/** One row: the same work done in two ways, compared byte for byte, then timed beside this machine's read limit. */
import type { Kernels } from '../kernels/api.ts';
import { freshKernels, typescriptKernels, wasmKernels } from '../kernels/kernels.ts';
import { measure, type Rounds, repeated, type Timing } from './measure.ts';
import { COMPARED, type Item } from './suite.ts';
import { Workbench, type Workload } from './workloads.ts';

/** What was timed. Times are those of all `entries`. */
export interface Timed {
  readonly entries: number;
  /** Bytes that must be read at least once. */
  readonly bytes: number;
  readonly timing: Timing;
}

export interface Compared extends Timed {
  readonly group: string;
  readonly title: string;
  /** Reading as many rounds in turn with the work: nothing that is read once can be faster. */
  readonly read: Timed;
  /** The same in plain TypeScript, on less data where it is slow. Absent where the kernels are that already. */
  readonly plain?: Timed;
}

/** Of the rounds: the counterpart in TypeScript is slow, and its ratio large. */
export const PLAIN_ROUNDS = 3;

/** @throws Error naming the work and the first byte: nothing is timed then */
export function expectSame(what: string, given: readonly Uint8Array[], wanted: readonly Uint8Array[]): void {
  const columns = Math.max(given.length, wanted.length);
  for (let column = 0; column < columns; column++) {
    const [a, b] = [given[column] ?? new Uint8Array(0), wanted[column] ?? new Uint8Array(0)];
    const length = Math.max(a.length, b.length);
    for (let i = 0; i < length; i++)
      if (a[i] !== b[i])
        throw new Error(
          `${what}: WebAssembly and TypeScript differ at byte ${i} of column ${column}: ${a[i]} is not ${b[i]}`,
        );
  }
}

export type Work = Pick<Workload, 'group' | 'title' | 'entries' | 'bytes' | 'run'>;

/** The kernels that are timed, and reading beside them. Make one for all rows. */
export class Comparison {
  /** WebAssembly where it can be had. */
  readonly implementation: Kernels['implementation'];
  readonly #fresh: () => Kernels;
  readonly #limit: Workload;

  /** `entries`: what the read limit is taken on. */
  constructor(entries: number) {
    const wasm = wasmKernels();
    this.implementation = wasm ? 'wasm' : 'typescript';
    this.#fresh = freshKernels;
    this.#limit = new Workbench(wasm ?? typescriptKernels()).read(entries);
  }

  /** Compare, then time. Undefined where the end came before the first round. */
  async run({ group, make }: Item, entries: number, rounds: Rounds): Promise<Compared | undefined> {
    const bench = (): Workbench => new Workbench(this.#fresh());
    const size = Math.min(entries, COMPARED[group]);
    const small = this.implementation === 'wasm' ? make(bench(), size) : undefined;
    const counterpart = small && (small.plain ?? make(new Workbench(typescriptKernels()), size));
    if (small && counterpart) {
      small.run();
      counterpart.run();
      expectSame(`${group}, ${small.title}`, small.output(), counterpart.output());
    }
    const whole = small && size === entries;
    const work = whole ? small : make(bench(), this.implementation === 'wasm' ? entries : size);
    if (group !== 'read')
      return this.time(work, rounds, small && counterpart && { ...small, run: () => counterpart.run() });
    // the limit itself: in turn with a second copy, so that neither finds its own bytes in a cache
    const both = await this.time(work, rounds);
    return both && { ...both, ...both.read };
  }

  /** Time some work beside reading, and beside the same in plain TypeScript. */
  async time(work: Work, rounds: Rounds, plain?: Work): Promise<Compared | undefined> {
    const { group, title } = work;
    const sides = [
      repeated('read', () => this.#limit.run()),
      repeated('work', () => work.run()),
      ...(plain ? [{ ...repeated('TypeScript', () => plain.run()), rounds: PLAIN_ROUNDS }] : []),
    ];
    const [read, mine, other] = (await measure(sides, rounds)) as [Timing, Timing, Timing?];
    if (mine.rounds === 0 || read.rounds === 0) return undefined;
    return {
      group,
      title,
      ...timed(work, mine),
      read: timed(this.#limit, read),
      ...(plain && other && other.rounds > 0 ? { plain: timed(plain, other) } : {}),
    };
  }
}

const timed = ({ entries, bytes }: Work, timing: Timing): Timed => ({ entries, bytes, timing });
