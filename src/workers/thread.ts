/** A thread that serves jobs, as the crew sees it. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Answer, Job } from './protocol.ts';
import type { Recipe } from './recipe.ts';

export interface Thread {
  give(job: Job): void;
  /** Keep the program alive, or do not. */
  hold(busy: boolean): void;
  stop(): void;
}

export interface Listener {
  answer(answer: Answer): void;
  /** The thread has ended, or never began: nothing more comes from it. */
  gone(): void;
}

export type StartThread = (recipe: Recipe, listener: Listener) => Thread;

/** The worker's file stands beside the file that this code was built into, with the same ending. */
const besideUs = (): URL => new URL(`./worker${extname(new URL(import.meta.url).pathname)}`, import.meta.url);

/** A real thread. `file`: another worker than ours. */
export const startWorker =
  (file = besideUs()): StartThread =>
  (recipe, { answer, gone }) => {
    const worker = new Worker(file, { workerData: recipe, name: 'memattr' });
    worker.on('message', answer);
    worker.on('error', gone);
    worker.on('exit', gone);
    return {
      give: job => worker.postMessage(job),
      hold: busy => (busy ? worker.ref() : worker.unref()),
      stop: () => void worker.terminate(),
    };
  };
