/**
 * Several threads on one tree. The program's own thread reads the upper tables and lists the pieces of leaf tables; then all
 * threads take tasks from that list, its own among them; and it joins what comes of them in the order of the walk.
 *
 * A worker opens the image for itself, so nothing is sent but the list and the results. What a worker does not deliver,
 * because it failed, died or is still starting when the others are done, the program's own thread reads: so the answer
 * does not hang on workers, and trouble with the image is met and said as without them.
 */

import { walkExactly } from '../walk/exact.ts';
import { knownForms } from '../walk/forms.ts';
import type { LeafCounts } from '../walk/leaf-counter.ts';
import { type AddressMap, mapFrom } from '../walk/map.ts';
import type { PieceColumns, PieceResult, Task } from '../walk/pieces.ts';
import { PlannedWalk } from '../walk/planned.ts';
import type { WalkOptions, WalkResult } from '../walk/result.ts';
import { SEGMENTS_PER_SCAN } from '../walk/scanner.ts';
import type { Space } from '../walk/space.ts';
import { type Summary, type SummaryOptions, Tally } from '../walk/summary.ts';
import { walk } from '../walk/walker.ts';
import { type Answer, abandon, COUNTER, type Job, type Result, reader, takeTask } from './protocol.ts';
import type { Recipe } from './recipe.ts';
import { type StartThread, startWorker, type Thread } from './thread.ts';
import { defaultThreads, PLAIN_PIECES } from './worth.ts';

export interface CrewOptions {
  /** Threads, the program's own among them. Default: one for each processor, at most 4. */
  readonly threads?: number;
  /** Pieces of leaf tables (512 entries, mostly) from which on others help. Default: 262144 (1 GiB of tables). */
  readonly worth?: number;
  /** How to start a thread; for tests and for `bench`. */
  readonly start?: StartThread;
}

/** Tasks for each thread, where there are enough pieces: the last ones should end together. */
const TASKS_PER_THREAD = 8;
const LEAST_PIECES = 64;

interface Member {
  thread?: Thread;
  gone: boolean;
}
/** A job, what has come of it, and who is still at it. */
interface Running {
  readonly job: Job;
  /** By task; those that are joined are not kept. */
  readonly results: Map<number, Result>;
  readonly complete: () => boolean;
  readonly busy: Set<Member>;
  readonly wake: () => void;
}

/** One walk or summary at a time; the threads stay until `close`. */
export class Crew {
  readonly #recipe: Recipe;
  readonly #threads: number;
  readonly #worth: number;
  readonly #start: StartThread;
  readonly #members: Member[] = [];
  #running: Running | undefined;
  #jobs = 0;

  constructor(recipe: Recipe, options: CrewOptions = {}) {
    const { threads = defaultThreads(), worth = PLAIN_PIECES, start = startWorker() } = options;
    this.#recipe = recipe;
    this.#threads = threads;
    this.#worth = worth;
    this.#start = start;
  }

  /** As `walk(regime, memory, options)` of the space, which must be one that the recipe makes. */
  async walk(space: Space, options: WalkOptions = {}): Promise<WalkResult> {
    const { regime } = space.candidate;
    const plan = this.#threads > 1 ? PlannedWalk.of(regime, space.memory, options) : undefined;
    if (!plan || plan.pieces.length < this.#worth) return walk(regime, space.memory, options);
    const tasks = plan.tasks(this.#taskSize(plan.pieces));
    const { from, to, payload, ignore } = options;
    const given = Object.entries({ from, to, payload, ignore }).filter(([, value]) => value !== undefined);
    const complete = await this.#share(
      this.#job(space, { rows: Object.fromEntries(given) }, plan.pieces, tasks),
      space,
      (task, result) => plan.join(tasks[task] as Task, result as PieceResult),
      rows => plan.tooMany(rows, tasks.length),
    );
    return (complete ? plan.end() : undefined) ?? walkExactly(regime, space.memory, options);
  }

  /** As `mapOf(space, image, options)`. */
  async map(space: Space, options: WalkOptions = {}): Promise<AddressMap> {
    const first = await this.walk(space, options);
    return mapFrom(space, first, space.second && (await this.walk(space.second)));
  }

  /** As `summarise(regime, memory, options)` of the space. */
  async summarise(space: Space, options: SummaryOptions = {}): Promise<Summary> {
    const { regime } = space.candidate;
    const tally = new Tally(regime, space.memory, options);
    const { leaves } = tally;
    const alone = this.#threads === 1 || leaves.length < this.#worth;
    if (alone || knownForms(regime)?.groups !== false) tally.countLeaves();
    else {
      const size = this.#taskSize(leaves);
      const tasks = Array.from({ length: Math.ceil(leaves.length / size) }, (_, i) => ({
        end: Math.min(leaves.length, (i + 1) * size),
      }));
      await this.#share(this.#job(space, 'counts', leaves, tasks), space, (_task, result) =>
        tally.add(result as LeafCounts),
      );
    }
    return tally.summary();
  }

