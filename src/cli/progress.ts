/** How far long work has come: on a terminal's stderr, after a second. */
import type { Io } from './io.ts';

export interface Progress {
  /** Called as often as you like. */
  at(done: number, all: number): void;
  end(): void;
}

const FIRST = 1000;
const NEXT = 200;

/** Nothing where stderr is no terminal, and nothing in the first second. */
export function progress(io: Io, what: string): Progress {
  const { columns } = io.err;
  if (columns === undefined) return { at() {}, end() {} };
  let next = performance.now() + FIRST;
  let shown = false;
  return {
    at(done, all) {
      const now = performance.now();
      if (now < next) return;
      next = now + NEXT;
      shown = true;
      const text = `${what}: ${Math.floor((100 * done) / Math.max(1, all))} %`;
      io.err.write(`\r${text.slice(0, columns - 1)}\u001b[K`);
    },
    end() {
      if (shown) io.err.write('\r\u001b[K');
    },
  };
}
