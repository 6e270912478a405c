/** Threads for tests: the worker's own function behind the same messages, in this thread; and workers that go wrong. */
import { MessageChannel } from 'node:worker_threads';
import { type Opened, type Port, serve } from '../../src/workers/serve.ts';
import type { StartThread } from '../../src/workers/thread.ts';

/** Serves as a worker does, whenever the event loop comes round. `tamper` may come between it and its port. */
export const inProcess =
  (opened: Opened, tamper: (port: Port, die: () => void) => Port = port => port): StartThread =>
  (_recipe, { answer, gone }) => {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', answer);
    port1.on('close', gone);
    serve(
      tamper(port2 as unknown as Port, () => port2.close()),
      async () => opened,
    );
    return {
      give: job => port1.postMessage(job),
      hold: busy => (busy ? port1.ref() : port1.unref()),
      stop: () => port1.close(),
    };
  };
