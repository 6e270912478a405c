/** How far long work has come: on a terminal's stderr, after half a second. */
import { CLEAR, type Io, TO_END } from './io.ts';

export interface Progress {
  /** Called as often as you like. Without `all` the end is not known: what was done is counted. */
  at(done: number, all?: number): void;
  end(): void;
}

const FIRST = 500;
const NEXT = 200;

/** Nothing where stderr is no terminal, and nothing in the first half second. */
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
      const far =
        all === undefined ? `${done} pages read` : `${Math.floor((100 * done) / Math.max(1, all))} %`;
      const text = `${what}: ${far}`;
      io.err.write(`\r${text.slice(0, columns - 1)}${TO_END}`);
    },
    end() {
      if (shown) io.err.write(CLEAR);
    },
  };
}
