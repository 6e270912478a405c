/** The process's streams as the verbs see them. Tests pass their own. */
import { fstatSync, readSync, statSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';
import { coloured, type Look, plain } from '../report/style.ts';
import { UsageError } from './trouble.ts';

export interface Sink {
  write(text: string): void;
  /** Columns, where the sink is a terminal. */
  readonly columns?: number | undefined;
}

export interface Io {
  readonly out: Sink;
  readonly err: Sink;
  readonly stdin: {
    readonly terminal: boolean;
    /** How sentences call it, where a file stands for it. */
    readonly name?: string;
    /** Where a file that stdin was redirected from can be opened: it need not come through a pipe. */
    readonly file?: string | undefined;
    chunks(): Iterable<Uint8Array>;
  };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where output ends up when nobody reads it any more (`| head`): nothing is wrong, and nothing more is wanted. */
export class ClosedPipe extends Error {
  override name = 'ClosedPipe';
}

const CHUNK = 1 << 16;
/** Wait for a descriptor that somebody else made non-blocking. */
const pause = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') throw new ClosedPipe();
      if (code !== 'EAGAIN') throw error;
      pause();
    }
  }
}

/** What comes through a descriptor, until it ends. */
export function* readAll(fd: number): Generator<Uint8Array> {
  for (;;) {
    const buffer = new Uint8Array(4 * CHUNK);
    let length = 0;
    try {
      length = readSync(fd, buffer);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') {
        pause();
        continue;
      }
      if (code !== 'EOF') throw error; // Windows says EOF where others return 0
    }
    if (length === 0) return;
    yield buffer.subarray(0, length);
  }
}

/**
 * `node:tty` and `process.stdout` cost 4 ms: asked are only character devices, and of those not the null device, where the
 * output of a command goes whose status is all that is wanted.
 */
function terminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    if (!stat.isCharacterDevice() || stat.rdev === statSync(devNull).rdev) return false;
    return process.getBuiltinModule('node:tty').isatty(fd);
  } catch {
    return false;
  }
}

/** Is stdin a regular file that can be opened again under the name of stdin? */
function redirected(): boolean {
  try {
    const [own, named] = [fstatSync(0), statSync('/dev/stdin')];
    return own.isFile() && own.ino === named.ino && own.dev === named.dev;
  } catch {
    return false;
  }
}

/** Clear to the end of the line; and the whole line, where the progress stands. */
export const TO_END = '\u001b[K';
export const CLEAR = `\r${TO_END}`;

/** The columns of a terminal, undefined for anything else; found out when somebody wants to know. */
function columnsOf(fd: 1 | 2): () => number | undefined {
  let known: { readonly columns: number | undefined } | undefined;
  return () => {
    known ??= {
      columns: terminal(fd) ? (fd === 2 ? process.stderr : process.stdout).columns || 80 : undefined,
    };
    return known.columns;
  };
}

/**
 * The real streams. Reads and writes are synchronous: a closed pipe shows at once, a slow reader slows us down, and
 * Ctrl-C ends us by its signal wherever we are. Output is gathered into large writes, except on a terminal, where
 * somebody is waiting for it.
 */
export function processIo(): Io & { readonly flush: () => void } {
  const outColumns = columnsOf(1);
  const errColumns = columnsOf(2);
  let held = '';
  const flush = (): void => {
    const text = held;
    held = '';
    if (text !== '') writeAll(1, text);
  };
  let progress = false; // a line of progress stands on the terminal: whatever is written next takes its place
  const clear = (): void => {
    if (progress) writeAll(2, CLEAR);
    progress = false;
  };
  return {
    out: {
      get columns() {
        return outColumns();
      },
      write(text) {
        held += text;
        const isTerminal = outColumns() !== undefined;
        if (isTerminal) clear();
        if (isTerminal || held.length >= CHUNK) flush();
      },
    },
    err: {
      get columns() {
        return errColumns();
      },
      write(text) {
        if (!text.startsWith('\r')) clear();
        else progress = text !== CLEAR;
        writeAll(2, text);
      },
    },
    stdin: {
      get terminal() {
        return terminal(0);
      },
      get file() {
        return redirected() ? '/dev/stdin' : undefined;
      },
      chunks: () => readAll(0),
    },
    env: process.env,
    flush,
  };
}

export interface LookOptions {
  readonly color?: boolean | undefined;
}

/**
 * How output should look: columns to fill and colours, `--color` before NO_COLOR before what the terminal is. Into a pipe
 * or a file nothing is wrapped, unless COLUMNS says how wide a line may be: one record is one line there.
 */
export function look(io: Io, { color }: LookOptions): Look {
  const { columns } = io.out;
  const wanted = color ?? (columns !== undefined && !io.env.NO_COLOR && io.env.TERM !== 'dumb');
  const width = columns ?? (Number(io.env.COLUMNS) || Number.POSITIVE_INFINITY);
  return { width: Math.max(40, width), style: wanted ? coloured : plain };
}

const takers = new WeakMap<Io, string>();

/**
 * Standard input can be read once.
 *
 * @param by who reads it: `the dump`, `--registers`
 * @throws UsageError where somebody else does already
 */
export function takeStdin(io: Io, by: string): void {
  const taker = takers.get(io);
  if (taker !== undefined && taker !== by)
    throw new UsageError(`stdin is asked for twice, as ${taker} and as ${by}: one of them must be a file`);
  takers.set(io, by);
}
