/** A worker's life: it opens the image for itself, and takes tasks as long as there are any. */
import type { Image } from '../image/parse.ts';
import type { Space } from '../walk/space.ts';
import { type Answer, type Job, type Reader, type Result, reader, takeTask } from './protocol.ts';

/** The end of a channel that a worker holds. */
export interface Port {
  on(event: 'message', listener: (job: Job) => void): unknown;
  postMessage(answer: Answer, transfer?: readonly ArrayBuffer[]): void;
}

/** What a worker reads. */
export interface Opened {
  readonly image: Pick<Image, 'remarks'>;
  readonly spaces: ReadonlyMap<string, Space>;
}

/** `open` is called when the first job comes. */
export function serve(port: Port, open: () => Promise<Opened>): void {
  let opened: Promise<Opened> | undefined;
  port.on('message', job => {
    opened ??= open();
    opened
      .then(all => work(port, job, all))
      .catch((error: unknown) => {
        port.postMessage({ is: 'failed', job: job.id, why: `${(error as Error)?.message ?? error}` });
      });
  });
}

function work(port: Port, job: Job, { image, spaces }: Opened): void {
  const space = spaces.get(job.space);
  if (!space) throw new Error(`no translation ${job.space}`);
  const remarks = (): string => JSON.stringify(image.remarks);
  const before = remarks();
  let own: Reader | undefined;
  try {
    for (let task = takeTask(job); task !== undefined; task = takeTask(job)) {
      own ??= reader(job, space);
      const result = own.read(task);
      // damage is remarked on by the image that met it: the program's own shall be the one
      if (remarks() !== before) throw new Error('the image is damaged here');
      port.postMessage({ is: 'result', job: job.id, task, result }, buffersOf(result));
    }
  } finally {
    own?.end();
  }
  port.postMessage({ is: 'done', job: job.id });
}

/** What need not be copied. */
function buffersOf(result: Result): ArrayBuffer[] {
  if (!('rows' in result)) return [];
  const { length: _, ...columns } = result.rows;
  return Object.values(columns).map(({ buffer }) => buffer as ArrayBuffer);
}