  /** End the workers. The crew may be used again. */
  close(): void {
    for (const { thread } of this.#members.splice(0)) thread?.stop();
  }

  #taskSize({ length }: PieceColumns): number {
    const size = Math.ceil(length / (TASKS_PER_THREAD * this.#threads));
    return Math.min(SEGMENTS_PER_SCAN, Math.max(LEAST_PIECES, size));
  }

  #job(space: Space, wanted: Job['wanted'], pieces: PieceColumns, tasks: readonly Pick<Task, 'end'>[]): Job {
    return {
      id: ++this.#jobs,
      space: space.candidate.name,
      wanted,
      pieces: sharedPieces(pieces),
      ends: shared(Uint32Array.from(tasks, ({ end }) => end)),
      counter: shared(new Int32Array(Object.keys(COUNTER).length)),
    };
  }

  /**
   * Do all tasks of a job. `join` gets what comes of them in their order, as soon as it is there: joining takes time and
   * results take memory. Answers false where there are too many rows, and joining ended early.
   */
  async #share(
    job: Job,
    space: Space,
    join: (task: number, result: Result) => void,
    tooMany: (rows: number) => boolean = () => false,
  ): Promise<boolean> {
    const tasks = job.ends.length;
    const results = new Map<number, Result>();
    const own = reader(job, space);
    const enough = (): boolean => tooMany(Atomics.load(job.counter, COUNTER.rows));
    let joined = 0;
    const joinReady = (): void => {
      for (let result = results.get(joined); result; result = results.get(joined)) {
        results.delete(joined);
        join(joined++, result);
      }
    };
    try {
      const ended = this.#call(job, results, () => results.size + joined === tasks);
      for (let task = takeTask(job); task !== undefined && !enough(); task = takeTask(job)) {
        results.set(task, own.read(task));
        await turn();
        joinReady();
      }
      if (!enough()) await ended();
      for (joinReady(); joined < tasks && !enough(); joinReady()) results.set(joined, own.read(joined));
      return joined === tasks && !enough();
    } finally {
      abandon(job);
      own.end();
      this.#running = undefined;
      for (const { thread } of this.#members) thread?.hold(false);
    }
  }

  /**
   * Give the job to all workers; those that are not there yet are started. What is answered ends when all results are there,
   * or nobody is left who could bring one.
   */
  #call(job: Job, results: Map<number, Result>, complete: () => boolean): () => Promise<void> {
    let wake = (): void => {};
    const woken = new Promise<void>(done => {
      wake = done;
    });
    const running: Running = { job, results, complete, busy: new Set(), wake };
    this.#running = running;
    while (this.#members.length < this.#threads - 1) this.#members.push(this.#hire());
    for (const member of this.#members) {
      if (member.gone) continue;
      running.busy.add(member);
      member.thread?.hold(true);
      member.thread?.give(job);
    }
    return () => {
      this.#look(running);
      return woken;
    };
  }

  #hire(): Member {
    const member: Member = { gone: false };
    try {
      member.thread = this.#start(this.#recipe, {
        answer: answer => this.#hear(member, answer),
        gone: () => this.#left(member),
      });
    } catch {
      member.gone = true; // no threads here
    }
    return member;
  }

  #hear(member: Member, answer: Answer): void {
    const running = this.#running;
    if (running?.job.id !== answer.job) return; // of a job that is over
    if (answer.is === 'result') running.results.set(answer.task, answer.result);
    else running.busy.delete(member);
    this.#look(running);
  }

  #left(member: Member): void {
    member.gone = true;
    this.#running?.busy.delete(member);
    if (this.#running) this.#look(this.#running);
  }

  #look({ complete, busy, wake }: Running): void {
    if (busy.size === 0 || complete()) wake();
  }
}

/** Lets what others sent come in. */
const turn = (): Promise<void> => new Promise(done => setImmediate(done));

const shared = <A extends Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array>(
  array: A,
): A => {
  const make = array.constructor as new (buffer: SharedArrayBuffer) => A;
  const copy = new make(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
};

const sharedPieces = (pieces: PieceColumns): PieceColumns => {
  const { length } = pieces;
  const column = <A extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(array: A): A =>
    shared(array.subarray(0, length) as A);
  return {
    length,
    place: column(pieces.place),
    input: column(pieces.input),
    count: column(pieces.count),
    level: column(pieces.level),
    inherited: column(pieces.inherited),
    missing: column(pieces.missing),
  };
};
